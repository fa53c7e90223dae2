/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_HIST_H
#define ARI_RACE_HIST_H

/*! \file
 * \brief Histogram of durations with logarithmic buckets: constant memory and time, and percentiles
 * that are off by 0.2 % at most. Minimum and maximum are exact.
 */

#include <stdint.h>

#define HIST_SUB_BITS 9
#define HIST_MAX_BITS 44 /* 2^44 ns are almost five hours; longer ones count as that */
#define HIST_BUCKETS ((HIST_MAX_BITS - HIST_SUB_BITS + 2) << (HIST_SUB_BITS - 1))

struct hist {
	uint64_t count;
	uint64_t sum;
	uint64_t min;
	uint64_t max;
	uint32_t bucket[HIST_BUCKETS];
};

/*! \brief Make an empty histogram. \return to free with free(); ends the program without memory. */
struct hist *hist_create(void);

/*! \brief Forget everything. */
void hist_clear(struct hist *hist);

/*! \brief Add one duration in nanoseconds; a negative one (as in clocks of two machines) counts as 0. */
void hist_add(struct hist *hist, int64_t ns);

/*!
 * \brief The duration that \a percent (0 to 100) of all do not exceed.
 * \return nanoseconds; 0 if the histogram is empty.
 */
uint64_t hist_percentile(const struct hist *hist, double percent);

#endif /* ARI_RACE_HIST_H */
