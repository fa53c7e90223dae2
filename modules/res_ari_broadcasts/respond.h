/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is answered to a request about a broadcast that is not granted (SPEC section 5).
 */

#ifndef RES_ARI_BROADCASTS_RESPOND_H
#define RES_ARI_BROADCASTS_RESPOND_H

struct ast_ari_response;

/*! \brief Answer to everything that res_stasis_broadcast did not say yes to, by its \a answer. Any thread; no lock. */
void respond_no(struct ast_ari_response *response, int answer);

#endif /* RES_ARI_BROADCASTS_RESPOND_H */
