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

#include <stdint.h>
#include <time.h>

/*! \brief Now, in nanoseconds. Any thread. */
static inline int64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

#endif /* RES_STASIS_BROADCAST_NATS_MONOTONIC_H */
