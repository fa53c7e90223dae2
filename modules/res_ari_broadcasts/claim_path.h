/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief POST /ari/events/claim, for an Asterisk that does not bring it (SPEC section 5).
 */

#ifndef RES_ARI_BROADCASTS_CLAIM_PATH_H
#define RES_ARI_BROADCASTS_CLAIM_PATH_H

/*! \brief Have Asterisk's HTTP server call us for this path. \retval 0 on success, else it does not. */
int claim_path_add(void);

/*! \brief Undo claim_path_add(). */
void claim_path_remove(void);

#endif /* RES_ARI_BROADCASTS_CLAIM_PATH_H */
