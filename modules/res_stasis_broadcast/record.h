/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What AMI, CEL and queue_log have in common: why an offer has ended, and how long it took.
 */

#ifndef RES_STASIS_BROADCAST_RECORD_H
#define RES_STASIS_BROADCAST_RECORD_H

#include "broadcast.h"

/*!
 * \brief Why a broadcast has closed, in one word.
 *
 * \param broadcast The broadcast.
 * \param state The state that it is in.
 *
 * \return claimed, timeout, hangup, declined, noapps, withdrawn, replaced or gone; open if it has not closed.
 *
 * \note Any thread. Takes the broadcast's lock.
 */
const char *record_reason(struct broadcast *broadcast, enum broadcast_state state);

/*!
 * \brief How long its channel has waited since it was offered first, in milliseconds: until it closed, or until now.
 *
 * \note Any thread; takes no lock.
 */
int64_t record_waited_ms(const struct broadcast *broadcast);

/*! \brief How long it was on offer until it closed, in milliseconds. Any thread; takes no lock. */
int64_t record_open_ms(const struct broadcast *broadcast);

#endif /* RES_STASIS_BROADCAST_RECORD_H */
