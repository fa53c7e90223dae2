/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The REST resource /ari/broadcastMatch: what the command "broadcast match" shows, as JSON.
 */

#ifndef RES_ARI_BROADCASTS_BROADCAST_MATCH_H
#define RES_ARI_BROADCASTS_BROADCAST_MATCH_H

/*! \brief Add it to ARI. Called by the thread that loads the module. \retval 0 on success. */
int broadcast_match_add(void);

/*! \brief Remove it. Called by the thread that unloads the module. */
void broadcast_match_remove(void);

#endif /* RES_ARI_BROADCASTS_BROADCAST_MATCH_H */
