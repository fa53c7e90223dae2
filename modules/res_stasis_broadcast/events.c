/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The events: CallBroadcast, CallClaimed and CallWithdrawn (SPEC section 4).
 */

#include "asterisk.h"

#include "asterisk/lock.h"
#include "asterisk/stasis_channels.h"
#include "asterisk/strings.h"
#include "asterisk/time.h"
#include "channel_json.h"
#include "channel_text.h"
#include "broadcast.h"
#include "compat.h"
#include "describe_text.h"
#include "events.h"
#include "log_limit.h"
#include "offer_data.h"
#include "printable.h"

/*! So many warnings of one field there are within 10 s. */
#define WARNINGS_AT_ONCE 3

static void warn_not_utf8(const struct ast_channel *chan, int field, const char *value)
{
	char where[PRINTABLE_SIZE];
	char shown[PRINTABLE_SIZE];
	/* Any caller can bring such a text, and must not fill the log with it. */
	static struct log_limit limits[CHANNEL_JSON_FIELDS];
	unsigned int suppressed;

	if (log_limit_pass(&limits[field], WARNINGS_AT_ONCE, &suppressed)) {
		ast_log(LOG_WARNING,
			"%s: cannot be offered: its %s '%s' is not UTF-8, and Asterisk could not tell it in StasisStart (%u "
			"more such calls since the last warning). Change it in the dialplan before StasisBroadcast()\n",
			channel_text(chan, where), channel_json_field_name(field), printable(value, shown, sizeof(shown)),
			suppressed);
	}
}

/*! \brief The channel of the event, or why there is none. */
static struct ast_json *describe_channel(struct ast_channel *chan, enum events_failure *failure)
{
	struct ast_channel_snapshot *snapshot = compat_channel_snapshot(chan);
	struct ast_json *json = NULL;
	char where[PRINTABLE_SIZE];
	const char *value;
	int field;

	*failure = EVENTS_OUT_OF_MEMORY;
	if (!snapshot) {
		return NULL;
	}
	if (channel_json_is_internal(snapshot)) {
		*failure = EVENTS_INTERNAL_CHANNEL;
		ast_log(LOG_ERROR, "%s: cannot be offered: an internal channel\n", channel_text(chan, where));
	} else if ((field = channel_json_find_bad(snapshot, &value)) >= 0) {
		*failure = EVENTS_NOT_UTF8;
		warn_not_utf8(chan, field, value);
	} else {
		json = channel_json(snapshot);
	}
	ao2_ref(snapshot, -1);
	return json;
}

#ifndef AST_DEVMODE
/*! \brief Add what Asterisk's own event does not have. A developer's build refuses fields that its documentation lacks. */
static void add_fields(struct ast_json *event, int timeout_ms, const struct offer *offer)
{
	ast_json_object_set(event, "timeout", ast_json_integer_create(timeout_ms));
	ast_json_object_set(event, "waited", ast_json_integer_create(offer_waited_ms(offer)));
	if (offer->has_priority) {
		ast_json_object_set(event, "priority", ast_json_integer_create(offer->priority));
	}
	if (offer->bid_window_ms) {
		ast_json_object_set(event, "bid_window", ast_json_integer_create(offer->bid_window_ms));
	}
	if (!ast_strlen_zero(offer_text(offer, OFFER_QUEUE))) {
		ast_json_object_set(event, "queue", describe_text(offer_text(offer, OFFER_QUEUE)));
	}
}
#endif

int events_can_be_told(struct ast_channel *chan)
{
	enum events_failure failure;
	struct ast_json *channel = describe_channel(chan, &failure);

	ast_json_unref(channel);
	return channel != NULL;
}

struct ast_json *events_call_broadcast(
	struct ast_channel *chan, int timeout_ms, const struct offer *offer, enum events_failure *failure)
{
	struct ast_json *channel = describe_channel(chan, failure);
	struct ast_json *event;

	if (!channel) {
		return NULL;
	}
	ast_channel_lock(chan);
	event = ast_json_pack("{s: s, s: o, s: o, s: o, s: o}", "type", "CallBroadcast", "timestamp",
		ast_json_timeval(ast_tvnow(), NULL), "channel", channel, "caller",
		describe_text(
			S_COR(ast_channel_caller(chan)->id.number.valid, ast_channel_caller(chan)->id.number.str, "")),
		"called", describe_text(ast_channel_exten(chan)));
	ast_channel_unlock(chan);
#ifndef AST_DEVMODE
	if (event) {
		add_fields(event, timeout_ms, offer);
	}
#endif
	*failure = event ? EVENTS_NO_FAILURE : EVENTS_OUT_OF_MEMORY;
	return event;
}

/*! \brief The channel as it is now; as it was offered if it cannot be described. */
static struct ast_json *describe_claimed(const char *channel_id, struct ast_json *offered)
{
	struct ast_channel_snapshot *snapshot = channel_id ? ast_channel_snapshot_get_latest(channel_id) : NULL;
	struct ast_json *json = NULL;
	const char *value;

	if (snapshot && channel_json_find_bad(snapshot, &value) < 0) {
		json = channel_json(snapshot);
	}
	ao2_cleanup(snapshot);
	return json ? json : ast_json_ref(offered);
}

struct ast_json *events_call_claimed(const char *channel_id, const char *winner, struct ast_json *offered)
{
	return ast_json_pack("{s: s, s: o, s: o, s: o}", "type", "CallClaimed", "timestamp",
		ast_json_timeval(ast_tvnow(), NULL), "channel", describe_claimed(channel_id, offered), "winner_app",
		describe_text(winner));
}

struct ast_json *events_call_withdrawn(const char *reason, const char *replaced_by, struct ast_json *offered)
{
	/* As it was offered: it may be gone, and after a masquerade its old ID may be another one's. */
	struct ast_json *event = ast_json_pack("{s: s, s: o, s: O, s: s}", "type", "CallWithdrawn", "timestamp",
		ast_json_timeval(ast_tvnow(), NULL), "channel", offered, "reason", reason);

	if (event && replaced_by) {
		ast_json_object_set(event, "replaced_by", describe_text(replaced_by));
	}
	return event;
}
