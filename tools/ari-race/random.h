/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_RANDOM_H
#define ARI_RACE_RANDOM_H

/*! \file
 * \brief Chance that repeats: a number that follows from a seed and from what it is for, and not from
 * the order in which things happen.
 */

#include <stdint.h>

/*! \brief One well mixed number out of another (splitmix64). */
static inline uint64_t random_mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/*! \brief The number for the \a what of a \a call. */
static inline uint64_t random_for(uint64_t seed, uint64_t call, uint64_t what)
{
	return random_mix(random_mix(random_mix(seed) ^ call) ^ what);
}

#endif /* ARI_RACE_RANDOM_H */
