/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The log-in to ARI where ast_ari_invoke() leaves it to its caller.
 */

#ifndef RES_ARI_BROADCASTS_ARI_LOG_IN_H
#define RES_ARI_BROADCASTS_ARI_LOG_IN_H

struct ast_ari_response;
struct compat_ari_request;

/*!
 * \brief Check what ARI's own HTTP handler checks before it calls ast_ari_invoke(), in its order: log-in,
 *        booted, read-only users, a slash at the end; and answer for ARI's descriptions.
 *
 * The users are those that ARI has read: it compares names and passwords itself.
 *
 * \param request The request.
 * \param uri Path below ARI's root.
 * \param[out] response The answer if it goes no further.
 *
 * \retval 1 if \a response is filled in.
 * \retval 0 if ast_ari_invoke() has to answer.
 *
 * \note Thread of the connection. Only if compat_ari_leaves_log_in_to_caller().
 */
int ari_log_in_answers(
	const struct compat_ari_request *request, const char *uri, struct ast_ari_response *response);

#endif /* RES_ARI_BROADCASTS_ARI_LOG_IN_H */
