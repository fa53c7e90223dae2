/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The two events: CallBroadcast and CallClaimed (SPEC section 4).
 */

#include "private.h"

#include "asterisk/stasis_app.h"
#include "asterisk/stasis_channels.h"
#include "asterisk/strings.h"
#include "asterisk/time.h"
#include "compat.h"

/*! \brief A snapshot as ARI shows it, with the channel variables of ari.conf. */
static struct ast_json *snapshot_to_json(struct ast_channel_snapshot *snapshot)
{
	return snapshot ? ast_channel_snapshot_to_json(snapshot, stasis_app_get_sanitizer()) : NULL;
}

struct ast_json *events_call_broadcast(struct ast_channel *chan, int timeout_ms)
{
	struct ast_channel_snapshot *snapshot = compat_channel_snapshot(chan);
	struct ast_json *channel = snapshot_to_json(snapshot);
	struct ast_json *event = NULL;

	if (channel) {
		ast_channel_lock(chan);
		event = ast_json_pack("{s: s, s: o, s: o, s: s, s: s}", "type", "CallBroadcast", "timestamp",
			ast_json_timeval(ast_tvnow(), NULL), "channel", channel, "caller",
			AST_JSON_UTF8_VALIDATE(S_COR(
				ast_channel_caller(chan)->id.number.valid, ast_channel_caller(chan)->id.number.str, "")),
			"called", AST_JSON_UTF8_VALIDATE(ast_channel_exten(chan)));
		ast_channel_unlock(chan);
	}
#ifndef AST_DEVMODE
	/* A developer's build refuses events with fields that its own documentation does not name. */
	if (event) {
		ast_json_object_set(event, "timeout", ast_json_integer_create(timeout_ms));
	}
#endif
	ao2_cleanup(snapshot);
	return event;
}

struct ast_json *events_call_claimed(const char *channel_id, const char *winner, struct ast_json *offered)
{
	struct ast_channel_snapshot *snapshot = ast_channel_snapshot_get_latest(channel_id);
	struct ast_json *channel = snapshot_to_json(snapshot);

	ao2_cleanup(snapshot);
	return ast_json_pack("{s: s, s: o, s: o, s: o}", "type", "CallClaimed", "timestamp",
		ast_json_timeval(ast_tvnow(), NULL), "channel", channel ? channel : ast_json_ref(offered),
		"winner_app", describe_text(winner));
}
