/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_CLOCK_H
#define ARI_RACE_CLOCK_H

/*! \file
 * \brief Time as ari-race counts it: nanoseconds of CLOCK_MONOTONIC, which all processes of a
 * machine share.
 */

#include <stdint.h>
#include <time.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

/*! \brief The present, in nanoseconds. Never 0, which stands for "did not happen". */
static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t) ts.tv_sec * NS_PER_S + (uint64_t) ts.tv_nsec;
}

#endif /* ARI_RACE_CLOCK_H */
