/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A call that waits for its winner, which is not registered with Asterisk yet: the hand-over of the fleet.
 */

#ifndef RES_STASIS_BROADCAST_HOLD_H
#define RES_STASIS_BROADCAST_HOLD_H

struct ast_channel;

/*!
 * \brief Wait until an application is registered with Asterisk, and service the channel meanwhile.
 *
 * \param chan The channel; not locked by the caller.
 * \param app The application. Borrowed.
 * \param hold_ms How long at the most, in milliseconds.
 *
 * \retval 0 if it is registered, or the module is being unloaded.
 * \retval -1 if it has not come in time.
 * \retval 1 if the caller has hung up.
 *
 * \note The channel's thread. Wakes when the application is registered: Asterisk tells of each new one.
 */
int hold_for(struct ast_channel *chan, const char *app, int hold_ms);

/*! \brief Let calls wait. The thread that loads the module. */
void hold_start(void);

/*! \brief Let no call wait any more, and wake those that do. The thread that unloads the module. */
void hold_stop(void);

/*! \brief Give back what hold_for() has needed, once nobody is in it any more. The thread that unloads the module. */
void hold_forget(void);

#endif /* RES_STASIS_BROADCAST_HOLD_H */
