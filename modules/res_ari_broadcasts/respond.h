/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is answered to a request that is not granted, or that asks for a description (SPEC section 5).
 */

#ifndef RES_ARI_BROADCASTS_RESPOND_H
#define RES_ARI_BROADCASTS_RESPOND_H

struct ast_ari_response;
struct ast_json;

/*! \brief Answer to everything that res_stasis_broadcast did not say yes to, by its \a answer. Any thread; no lock. */
void respond_no(struct ast_ari_response *response, int answer);

/*!
 * \brief Answer with what was asked for of the resource module as a whole, which finds no broadcast unknown.
 *
 * \param res What was answered: 0; AST_OPTIONAL_API_UNAVAILABLE, which is told as such; anything else is no memory.
 * \param json The answer, if \a res is 0. The reference goes to the response.
 *
 * \note Any thread; no lock.
 */
void respond_json(struct ast_ari_response *response, int res, struct ast_json *json);

#endif /* RES_ARI_BROADCASTS_RESPOND_H */
