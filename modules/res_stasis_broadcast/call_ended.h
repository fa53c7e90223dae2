/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The event that tells how a broadcast ended: CallClaimed or CallWithdrawn (SPEC section 4).
 */

#ifndef RES_STASIS_BROADCAST_CALL_ENDED_H
#define RES_STASIS_BROADCAST_CALL_ENDED_H

struct broadcast;

/*!
 * \brief See to it that the event about the end of a broadcast is queued when this returns, if there is one.
 *
 * Another thread may have closed it a moment ago and not have come to that yet: the channel's next offer must not
 * overtake the event.
 *
 * \param broadcast A broadcast that has closed.
 *
 * \note Any thread, inside the gate. Takes call_ended.c's lock for a moment, and without it the dispatcher's.
 */
void call_ended_tell(struct broadcast *broadcast);

#endif /* RES_STASIS_BROADCAST_CALL_ENDED_H */
