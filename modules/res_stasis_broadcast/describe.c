/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A broadcast in words: JSON for the REST resource, a channel variable for the dialplan.
 */

#include "private.h"

#include "printable.h"
#include "quiet_variable.h"

static const char *state_name(enum broadcast_state state)
{
	switch (state) {
	case BROADCAST_OPEN:
		return "open";
	case BROADCAST_CLAIMED:
		return "claimed";
	case BROADCAST_EXPIRED:
		return "expired";
	case BROADCAST_HUNG_UP:
		return "hungup";
	case BROADCAST_DECLINED:
		return "declined";
	case BROADCAST_WITHDRAWN:
		return "withdrawn";
	}
	return "unknown";
}

struct ast_json *describe_text(const char *text)
{
	char shown[4 * APP_FILTER_MAX_LENGTH + 8];

	return ast_json_string_create(ast_json_utf8_check(text) ? text : printable(text, shown, sizeof(shown)));
}

static struct ast_json *names_to_json(const struct names *names)
{
	struct ast_json *array = ast_json_array_create();

	for (size_t i = 0; array && i < names_count(names); i++) {
		ast_json_array_append(array, describe_text(names_at(names, i)));
	}
	return array;
}

struct ast_json *describe_broadcast(struct broadcast *broadcast)
{
	struct broadcast_look look;
	struct ast_json *json;

	broadcast_look(broadcast, &look);
	json = ast_json_pack("{s: o, s: s, s: i, s: i, s: o, s: o, s: o, s: o}", "channel_id",
		describe_text(broadcast_channel_id(broadcast)), "state", state_name(look.state), "timeout_ms",
		look.timeout_ms, "remaining_ms", look.remaining_ms, "app_filter",
		describe_text(broadcast_filter_text(broadcast)), "recipients", names_to_json(look.recipients),
		"declined", names_to_json(look.declined), "winner_app",
		look.winner ? describe_text(look.winner) : ast_json_null());
	broadcast_look_done(&look);
	return json;
}

void describe_status(struct ast_channel *chan, const char *status)
{
	quiet_variable_set(chan, "BROADCASTSTATUS", status);
}
