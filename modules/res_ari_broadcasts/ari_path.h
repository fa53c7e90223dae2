/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A path of ours below /ari that the HTTP server brings to us instead of to ARI.
 *
 * The server tries the longest path first, so that a request reaches us before ARI. Who may make it, and
 * what else does not depend on the resource, is asked of ARI: ari_path_ask().
 */

#ifndef RES_ARI_BROADCASTS_ARI_PATH_H
#define RES_ARI_BROADCASTS_ARI_PATH_H

#include "asterisk/http.h"

struct ast_ari_response;
struct compat_ari_request;

/*! \brief One path. Set uri.description, uri.uri, uri.key and answer or answer_to; to outlive ari_path_remove(). */
struct ari_path {
	/*! What the server knows of it; uri.uri begins with "ari/". */
	struct ast_http_uri uri;
	/*!
	 * Fills in the answer, in the thread of the connection, with no lock held. Nothing has been checked: by
	 * way of ari_path_ask() only.
	 */
	void (*answer)(const struct compat_ari_request *request, struct ast_ari_response *response);
	/*!
	 * The same in the place of \a answer, if set, for what is below the path, too, where uri.has_subtree is set: with the
	 * path below ARI's root as the client wrote it.
	 */
	void (*answer_to)(
		const struct compat_ari_request *request, const char *uri, struct ast_ari_response *response);
};

/*!
 * \brief Have the HTTP server call us for a path.
 *
 * \param path The path. Borrowed until ari_path_remove().
 *
 * \retval 0 on success, else it does not.
 *
 * \note Any thread.
 */
int ari_path_add(struct ari_path *path);

/*! \brief Undo ari_path_add(); harmless without one. Requests may still run: request_count(). Any thread. */
void ari_path_remove(struct ari_path *path);

/*!
 * \brief Have ARI answer a request as if it had been made to another of its paths: log-in, access lists,
 *        whether Asterisk has booted, read-only users, the resource's own handler.
 *
 * \param request The request.
 * \param uri The path below ARI's root, without a slash before it.
 * \param[out] response ARI's answer.
 *
 * \note Thread of the connection; no lock is held. SPEC section 5: only those are let in whom ARI lets in.
 */
void ari_path_ask(
	const struct compat_ari_request *request, const char *uri, struct ast_ari_response *response);

#endif /* RES_ARI_BROADCASTS_ARI_PATH_H */
