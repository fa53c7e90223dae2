/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The one thread that talks to the bus.
 */

#ifndef RES_STASIS_BROADCAST_NATS_PUBLISHER_H
#define RES_STASIS_BROADCAST_NATS_PUBLISHER_H

/*!
 * \brief Start the thread.
 *
 * \retval 0 on success, -1 if it cannot be created.
 *
 * \note The thread that loads the module.
 */
int publisher_start(void);

/*! \brief End it, and the connection. The thread that unloads the module. Waits for the thread. */
void publisher_stop(void);

#endif /* RES_STASIS_BROADCAST_NATS_PUBLISHER_H */
