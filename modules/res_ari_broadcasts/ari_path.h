/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A path of ours below /ari that the HTTP server brings to us instead of to ARI.
 *
 * The server tries the longest path first, so that a request reaches us before ARI. ARI's checks of
 * log-in, rights and origin are made here, with the same answers.
 */

#ifndef RES_ARI_BROADCASTS_ARI_PATH_H
#define RES_ARI_BROADCASTS_ARI_PATH_H

#include "asterisk/http.h"

struct ast_ari_response;
struct ast_json;
struct ast_tcptls_session_instance;
struct ast_variable;

/*! \brief A request of somebody who has logged in and may make it. */
struct ari_request {
	/*! The connection. */
	struct ast_tcptls_session_instance *ser;
	/*! What precedes /ari in the URL, as http.conf says; may be NULL. */
	const char *prefix;
	enum ast_http_method method;
	/*! Variables of the query. */
	struct ast_variable *get_params;
	struct ast_variable *headers;
};

/*! \brief One path. Set everything but uri.data and uri.callback; to outlive ari_path_remove(). */
struct ari_path {
	struct ast_http_uri uri;
	/*! A method that a browser asks about before it sends one (CORS preflight); NULL if there is none. */
	const char *preflight_method;
	/*! Fills in the answer, in the thread of the connection. */
	void (*answer)(const struct ari_request *request, struct ast_ari_response *response);
};

/*! \brief Have the HTTP server call us for a path. \retval 0 on success, else it does not. Any thread. */
int ari_path_add(struct ari_path *path);

/*! \brief Undo ari_path_add(); harmless without one. Requests may still run: request_count(). Any thread. */
void ari_path_remove(struct ari_path *path);

#endif /* RES_ARI_BROADCASTS_ARI_PATH_H */
