/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief How long things took: histograms for graphs, and finer ones for percentiles.
 */

#include "stats_store.h"

#include "asterisk/utils.h"

/*! The first bucket ends with the time of which this is the power of two, in nanoseconds. */
#define FIRST_BIT 16

/*! \brief The bucket of a time: its power of two, and the next two bits. */
static size_t fine_bucket(int64_t ns)
{
	int bit;
	size_t bucket;

	if (ns < INT64_C(1) << FIRST_BIT) {
		return 0;
	}
	bit = 63 - __builtin_clzll((unsigned long long) ns);
	bucket = (size_t) (bit - FIRST_BIT) * 4 + ((ns >> (bit - 2)) & 3);
	return MIN(bucket, STATS_FINE_BUCKETS - 1);
}

/*! \brief Where a bucket begins, in milliseconds. */
static double fine_bucket_begin_ms(size_t bucket)
{
	return (double) (INT64_C(1) << (FIRST_BIT + bucket / 4)) * (1 + (double) (bucket % 4) / 4) / 1e6;
}

void stats_times_add(struct stats_times *times, int64_t ns)
{
	times->buckets[fine_bucket(ns)]++;
	times->count++;
}

void stats_times_add_all(struct stats_times *times, const struct stats_times *more)
{
	for (size_t i = 0; i < STATS_FINE_BUCKETS; i++) {
		times->buckets[i] += more->buckets[i];
	}
	times->count += more->count;
}

double stats_times_percentile(const struct stats_times *times, double part)
{
	double wanted = part * times->count;
	double before = 0;

	for (size_t i = 0; i < STATS_FINE_BUCKETS; i++) {
		const double here = times->buckets[i];

		if (here > 0 && before + here >= wanted) {
			const double begin = i ? fine_bucket_begin_ms(i) : 0;

			return begin + (fine_bucket_begin_ms(i + 1) - begin) * (wanted - before) / here;
		}
		before += here;
	}
	return -1;
}

void stats_histogram_add(struct stasis_broadcast_histogram *histogram, int64_t ns)
{
	static const double limits[] = STASIS_BROADCAST_BUCKET_LIMITS;
	size_t bucket = 0;

	_Static_assert(ARRAY_LEN(limits) + 1 == STASIS_BROADCAST_BUCKETS, "one bucket has no limit");
	while (bucket < ARRAY_LEN(limits) && (double) ns > limits[bucket] * 1e9) {
		bucket++;
	}
	histogram->buckets[bucket]++;
	histogram->count++;
	histogram->sum_ns += ns;
}
