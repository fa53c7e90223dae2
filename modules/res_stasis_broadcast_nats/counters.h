/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is counted of the fleet.
 */

#ifndef RES_STASIS_BROADCAST_NATS_COUNTERS_H
#define RES_STASIS_BROADCAST_NATS_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

/*! \brief What is counted. */
enum counter {
	/*! Events that were published. */
	COUNTER_PUBLISHED,
	/*! Offers that were over before they could be published. */
	COUNTER_EXPIRED,
	/*! Messages that were dropped: the queue was full. */
	COUNTER_OVERFLOWED,
	/*! Messages that were dropped: there was no connection, or it broke. */
	COUNTER_UNSENT,
	/*! Requests of each sort. */
	COUNTER_CLAIMS,
	COUNTER_BIDS,
	COUNTER_DECLINES,
	COUNTER_TAKES,
	COUNTER_LISTS,
	/*! Hellos that were understood. */
	COUNTER_HELLOS,
	/*! Messages that could not be understood. */
	COUNTER_GARBAGE,
	/*! Times that messages came faster than they could be taken. */
	COUNTER_OVERRUNS,
	/*! Times that NATS did not let us publish or hear something. */
	COUNTER_REFUSED,
	/*! Times that the connection came. */
	COUNTER_CONNECTS,
	/*! Times that it went. */
	COUNTER_DISCONNECTS,
	COUNTERS,
};

/*! \brief Since the module was loaded. */
extern atomic_uint_least64_t counters[COUNTERS];

static inline void count(enum counter counter)
{
	atomic_fetch_add_explicit(&counters[counter], 1, memory_order_relaxed);
}

#endif /* RES_STASIS_BROADCAST_NATS_COUNTERS_H */
