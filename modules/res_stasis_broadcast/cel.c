/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The observer that tells CEL of each step of a broadcast, as events of type USER_DEFINED.
 *
 * Of calls that our own application offers: its thread has the channel, and waits until the offer has closed. CEL wants the
 * channel itself, and to search for it by its ID would lock every channel there is.
 */

#include "asterisk.h"

#include "asterisk/channel.h"
/* After channel.h, from which it needs string fields on Asterisk 16. */
#include "asterisk/cel.h"
#include "asterisk/json.h"

#include "cel.h"
#include "describe_text.h"
#include "observers.h"
#include "observers_list.h"
#include "offer_data.h"
#include "record.h"

/*! \brief The channel whose winner was lost, while this thread tells the observers. */
static __thread struct ast_channel *lost_channel;

void cel_set_lost_channel(struct ast_channel *chan)
{
	lost_channel = chan;
}

/*!
 * \brief Report an event.
 *
 * \param name Its name.
 * \param extra What it tells; taken. NULL without memory.
 */
static void report(struct ast_channel *chan, const char *name, struct ast_json *extra)
{
	struct ast_json *details = extra ? ast_json_pack("{s: s, s: o}", "event", name, "extra", extra) : NULL;

	if (details) {
		ast_cel_publish_event(chan, AST_CEL_USER_DEFINED, details);
	}
	ast_json_unref(details);
}

/*! \brief What every event tells: which offer it is about. */
static struct ast_json *describe(struct broadcast *broadcast)
{
	const struct offer *offer = broadcast_data(broadcast);

	return ast_json_pack("{s: o, s: o, s: i, s: i}", "channel_id",
		describe_text(broadcast_channel_id(broadcast)), "queue",
		describe_text(offer_text(offer, OFFER_QUEUE)), "priority", offer->priority, "waited_ms",
		(int) record_waited_ms(broadcast));
}

/*! \brief The same, and one more. \param value Taken. */
static struct ast_json *describe_with(struct broadcast *broadcast, const char *key, struct ast_json *value)
{
	struct ast_json *extra = describe(broadcast);

	if (extra) {
		ast_json_object_set(extra, key, value);
	} else {
		ast_json_unref(value);
	}
	return extra;
}

static void opened(struct broadcast *broadcast)
{
	struct offer *offer = broadcast_data(broadcast);

	if (offer->cel_channel) {
		report(offer->cel_channel, "BROADCAST_START", describe(broadcast));
	}
}

static void closed(struct broadcast *broadcast, enum broadcast_state state)
{
	struct offer *offer = broadcast_data(broadcast);
	struct ast_channel *chan = offer->cel_channel;

	if (!chan) {
		return;
	}
	offer->cel_channel = NULL;
	if (state == BROADCAST_CLAIMED) {
		report(chan, "BROADCAST_CLAIM",
			describe_with(broadcast, "winner", describe_text(broadcast_winner_name(broadcast))));
	}
	report(chan, "BROADCAST_END",
		describe_with(broadcast, "reason", ast_json_string_create(record_reason(broadcast, state))));
	ast_channel_unref(chan);
}

static void lost(struct broadcast *broadcast, const char *app)
{
	if (lost_channel) {
		report(lost_channel, "BROADCAST_LOST", describe_with(broadcast, "winner", describe_text(app)));
	}
}

const struct broadcast_observer cel_observer = {
	.name = "CEL",
	.opened = opened,
	.lost = lost,
	.closed = closed,
};
