/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief An operator takes a broadcast back.
 */

#ifndef RES_STASIS_BROADCAST_WITHDRAW_H
#define RES_STASIS_BROADCAST_WITHDRAW_H

/*!
 * \brief See stasis_broadcast_withdraw(). A claim that comes at the same time wins before it, or loses: the broadcast's
 *        lock decides.
 *
 * \retval 0, -1 or -2 as there.
 *
 * \note Any thread, inside the gate. Takes locks of the core.
 */
int withdraw(const char *channel_id);

#endif /* RES_STASIS_BROADCAST_WITHDRAW_H */
