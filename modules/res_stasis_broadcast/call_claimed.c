/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The observer that sends CallClaimed, and gives back what was kept for it when a broadcast closes.
 */

#include "asterisk.h"

#include "asterisk/json.h"

#include "dispatch/dispatch.h"
#include "events.h"
#include "observers.h"
#include "observers_list.h"
#include "offer.h"

static void closed(struct broadcast *broadcast, enum broadcast_state state)
{
	struct offer *offer = broadcast_data(broadcast);
	/* Others may be looking at it. */
	struct delivery *delivery = delivery_take(&offer->delivery);
	struct ast_json *channel = offer->channel;
	struct ast_json *event;

	/* Told once, and the thread that offers it has references of its own. */
	offer->channel = NULL;
	if (delivery && offer->tell_claimed && state == BROADCAST_CLAIMED) {
		event =
			events_call_claimed(broadcast_channel_id(broadcast), broadcast_winner_name(broadcast), channel);
		if (event) {
			delivery_end(delivery, event);
		}
	}
	delivery_unref(delivery);
	ast_json_unref(channel);
}

const struct broadcast_observer call_claimed_observer = {
	.name = "CallClaimed",
	.closed = closed,
};
