/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief How long to wait from one step of an offer to the next: as long as claims take of late, within bounds.
 */

#ifndef PACE_H
#define PACE_H

#include <stdatomic.h>
#include <stdint.h>

/*! \brief How long claims take of late. All zero: not known. For any number of threads, without a lock. */
struct pace {
	/*! From an offer to the claim of who had it, in nanoseconds: an average in which the last ones count most. */
	_Atomic int64_t usual_ns;
	/*! When it was last told of a claim. */
	_Atomic int64_t noted_ns;
};

/*!
 * \brief Tell of a claim.
 *
 * \param pace Which.
 * \param took_ns From the offer to the winner, to its claim, in nanoseconds.
 * \param now_ns Of a monotonic clock.
 *
 * \note Any thread; takes no lock. Of two claims at the same time, one may not count.
 */
void pace_note_claim(struct pace *pace, int64_t took_ns, int64_t now_ns);

/*!
 * \brief How long until the call goes to more applications.
 *
 * \param pace Which.
 * \param now_ns Of a monotonic clock.
 *
 * \return 20 ms, or twice as long as claims take of late if that is longer, 200 ms at most; in nanoseconds. Without
 *         claims that halves with each 10 s.
 *
 * \note Any thread; takes no lock.
 */
int64_t pace_step_ns(const struct pace *pace, int64_t now_ns);

#endif /* PACE_H */
