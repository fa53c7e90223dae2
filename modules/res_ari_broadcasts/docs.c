/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief ARI's descriptions as JSON: put one into another.
 */

#include "asterisk.h"

#include "asterisk/json.h"
#include "asterisk/utils.h"

#include "docs.h"

static int is_same_text(struct ast_json *one, struct ast_json *other)
{
	const char *text = one ? ast_json_string_get(one) : NULL;
	const char *other_text = other ? ast_json_string_get(other) : NULL;

	return text && other_text && !strcmp(text, other_text);
}

/*! \brief Whether a list has an entry with the same text, or an object with the same text in a field. */
static int has(struct ast_json *list, struct ast_json *entry, const char *field)
{
	size_t i;

	for (i = 0; i < ast_json_array_size(list); i++) {
		struct ast_json *other = ast_json_array_get(list, i);

		if (field ? is_same_text(ast_json_object_get(other, field), ast_json_object_get(entry, field))
				  : is_same_text(other, entry)) {
			return 1;
		}
	}
	return 0;
}

/*! \brief Append what a list lacks. \retval 0 on success, -1 if memory ran out. */
static int extend_list(struct ast_json *list, struct ast_json *more, const char *field)
{
	size_t i;

	for (i = 0; i < ast_json_array_size(more); i++) {
		struct ast_json *entry = ast_json_array_get(more, i);

		if (!has(list, entry, field) && ast_json_array_append(list, ast_json_ref(entry))) {
			return -1;
		}
	}
	return 0;
}

/*! \brief Add models that are missing, and to the others their kinds. \retval 0 on success. */
static int extend_models(struct ast_json *models, struct ast_json *more)
{
	struct ast_json_iter *iter;

	for (iter = ast_json_object_iter(more); iter; iter = ast_json_object_iter_next(more, iter)) {
		const char *name = ast_json_object_iter_key(iter);
		struct ast_json *model = ast_json_object_get(models, name);
		struct ast_json *added = ast_json_object_iter_value(iter);

		if (model ? extend_list(
						ast_json_object_get(model, "subTypes"), ast_json_object_get(added, "subTypes"), NULL)
				  : ast_json_object_set(models, name, ast_json_ref(added))) {
			return -1;
		}
	}
	return 0;
}

int docs_extend(struct ast_json *docs, struct ast_json *more)
{
	if (extend_list(ast_json_object_get(docs, "apis"), ast_json_object_get(more, "apis"), "path")) {
		return -1;
	}
	return extend_models(ast_json_object_get(docs, "models"), ast_json_object_get(more, "models"));
}

int docs_same_head(struct ast_json *docs, struct ast_json *other)
{
	static const char *const fields[] = { "apiVersion", "swaggerVersion", "basePath" };
	size_t i;

	/* ARI leaves the base path out for a client that does not name the host. */
	for (i = 0; i < ARRAY_LEN(fields); i++) {
		struct ast_json *value = ast_json_object_get(other, fields[i]);

		if (!value) {
			ast_json_object_del(docs, fields[i]);
		} else if (ast_json_object_set(docs, fields[i], ast_json_ref(value))) {
			return -1;
		}
	}
	return 0;
}
