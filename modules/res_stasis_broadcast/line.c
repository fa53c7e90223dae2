/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief All broadcasts, first in line first.
 */

#include "asterisk.h"

#include <stdlib.h>

#include "asterisk/utils.h"

#include "gate.h"
#include "line.h"

/*! \brief For qsort(): what is not on offer any more is behind. */
static int compare(const void *first, const void *second)
{
	const struct line *one = first;
	const struct line *other = second;

	if (one->is_open != other->is_open) {
		return one->is_open ? -1 : 1;
	}
	return in_line_compare(&one->place, &other->place);
}

/*! \brief All broadcasts as line_get() has them, in no order. */
static struct line *snapshot(size_t *count, size_t *open)
{
	struct broadcast **list = registry_list(broadcasts, count);
	struct line *line = ast_calloc(*count + 1, sizeof(*line));

	*open = 0;
	for (size_t i = 0; i < *count; i++) {
		if (!line) {
			broadcast_unref(list[i]);
			continue;
		}
		line[i].broadcast = list[i];
		line[i].offer = broadcast_data(list[i]);
		line[i].place = (struct in_line_place){ line[i].offer->priority, line[i].offer->first_ns,
			broadcast_serial(list[i]) };
		line[i].is_open = broadcast_state(list[i]) == BROADCAST_OPEN;
		*open += line[i].is_open;
	}
	ast_std_free(list);
	return line;
}

struct line *line_get(size_t *count, size_t *open)
{
	struct line *line = snapshot(count, open);

	if (line) {
		qsort(line, *count, sizeof(*line), compare);
	}
	return line;
}

void line_free(struct line *line, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		broadcast_unref(line[i].broadcast);
	}
	ast_free(line);
}
