/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the dispatcher counts. Apart from internal_api.h, which a provider must not include as a user.
 */

#ifndef STASIS_BROADCAST_STATS_H
#define STASIS_BROADCAST_STATS_H

#include <stddef.h>
#include <stdint.h>

/*! \brief What the dispatcher has done since it was started, and what it is doing. */
struct stasis_broadcast_stats {
	/*! Events given to applications. */
	uint64_t sent;
	/*! CallBroadcast events not sent because their broadcast had closed before their turn came. */
	uint64_t stale;
	/*! Events not sent because the application's queue was full. */
	uint64_t overflowed;
	/*! Events that wait. */
	size_t queued;
	/*! Applications that have events waiting or under way. */
	size_t queues;
	/*! Threads that send. */
	size_t threads;
	/*! Broadcasts that have not been cleaned up. */
	size_t broadcasts;
};

#endif /* STASIS_BROADCAST_STATS_H */
