/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief POST /ari/broadcasts: the next call in line for an application that asks for one (SPEC section 8).
 */

#ifndef RES_ARI_BROADCASTS_TAKE_H
#define RES_ARI_BROADCASTS_TAKE_H

struct ast_ari_response;
struct ast_json;
struct ast_tcptls_session_instance;
struct ast_variable;

/*! \brief The handler of the request, with ARI's parameters. A thread of the HTTP server; waits where a broadcast collects bids. */
void take_request(struct ast_tcptls_session_instance *ser, struct ast_variable *get_params,
	struct ast_variable *path_vars, struct ast_variable *headers, struct ast_json *body,
	struct ast_ari_response *response);

#endif /* RES_ARI_BROADCASTS_TAKE_H */
