/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Which web pages may read our answers (CORS), as ARI decides for its own.
 */

#ifndef RES_ARI_BROADCASTS_ARI_ORIGIN_H
#define RES_ARI_BROADCASTS_ARI_ORIGIN_H

struct ast_ari_response;
struct ast_variable;
struct compat_ari_request;

/*!
 * \brief Drop headers about origins whose values are not printable, since ARI puts those into its answer.
 *
 * \param headers Headers of a request. One that is dropped loses its name.
 *
 * \note Thread of the connection; no lock.
 */
void ari_origin_clean(struct ast_variable *headers);

/*!
 * \brief Let a web page read the answer if ARI's \c allowed_origins has its origin.
 *
 * \param request The request, its headers clean.
 * \param[in,out] response Headers are added to it.
 *
 * \note Thread of the connection; no lock is held.
 */
void ari_origin_respond(const struct compat_ari_request *request, struct ast_ari_response *response);

#endif /* RES_ARI_BROADCASTS_ARI_ORIGIN_H */
