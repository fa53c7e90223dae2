/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Lines of the log that come at most so often, whatever a caller or an application does, and how many did not.
 */

#ifndef RES_STASIS_BROADCAST_LOG_LIMIT_H
#define RES_STASIS_BROADCAST_LOG_LIMIT_H

#include <stdint.h>

/*! \brief What is kept of one kind of line; all zero at first. */
struct log_limit {
	/*! When the first of the last ones came, of broadcast_clock_ns(); 0: none has. */
	int64_t since_ns;
	/*! How many have come since then. */
	unsigned int count;
	/*! How many have not, since the last one that has. */
	unsigned int suppressed;
};

/*!
 * \brief Whether a line may be logged now; if so, it counts as logged.
 *
 * \param limit What is kept of its kind.
 * \param at_once How many may come within 10 s.
 * \param[out] suppressed How many were not logged since the last one that was; NULL: not asked for.
 *
 * \note Any thread, with any lock held: takes one of its own for some instructions, and no other under it.
 */
int log_limit_pass(struct log_limit *limit, unsigned int at_once, unsigned int *suppressed);

#endif /* RES_STASIS_BROADCAST_LOG_LIMIT_H */
