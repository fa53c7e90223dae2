/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The next call in line for an application that asks for one (SPEC section 8).
 */

#ifndef CORE_TAKE_H
#define CORE_TAKE_H

#include "broadcast.h"

struct in_line;

/*!
 * \brief Claim the first broadcast in line that an application may have.
 *
 * The claim of each in turn decides, and no lock is held from one to the next. If all that there were went to others
 * meanwhile, or a call was about to come back (in_line_move_begin()), the line is scanned again: nobody gets nothing while
 * there is a call that it may have. For those that are about to come back it waits a second at the most.
 *
 * \param line The line.
 * \param app The application. Borrowed.
 * \param is_registered As in broadcast_claim().
 * \param[out] was_busy If there is none: whether there are some that it might have, which collect bids, and each claim was
 *             \c BROADCAST_BUSY.
 *
 * \return The broadcast, which is the application's now, to give back with broadcast_unref(); NULL if there is none.
 *
 * \note Any thread. Takes the lock of the line and those of broadcasts, one after the other. Where a broadcast collects
 *       bids, its claim waits for the award.
 */
struct broadcast *take_first(
	struct in_line *line, const char *app, int (*is_registered)(const char *app), int *was_busy);

/*!
 * \brief As take_first(), with another claim than broadcast_take().
 *
 * \param line, app, is_registered, was_busy As in take_first().
 * \param claim Makes it, as broadcast_take() or broadcast_take_or_bid(). After \c BROADCAST_OK no other is claimed.
 * \param data For \a claim.
 *
 * \return The broadcast that \a claim has said \c BROADCAST_OK to, to give back with broadcast_unref(); else NULL.
 *
 * \note As take_first(), and waits for what \a claim waits for.
 */
struct broadcast *take_first_by(struct in_line *line, const char *app, int (*is_registered)(const char *app),
	enum broadcast_result (*claim)(struct broadcast *broadcast, void *data), void *data, int *was_busy);

#endif /* CORE_TAKE_H */
