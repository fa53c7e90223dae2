/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Families with one sample for each application or queue.
 *
 * Prometheus wants all samples of a family together: so the stats of all names are copied first. That also keeps the time
 * short in which the provider is asked.
 */

#include "by_name.h"

#include "asterisk/utils.h"

/*! \brief Room for one more. \retval 0 on success, -1 without memory. */
static int grow(struct by_name *all)
{
	const size_t room = all->room ? 2 * all->room : 64;
	char *copies;
	char **labels;

	if (all->count < all->room) {
		return 0;
	}
	copies = ast_realloc(all->copies, room * all->size);
	if (!copies) {
		return -1;
	}
	all->copies = copies;
	labels = ast_realloc(all->labels, room * sizeof(*labels));
	if (!labels) {
		return -1;
	}
	all->labels = labels;
	all->room = room;
	return 0;
}

void by_name_add(struct by_name *all, const char *name, const void *stats)
{
	char *value;

	if (all->count == all->most) {
		all->left_out++;
		return;
	}
	value = exposition_label(name);
	if (!value || grow(all) || ast_asprintf(&all->labels[all->count], "%s=\"%s\"", all->label, value) < 0) {
		all->failed = 1;
	} else {
		memcpy(all->copies + all->count * all->size, stats, all->size);
		all->count++;
	}
	ast_free(value);
}

static void write_number(
	struct ast_str **output, const struct by_name_field *field, const char *labels, const char *stats)
{
	const void *number = stats + field->offset;

	switch (field->kind) {
	case BY_NAME_UINT64:
		exposition_number(output, field->family, labels, *(const uint64_t *) number);
		break;
	case BY_NAME_SIZE:
		exposition_number(output, field->family, labels, *(const size_t *) number);
		break;
	case BY_NAME_INT:
		exposition_number(output, field->family, labels, MAX(*(const int *) number, 0));
		break;
	case BY_NAME_MS:
		exposition_seconds(
			output, field->family, labels, MAX(*(const int64_t *) number, 0) * UINT64_C(1000000));
		break;
	}
}

/*! \brief Write one field of all names. \retval 0 on success, -1 without memory. */
static int write_field(struct ast_str **output, const struct by_name *all, const struct by_name_field *field)
{
	for (size_t i = 0; i < all->count; i++) {
		const char *stats = all->copies + i * all->size;
		char *labels;

		if (!*field->label) {
			write_number(output, field, all->labels[i], stats);
			continue;
		}
		if (ast_asprintf(&labels, "%s%s", all->labels[i], field->label) < 0) {
			return -1;
		}
		write_number(output, field, labels, stats);
		ast_free(labels);
	}
	return 0;
}

int by_name_write(
	struct ast_str **output, const struct by_name *all, const struct by_name_field *fields, size_t count)
{
	if (all->failed) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (!i || strcmp(fields[i - 1].family, fields[i].family)) {
			exposition_family(output, fields[i].family, fields[i].type, fields[i].help);
		}
		if (write_field(output, all, &fields[i])) {
			return -1;
		}
	}
	exposition_family(output, all->left_out_family, "gauge", all->left_out_help);
	exposition_number(output, all->left_out_family, "", all->left_out);
	return 0;
}

void by_name_free(struct by_name *all)
{
	for (size_t i = 0; i < all->count; i++) {
		ast_free(all->labels[i]);
	}
	ast_free(all->labels);
	ast_free(all->copies);
}
