/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_LIVE_H
#define ARI_RACE_LIVE_H

/*! \file
 * \brief Once a second: the live line, and the measure of ari-race's own CPU time.
 */

#include "timers.h"

#include <stdbool.h>

struct calls;
struct loop;
struct stats;

struct live {
	struct timer timer;
	struct loop *loop;
	const struct calls *calls;
	struct stats *stats;
	bool show;
	uint64_t started_ns;
	uint64_t started_cpu_ns;
	uint64_t last_ns;
	uint64_t last_cpu_ns;
	uint64_t last_calls;
	uint64_t stopped_ns;
	uint64_t stopped_cpu_ns;
	double cpu_max; /*!< the highest share of a core in a second */
	uint64_t turn_longest_ns;
};

/*! \brief Begin; what it tells of is borrowed until live_stop(). Prints lines if \a show. */
void live_start(
	struct live *live, struct loop *loop, const struct calls *calls, struct stats *stats, bool show);

/*! \brief End; harmless if it has not begun. */
void live_stop(struct live *live);

/*! \brief The share of one core that ari-race used from begin to end. */
double live_cpu_share(const struct live *live);

#endif /* ARI_RACE_LIVE_H */
