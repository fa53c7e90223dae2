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

struct broadcast;
struct in_line;

/*!
 * \brief Claim the first broadcast in line that an application may have.
 *
 * The claim of each in turn decides, and no lock is held from one to the next. If all that there were went to others
 * meanwhile, the line is scanned again: nobody gets nothing while there is a call that it may have.
 *
 * \param line The line.
 * \param app The application. Borrowed.
 * \param is_registered As in broadcast_claim().
 *
 * \return The broadcast, which is the application's now, to give back with broadcast_unref(); NULL if there is none.
 *
 * \note Any thread. Takes the lock of the line and those of broadcasts, one after the other. Where a broadcast collects
 *       bids, its claim waits for the award.
 */
struct broadcast *take_first(struct in_line *line, const char *app, int (*is_registered)(const char *app));

#endif /* CORE_TAKE_H */
