/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The ARI resource /ari/broadcasts (SPEC section 5).
 */

#ifndef RES_ARI_BROADCASTS_BROADCASTS_H
#define RES_ARI_BROADCASTS_BROADCASTS_H

/*! \brief Have ARI call us for /ari/broadcasts. \retval 0 on success, else it is not there. */
int broadcasts_add(void);

/*! \brief Undo broadcasts_add(). */
void broadcasts_remove(void);

#endif /* RES_ARI_BROADCASTS_BROADCASTS_H */
