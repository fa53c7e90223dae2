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

struct ast_ari_response;
struct ast_variable;

/*! \brief The channel's ID in the path. Borrowed; "" if there is none. */
const char *broadcasts_channel_id(struct ast_variable *path_vars);

/*! \brief Answer to everything that res_stasis_broadcast did not say yes to, by its \a answer. */
void broadcasts_respond_no(struct ast_ari_response *response, int answer);

/*! \brief Have ARI call us for /ari/broadcasts. \retval 0 on success, else it is not there. */
int broadcasts_add(void);

/*! \brief Undo broadcasts_add(). */
void broadcasts_remove(void);

#endif /* RES_ARI_BROADCASTS_BROADCASTS_H */
