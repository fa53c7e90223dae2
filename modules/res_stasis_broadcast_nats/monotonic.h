/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The clock that all times here are of: the one that nobody sets.
 */

#ifndef RES_STASIS_BROADCAST_NATS_MONOTONIC_H
#define RES_STASIS_BROADCAST_NATS_MONOTONIC_H

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

/*! \brief Now, in nanoseconds. Any thread. */
static inline int64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/*!
 * \brief Whether what happens once in an interval at most may happen now. If so, it counts as having happened.
 *
 * \param last_ns When it did last; 0: never.
 * \param interval_ns In nanoseconds.
 *
 * \note Any thread, with any lock held; takes none.
 */
static inline int monotonic_is_time(_Atomic int64_t *last_ns, int64_t interval_ns)
{
	const int64_t now_ns = monotonic_ns();
	int64_t before_ns = atomic_load(last_ns);

	return (!before_ns || now_ns - before_ns >= interval_ns) &&
		atomic_compare_exchange_strong(last_ns, &before_ns, now_ns);
}

#endif /* RES_STASIS_BROADCAST_NATS_MONOTONIC_H */
