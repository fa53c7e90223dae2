/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */
/*! \file
 * \brief The line: which of the broadcasts comes first.
 */

#include "asterisk.h"

#include <stdlib.h>

#include "asterisk/json.h"
#include "asterisk/utils.h"

#include "describe.h"
#include "directory.h"
#include "gate.h"
#include "line.h"
#include "offer.h"

int line_compare(const void *left, const void *right)
{
	const struct line_place *one = left;
	const struct line_place *other = right;

	if (one->is_closed != other->is_closed) {
		return one->is_closed - other->is_closed;
	}
	if (one->priority != other->priority) {
		return one->priority > other->priority ? -1 : 1;
	}
	if (one->first_ns != other->first_ns) {
		return one->first_ns < other->first_ns ? -1 : 1;
	}
	return one->serial < other->serial ? -1 : one->serial > other->serial;
}

struct line_place *line_snapshot(size_t *count)
{
	struct broadcast **list = registry_list(broadcasts, count);
	struct line_place *places = *count ? ast_malloc(*count * sizeof(*places)) : NULL;

	for (size_t i = 0; i < *count; i++) {
		const struct offer *offer = broadcast_data(list[i]);

		if (places) {
			places[i] = (struct line_place){
				.broadcast = list[i],
				.is_closed = broadcast_closed_ns(list[i]) != 0,
				.priority = offer->priority,
				.first_ns = offer->first_ns,
				.serial = broadcast_serial(list[i]),
			};
		} else {
			broadcast_unref(list[i]);
		}
	}
	ast_std_free(list);
	return places;
}

void line_release(struct line_place *places, size_t count)
{
	for (size_t i = 0; places && i < count; i++) {
		broadcast_unref(places[i].broadcast);
	}
	ast_free(places);
}

/*! \brief Whether a broadcast is listed for an application: all are for none. */
static int is_listed_for(struct broadcast *broadcast, const char *app_name)
{
	return !app_name || broadcast_may_claim(broadcast, app_name, directory_has);
}

struct ast_json *line_describe(const char *app_name, size_t limit)
{
	struct ast_json *array = ast_json_array_create();
	size_t count;
	struct line_place *places = line_snapshot(&count);
	int failed = !array || (count && !places);
	/* Those may have none, and claim_policy = any does not help them. */
	const int has_any = !app_name || !directory_excludes(app_name);

	if (places) {
		qsort(places, count, sizeof(*places), line_compare);
	}
	for (size_t i = 0; !failed && has_any && i < count && ast_json_array_size(array) < limit; i++) {
		if (is_listed_for(places[i].broadcast, app_name)) {
			failed = ast_json_array_append(array, describe_broadcast(places[i].broadcast));
		}
	}
	line_release(places, count);
	if (failed) {
		ast_json_unref(array);
		array = NULL;
	}
	return array;
}
