/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The REST resource /ari/broadcastStats: what the command "broadcast show stats" shows, as JSON.
 */

#ifndef RES_ARI_BROADCASTS_BROADCAST_STATS_H
#define RES_ARI_BROADCASTS_BROADCAST_STATS_H

/*! \brief Add the resource to ARI. \retval 0 on success, else it is not there. \note Thread that loads the module. */
int broadcast_stats_add(void);

/*! \brief Undo broadcast_stats_add(). Requests may still run: request_count(). */
void broadcast_stats_remove(void);

#endif /* RES_ARI_BROADCASTS_BROADCAST_STATS_H */
