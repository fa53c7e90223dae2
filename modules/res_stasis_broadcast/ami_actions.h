/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The manager actions StasisBroadcastList, StasisBroadcastApps and StasisBroadcastWithdraw.
 */

#ifndef RES_STASIS_BROADCAST_AMI_ACTIONS_H
#define RES_STASIS_BROADCAST_AMI_ACTIONS_H

/*!
 * \brief Have AMI know the actions.
 *
 * \retval 0 on success, -1 if it cannot: none is known then.
 *
 * \note The thread that loads the module.
 */
int ami_actions_start(void);

/*! \brief Take them back. The thread that unloads the module, before gate_close(). */
void ami_actions_stop(void);

#endif /* RES_STASIS_BROADCAST_AMI_ACTIONS_H */
