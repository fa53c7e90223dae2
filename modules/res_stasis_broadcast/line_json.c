/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The line as a list in JSON: only what is answered is described.
 */

#include "asterisk.h"

#include "asterisk/json.h"

#include "describe.h"
#include "directory.h"
#include "line.h"

/*! \brief Whether a broadcast is listed for an application: all are for none. */
static int is_listed_for(struct broadcast *broadcast, const char *app_name)
{
	return !app_name || broadcast_may_claim(broadcast, app_name, directory_has);
}

struct ast_json *line_describe(const char *app_name, size_t limit)
{
	struct ast_json *array = ast_json_array_create();
	size_t count;
	size_t open;
	struct line *line = line_get(&count, &open);
	int failed = !array || !line;
	/* Those may have none, and claim_policy = any does not help them. */
	const int has_any = !app_name || !directory_excludes(app_name);

	for (size_t i = 0; !failed && has_any && i < count && ast_json_array_size(array) < limit; i++) {
		if (is_listed_for(line[i].broadcast, app_name)) {
			failed = ast_json_array_append(array, describe_broadcast(line[i].broadcast));
		}
	}
	if (line) {
		line_free(line, count);
	}
	if (failed) {
		ast_json_unref(array);
		array = NULL;
	}
	return array;
}
