/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The calls that are on offer, kept in line, and the next one for an application that asks for one.
 */

#include "asterisk.h"

#include "directory.h"
#include "in_line.h"
#include "line.h"
#include "observers_list.h"
#include "pause_point.h"
#include "take.h"

/*! From line_start() to line_stop(). */
static struct in_line *open_calls;

int line_start(void)
{
	open_calls = in_line_create();
	return open_calls ? 0 : -1;
}

void line_stop(void)
{
	in_line_destroy(open_calls);
	open_calls = NULL;
}

int line_join(struct broadcast *broadcast)
{
	const struct offer *offer = broadcast_data(broadcast);

	return in_line_join(open_calls, broadcast, offer->priority, offer->first_ns);
}

static void closed(struct broadcast *broadcast, enum broadcast_state state attribute_unused)
{
	const struct offer *offer = broadcast_data(broadcast);

	in_line_leave(open_calls, broadcast, offer->priority, offer->first_ns);
	pause_point("line_left");
}

const struct broadcast_observer line_observer = {
	.name = "line",
	.closed = closed,
};

void line_move_begin(void)
{
	in_line_move_begin(open_calls);
}

void line_move_end(void)
{
	in_line_move_end(open_calls);
}

struct broadcast *line_take(const char *app_name, int *was_busy)
{
	return take_first(open_calls, app_name, directory_has, was_busy);
}

struct broadcast *line_take_by(const char *app_name,
	enum broadcast_result (*claim)(struct broadcast *broadcast, void *data), void *data, int *was_busy)
{
	return take_first_by(open_calls, app_name, directory_has, claim, data, was_busy);
}
