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

int line_compare(const void *first, const void *second)
{
	const struct line *one = first;
	const struct line *other = second;

	if (one->is_open != other->is_open) {
		return one->is_open ? -1 : 1;
	}
	if (one->offer->priority != other->offer->priority) {
		return one->offer->priority > other->offer->priority ? -1 : 1;
	}
	if (one->offer->first_ns != other->offer->first_ns) {
		return one->offer->first_ns < other->offer->first_ns ? -1 : 1;
	}
	return broadcast_serial(one->broadcast) < broadcast_serial(other->broadcast) ? -1 : 1;
}

struct line *line_snapshot(size_t *count, size_t *open)
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
		line[i].is_open = broadcast_state(list[i]) == BROADCAST_OPEN;
		*open += line[i].is_open;
	}
	ast_std_free(list);
	return line;
}

struct line *line_get(size_t *count, size_t *open)
{
	struct line *line = line_snapshot(count, open);

	if (line) {
		qsort(line, *count, sizeof(*line), line_compare);
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
