/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The observer that tells how a broadcast ended, and gives back what was kept for it.
 */

#include "asterisk.h"

#include "asterisk/json.h"
#include "asterisk/utils.h"

#include "dispatch/dispatch.h"
#include "events.h"
#include "observers.h"
#include "observers_list.h"
#include "offer_data.h"

/*! \brief The \c reason of CallWithdrawn. */
static const char *reason_of(enum broadcast_state state)
{
	switch (state) {
	case BROADCAST_EXPIRED:
		return "timeout";
	case BROADCAST_HUNG_UP:
		return "hangup";
	case BROADCAST_DECLINED:
		return "declined";
	case BROADCAST_REPLACED:
		return "replaced";
	default:
		/* By an operator, or by a clean-up before its time is over. */
		return "withdrawn";
	}
}

/*! \brief The event; NULL without memory. \param channel The channel as it was offered. */
static struct ast_json *make_event(
	struct broadcast *broadcast, enum broadcast_state state, struct ast_json *channel)
{
	struct broadcast_snapshot snapshot;
	struct ast_json *event;

	if (state == BROADCAST_CLAIMED) {
		return events_call_claimed(
			broadcast_channel_id(broadcast), broadcast_winner_name(broadcast), channel);
	}
	if (state != BROADCAST_REPLACED) {
		return events_call_withdrawn(reason_of(state), NULL, channel);
	}
	broadcast_get_snapshot(broadcast, &snapshot);
	event = events_call_withdrawn(
		reason_of(state), snapshot.moved_to ? snapshot.moved_to : broadcast_channel_id(broadcast), channel);
	broadcast_snapshot_clear(&snapshot);
	return event;
}

/*! \brief Queue the event for those who are to hear it. */
static void tell(struct broadcast *broadcast, enum broadcast_state state, const struct offer_events *events)
{
	const struct offer *offer = broadcast_data(broadcast);
	struct delivery *const to[] = { offer->tell_end ? events->to_recipients : NULL, events->to_watchers };
	struct ast_json *event =
		to[0] || to[1] ? make_event(broadcast, state, ast_json_object_get(events->offered, "channel")) : NULL;

	for (size_t i = 0; event && i < ARRAY_LEN(to); i++) {
		if (to[i]) {
			delivery_end(to[i], ast_json_ref(event));
		}
	}
	ast_json_unref(event);
}

static void closed(struct broadcast *broadcast, enum broadcast_state state)
{
	struct offer *offer = broadcast_data(broadcast);
	struct offer_events events;

	/* Nobody else takes them away, and the thread that offers it has references of its own. */
	tell(broadcast, state, &offer->events);
	events = (struct offer_events){
		.to_recipients = delivery_take(&offer->events.to_recipients),
		.to_watchers = delivery_take(&offer->events.to_watchers),
		.watchers = offer->events.watchers,
		.offered = offer->events.offered,
	};
	offer->events.watchers = NULL;
	offer->events.offered = NULL;
	offer_events_clear(&events);
}

const struct broadcast_observer call_ended_observer = {
	.name = "CallClaimed and CallWithdrawn",
	.closed = closed,
};
