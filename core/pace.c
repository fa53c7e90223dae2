/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief How long to wait from one step of an offer to the next: as long as claims take of late, within bounds.
 */

#include "pace.h"

#define NS_PER_MS INT64_C(1000000)
#define LEAST_NS (20 * NS_PER_MS)
#define MOST_NS (200 * NS_PER_MS)

/*! So many times as long as a claim takes is a step: most claims of one come before the next. */
#define STEP_OF_CLAIMS 2

/*! One claim counts for so much of the average. */
#define SHARE 8

/*! The average halves with each time of this length without a claim: what was slow may be quick by then. */
#define HALF_LIFE_NS (10000 * NS_PER_MS)

static int64_t usual_ns(const struct pace *pace, int64_t now_ns)
{
	const int64_t halves = (now_ns - atomic_load(&pace->noted_ns)) / HALF_LIFE_NS;

	/* Another thread may have noted a claim after this one read the clock. */
	if (halves <= 0) {
		return atomic_load(&pace->usual_ns);
	}
	return halves < 32 ? atomic_load(&pace->usual_ns) >> halves : 0;
}

void pace_note_claim(struct pace *pace, int64_t took_ns, int64_t now_ns)
{
	const int64_t usual = usual_ns(pace, now_ns);
	/* What makes no step longer counts no more than what makes the longest: one of a minute is forgotten as soon. */
	const int64_t most = MOST_NS / STEP_OF_CLAIMS;
	const int64_t took = took_ns < 0 ? 0 : took_ns < most ? took_ns : most;

	atomic_store(&pace->usual_ns, usual + (took - usual) / SHARE);
	atomic_store(&pace->noted_ns, now_ns);
}

int64_t pace_step_ns(const struct pace *pace, int64_t now_ns)
{
	const int64_t step = STEP_OF_CLAIMS * usual_ns(pace, now_ns);

	return step < LEAST_NS ? LEAST_NS : step < MOST_NS ? step : MOST_NS;
}
