/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Claims, bids and declines from the bus.
 */

#ifndef RES_STASIS_BROADCAST_NATS_CLAIMS_H
#define RES_STASIS_BROADCAST_NATS_CLAIMS_H

struct bus_message;

/*!
 * \brief Take a claim, and answer it: now, or when it is decided (awards.h).
 *
 * \param message What came. Borrowed.
 *
 * \note The thread of its subject; takes locks for moments.
 */
void on_claim(const struct bus_message *message);

/*! \brief As on_claim(), a bid. */
void on_bid(const struct bus_message *message);

/*! \brief As on_claim(), a decline, which is answered at once. */
void on_decline(const struct bus_message *message);

#endif /* RES_STASIS_BROADCAST_NATS_CLAIMS_H */
