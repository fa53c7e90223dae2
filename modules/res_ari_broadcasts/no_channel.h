/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief /ari/broadcasts//claim and the like: a channel without an ID is no request for any call.
 */

#ifndef RES_ARI_BROADCASTS_NO_CHANNEL_H
#define RES_ARI_BROADCASTS_NO_CHANNEL_H

/*! \brief Have the HTTP server call us for these paths. \retval 0 on success, else it does not. */
int no_channel_add(void);

/*! \brief Undo no_channel_add(); harmless without one. */
void no_channel_remove(void);

#endif /* RES_ARI_BROADCASTS_NO_CHANNEL_H */
