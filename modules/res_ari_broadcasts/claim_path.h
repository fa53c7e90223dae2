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

struct ast_ari_response;
struct ast_json;
struct ast_variable;

/*! \brief Have Asterisk's HTTP server call us for this path. \retval 0 on success, else it does not. */
int claim_path_add(void);

/*! \brief Undo claim_path_add(); harmless without one. */
void claim_path_remove(void);

/*! \brief Whether the request that this thread answers came by this path. \retval 1 if it did, 0 if not. */
int claim_path_is_current(void);

/*!
 * \brief Claim as this path does, when ARI has let the client in.
 *
 * \param get_params Variables of form and query.
 * \param body JSON body, or JSON's null.
 * \param[out] response The answer.
 *
 * \note Thread of the connection; no lock is held.
 */
void claim_path_claim(
	struct ast_variable *get_params, struct ast_json *body, struct ast_ari_response *response);

#endif /* RES_ARI_BROADCASTS_CLAIM_PATH_H */
