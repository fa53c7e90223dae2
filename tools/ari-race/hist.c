/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Histogram of durations: 2^8 buckets to each power of two.
 */

#include "hist.h"
#include "memory.h"

#include <math.h>
#include <string.h>

#define SUB_COUNT (UINT64_C(1) << HIST_SUB_BITS)

struct hist *hist_create(void)
{
	return xcalloc(1, sizeof(struct hist));
}

void hist_clear(struct hist *hist)
{
	memset(hist, 0, sizeof(*hist));
}

/*! \brief How far a value is shifted so that HIST_SUB_BITS bits are left of it. */
static unsigned int shift_of(uint64_t value)
{
	return value < SUB_COUNT ? 0 : 64 - (unsigned int) __builtin_clzll(value) - HIST_SUB_BITS;
}

static size_t index_of(uint64_t value)
{
	unsigned int shift = shift_of(value);

	return ((size_t) shift << (HIST_SUB_BITS - 1)) + (size_t) (value >> shift);
}

/*! \brief The value in the middle of a bucket. */
static uint64_t value_of(size_t index)
{
	unsigned int shift = index < SUB_COUNT ? 0 : (unsigned int) (index >> (HIST_SUB_BITS - 1)) - 1;
	uint64_t low = (uint64_t) (index - ((size_t) shift << (HIST_SUB_BITS - 1))) << shift;

	return low + ((UINT64_C(1) << shift) >> 1);
}

void hist_add(struct hist *hist, int64_t ns)
{
	uint64_t value = ns < 0 ? 0 : (uint64_t) ns;

	if (value >= UINT64_C(1) << HIST_MAX_BITS) {
		value = (UINT64_C(1) << HIST_MAX_BITS) - 1;
	}
	if (!hist->count || value < hist->min) {
		hist->min = value;
	}
	if (value > hist->max) {
		hist->max = value;
	}
	hist->count++;
	hist->sum += value;
	hist->bucket[index_of(value)]++;
}

uint64_t hist_percentile(const struct hist *hist, double percent)
{
	uint64_t rank = (uint64_t) ceil((double) hist->count * percent / 100.0);
	uint64_t seen = 0;

	if (!hist->count) {
		return 0;
	}
	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		seen += hist->bucket[i];
		if (seen >= rank && seen) {
			uint64_t value = value_of(i);

			return value > hist->max ? hist->max : value < hist->min ? hist->min : value;
		}
	}
	return hist->max;
}
