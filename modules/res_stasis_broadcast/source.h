/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Applications that another module brings.
 */

#ifndef RES_STASIS_BROADCAST_SOURCE_H
#define RES_STASIS_BROADCAST_SOURCE_H

/*!
 * \brief Have no other module's applications any more.
 *
 * \note The thread that unloads a module. Waits without holding a lock for the threads inside the source's functions.
 */
void source_stop(void);

#endif /* RES_STASIS_BROADCAST_SOURCE_H */
