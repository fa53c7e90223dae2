/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A long line: broadcasts that are open until they are closed, each with a channel that costs nothing else.
 *
 * Real calls need five file descriptors each, so that thousands of them meet the limits of a process.
 */

#include "bench.h"

/*! How long they are on offer, in milliseconds. */
#define LINE_MS 600000

static struct ast_channel **line;
static int line_count;

struct ast_json *line_open(int count, const char *filter)
{
	line_close();
	line = channels_new(count);
	if (!line) {
		return measure_failed("the channels could not be made");
	}
	line_count = count;
	for (int i = 0; i < count; i++) {
		if (stasis_app_broadcast_channel(line[i], LINE_MS, filter, STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED)) {
			line_close();
			return measure_failed("a channel could not be offered: is no application there?");
		}
	}
	return ast_json_pack("{s: s, s: i}", "case", "line", "open", count);
}

void line_close(void)
{
	channels_free(line, line_count);
	line = NULL;
	line_count = 0;
}
