/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Watchers: applications that hear of every broadcast and how it ends, and have no say in it (SPEC section 1).
 */

#ifndef RES_STASIS_BROADCAST_WATCHERS_H
#define RES_STASIS_BROADCAST_WATCHERS_H

struct broadcast;
struct delivery;

/*!
 * \brief Prepare the delivery of a broadcast's events to the watchers, who get all of them, however late.
 *
 * \return A delivery with one reference; NULL without memory.
 *
 * \note The thread that makes the broadcast; takes no lock.
 */
struct delivery *watchers_delivery(struct broadcast *broadcast);

#endif /* RES_STASIS_BROADCAST_WATCHERS_H */
