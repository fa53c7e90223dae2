/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The next call in line, and the list of calls, for who asks on the bus.
 */

#ifndef RES_STASIS_BROADCAST_NATS_TAKE_H
#define RES_STASIS_BROADCAST_NATS_TAKE_H

struct bus_message;
struct stasis_broadcast_ask;

/*!
 * \brief Give who asks the next call in line that it may have.
 *
 * \param message What came. Borrowed.
 *
 * \note The thread of its subject; takes locks for moments. Where a call collects bids, the answer follows the award
 *       (awards.h), and no thread waits for that.
 */
void on_take(const struct bus_message *message);

/*! \brief Go on with one that waited for an award: answer it, or give it the next one. As awards_attend() has it. */
void take_goes_on(const struct stasis_broadcast_ask *what, int has_it, const char *reply);

/*! \brief As on_take(), list the calls that the application may claim. */
void on_list(const struct bus_message *message);

#endif /* RES_STASIS_BROADCAST_NATS_TAKE_H */
