/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Claims, bids and declines from the bus. None of them waits: what is decided later is answered later (awards.c).
 */

#include "asterisk.h"

#include <limits.h>

#include "asterisk/logger.h"
#include "asterisk/strings.h"

#include "answers.h"
#include "awards.h"
#include "claims.h"
#include "counters.h"
#include "printable.h"
#include "requests.h"
#include "res_stasis_broadcast/internal_api.h"
#include "res_stasis_broadcast/source_api.h"

/*! \brief Tell the debug log of a request. */
static void debug(const char *what, const struct request *request, int result)
{
	char app[PRINTABLE_SIZE];
	char worker[PRINTABLE_SIZE];
	char channel[PRINTABLE_SIZE];

	ast_debug(1, "%s: %s of '%s', worker '%s': %s\n",
		printable(request->channel_id, channel, sizeof(channel)), what,
		printable(request->app, app, sizeof(app)), printable(request->worker, worker, sizeof(worker)),
		result == STASIS_BROADCAST_OK            ? "ok"
			: result == STASIS_BROADCAST_NOTED   ? "noted"
			: result == STASIS_BROADCAST_TAKEN   ? "taken"
			: result == STASIS_BROADCAST_UNKNOWN ? "unknown"
												 : "refused");
}

/*!
 * \brief Which broadcast is meant: one that there is, or else one that there never will be.
 *
 * Not 0, which is any: an answer that waits is found again by the serial (awards.c).
 */
static unsigned long meant(const struct request *request)
{
	unsigned long serial =
		request->serial ? request->serial : stasis_broadcast_serial_of(request->channel_id);

	return serial ? serial : ULONG_MAX;
}

/*! \brief Ask, and answer now or later. */
static void ask(const char *reply, const struct request *request, enum stasis_broadcast_demand demand)
{
	static const char *const words[] = { "claim", "bid", "decline" };
	const int is_decline = demand == STASIS_BROADCAST_DEMAND_DECLINE;
	struct stasis_broadcast_ask what = {
		.demand = demand,
		.channel_id = request->channel_id,
		.serial = meant(request),
		.app = request->app,
		.worker = request->worker,
		.score = request->score,
	};
	int result = STASIS_BROADCAST_UNKNOWN;

	if (!request->is_over) {
		result = is_decline ? stasis_broadcast_ask(&what) : awards_ask(&what, reply);
	}
	debug(words[demand], request, result);
	answer_result(reply, result, request->channel_id, is_decline);
}

/*! \brief A message that asks for something. */
static void demand(const struct bus_message *message, enum stasis_broadcast_demand demand, unsigned int parts)
{
	struct request request;
	const char *wrong;

	if (!request_has_reply(message)) {
		return;
	}
	wrong = request_read(message, parts, &request);
	if (wrong) {
		answer_status(message->reply, 400, wrong);
	} else if (!request.is_others) {
		/* Both have heard it, and who asks takes the first answer: that of the node which has the call. */
		ask(message->reply, &request, demand);
	}
}

void on_claim(const struct bus_message *message)
{
	count(COUNTER_CLAIMS);
	demand(message, STASIS_BROADCAST_DEMAND_CLAIM, REQUEST_WORKER | REQUEST_CHANNEL);
}

void on_bid(const struct bus_message *message)
{
	count(COUNTER_BIDS);
	demand(message, STASIS_BROADCAST_DEMAND_BID, REQUEST_WORKER | REQUEST_CHANNEL | REQUEST_SCORE);
}

void on_decline(const struct bus_message *message)
{
	count(COUNTER_DECLINES);
	demand(message, STASIS_BROADCAST_DEMAND_DECLINE, REQUEST_WORKER | REQUEST_CHANNEL);
}
