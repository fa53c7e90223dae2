/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The observer that tells watchers of each offer. call_ended.c tells them how it ends.
 */

#include "asterisk.h"

#include "asterisk/json.h"

#include "dispatch/dispatch.h"
#include "observers.h"
#include "observers_list.h"
#include "offer_data.h"
#include "watchers.h"

struct delivery *watchers_delivery(struct broadcast *broadcast)
{
	struct delivery *delivery = delivery_create(broadcast);

	if (delivery) {
		delivery_keep_late(delivery);
	}
	return delivery;
}

/*! \brief Before a claim can find the broadcast, so that nothing can end it before they are told. */
static void opened(struct broadcast *broadcast)
{
	const struct offer *offer = broadcast_data(broadcast);
	const struct offer_events *events = &offer->events;

	if (events->to_watchers) {
		/* Without memory they hear neither of the offer nor of its end. */
		delivery_offer(events->to_watchers, events->watchers, ast_json_ref(events->offered));
	}
}

const struct broadcast_observer watchers_observer = {
	.name = "watchers",
	.opened = opened,
};
