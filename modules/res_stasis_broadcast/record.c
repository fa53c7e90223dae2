/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What AMI, CEL and queue_log have in common: why an offer has ended, and how long it took.
 */

#include "record.h"

#include "offer_data.h"

#define NS_PER_MS INT64_C(1000000)

const char *record_reason(struct broadcast *broadcast, enum broadcast_state state)
{
	switch (state) {
	case BROADCAST_OPEN:
		return "open";
	case BROADCAST_CLAIMED:
		return "claimed";
	case BROADCAST_EXPIRED:
		return "timeout";
	case BROADCAST_HUNG_UP:
		return "hangup";
	case BROADCAST_DECLINED:
		return broadcast_has_recipients(broadcast) ? "declined" : "noapps";
	case BROADCAST_WITHDRAWN:
		return "withdrawn";
	case BROADCAST_REPLACED:
		return "replaced";
	case BROADCAST_GONE:
		break;
	}
	return "gone";
}

int64_t record_waited_ms(const struct broadcast *broadcast)
{
	const struct offer *offer = broadcast_data(broadcast);
	const int64_t closed_ns = broadcast_closed_ns(broadcast);

	return ((closed_ns ? closed_ns : broadcast_clock_ns()) - offer->first_ns) / NS_PER_MS;
}

int64_t record_open_ms(const struct broadcast *broadcast)
{
	const int64_t closed_ns = broadcast_closed_ns(broadcast);
	const int64_t open_ns = (closed_ns ? closed_ns : broadcast_clock_ns()) - broadcast_opened_ns(broadcast);

	return open_ns > 0 ? open_ns / NS_PER_MS : 0;
}
