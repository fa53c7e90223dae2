/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The observer that tells a call's whole story in debug lines: core set debug 1 res_stasis_broadcast.
 */

#include "asterisk.h"

#include "asterisk/logger.h"
#include "asterisk/options.h"
#include "asterisk/utils.h"

#include "debug.h"
#include "observers_list.h"
#include "printable.h"

static void opened(struct broadcast *broadcast)
{
	char id[PRINTABLE_SIZE];
	char filter[PRINTABLE_SIZE];

	ast_debug(1, "%s: on offer for %d ms, filter '%s'\n",
		printable(broadcast_channel_id(broadcast), id, sizeof(id)), broadcast_remaining_ms(broadcast),
		printable(broadcast_filter_text(broadcast), filter, sizeof(filter)));
}

static void widened(struct broadcast *broadcast, struct names *added)
{
	char id[PRINTABLE_SIZE];

	ast_debug(1, "%s: offered to %zu more applications\n",
		printable(broadcast_channel_id(broadcast), id, sizeof(id)), names_count(added));
}

/*! \brief What there can be asked for, and what it means that it is granted. */
static const struct {
	const char *name;
	const char *yes;
} kinds[] = {
	[BROADCAST_REQUEST_CLAIM] = { "claim", "it has the call" },
	[BROADCAST_REQUEST_DECLINE] = { "decline", "it does not want the call" },
	[BROADCAST_REQUEST_BID] = { "bid", "it is noted" },
	[BROADCAST_REQUEST_TAKE] = { "request for the next call", "it has the call" },
};

/*! \brief Why a request got its answer. */
static const char *reason(struct broadcast *broadcast, const struct broadcast_answer *answer)
{
	switch (answer->result) {
	case BROADCAST_OK:
		return kinds[answer->request].yes;
	case BROADCAST_TAKEN:
		return "another application has the call";
	case BROADCAST_BUSY:
		return "too many claims wait for an award";
	case BROADCAST_TAKEN_BACK:
		return "it has declined meanwhile";
	case BROADCAST_CLOSED:
		return broadcast_state(broadcast) == BROADCAST_EXPIRED ? "its time is over"
															   : "it is not on offer any more";
	default:
		return answer->reason;
	}
}

static void answered(struct broadcast *broadcast, const struct broadcast_answer *answer)
{
	char id[PRINTABLE_SIZE];
	char app[PRINTABLE_SIZE];

	ast_debug(1, "%s: %s by '%s': %s\n", printable(broadcast_channel_id(broadcast), id, sizeof(id)),
		kinds[answer->request].name, printable(answer->app, app, sizeof(app)), reason(broadcast, answer));
}

void debug_unknown(const char *channel_id, const char *app, enum broadcast_request request)
{
	char id[PRINTABLE_SIZE];
	char shown[PRINTABLE_SIZE];

	ast_debug(1, "%s: %s by '%s': unknown, or its call is over\n", printable(channel_id, id, sizeof(id)),
		kinds[request].name, printable(app, shown, sizeof(shown)));
}

static void lost(struct broadcast *broadcast, const char *app)
{
	char id[PRINTABLE_SIZE];
	char shown[PRINTABLE_SIZE];

	ast_debug(1, "%s: its winner '%s' was gone before it had the call\n",
		printable(broadcast_channel_id(broadcast), id, sizeof(id)), printable(app, shown, sizeof(shown)));
}

static void closed(struct broadcast *broadcast, enum broadcast_state state)
{
	static const char *const reasons[] = {
		[BROADCAST_OPEN] = "open",
		[BROADCAST_CLAIMED] = "claimed",
		[BROADCAST_EXPIRED] = "nobody claimed it in time",
		[BROADCAST_HUNG_UP] = "the caller hung up, or was taken elsewhere",
		[BROADCAST_DECLINED] = "all have declined, or nobody was there",
		[BROADCAST_WITHDRAWN] = "withdrawn by an operator",
		[BROADCAST_REPLACED] = "the channel is on offer again",
		[BROADCAST_GONE] = "it was cleaned up, or the channel or the module has gone",
	};
	char id[PRINTABLE_SIZE];

	ast_debug(
		1, "%s: closed: %s\n", printable(broadcast_channel_id(broadcast), id, sizeof(id)), reasons[state]);
}

const struct broadcast_observer debug_observer = {
	.name = "debug",
	.opened = opened,
	.widened = widened,
	.answered = answered,
	.lost = lost,
	.closed = closed,
};
