/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Whether the res_stasis_broadcast that is loaded is ours.
 */

#ifndef RES_ARI_BROADCASTS_PROVIDER_H
#define RES_ARI_BROADCASTS_PROVIDER_H

/*!
 * \brief Log an error, once, if the res_stasis_broadcast that is loaded is not ours.
 *
 * An upgrade of Asterisk's packages puts its own in place of ours, and filters that cannot be used then
 * offer calls to everybody.
 *
 * \note Any thread; no lock is held.
 */
void provider_check(void);

#endif /* RES_ARI_BROADCASTS_PROVIDER_H */
