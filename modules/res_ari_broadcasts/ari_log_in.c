/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The log-in to ARI where ast_ari_invoke() leaves it to its caller.
 */

#include "asterisk.h"

#include "asterisk/ari.h"
#include "asterisk/astobj2.h"
#include "asterisk/config.h"
#include "asterisk/http.h"
#include "asterisk/options.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "ari_log_in.h"
#include "compat.h"

static const char docs[] = "api-docs/";

/*! \brief Ask ARI for the user of a name, a colon and a password. \return A reference, or NULL. */
static struct ast_ari_conf_user *user_of_api_key(const char *api_key)
{
	char *password = ast_strdupa(api_key);
	const char *name = strsep(&password, ":");

	return password ? ast_ari_config_validate_user(name, password) : NULL;
}

/*! \brief Ask ARI for the user who makes a request: HTTP Basic, or else the first api_key. */
static struct ast_ari_conf_user *user_of(const struct compat_ari_request *request)
{
	struct ast_http_auth *auth = ast_http_get_auth(request->headers);
	const struct ast_variable *param;

	if (auth) {
		struct ast_ari_conf_user *user = ast_ari_config_validate_user(auth->userid, auth->password);

		ao2_ref(auth, -1);
		return user;
	}

	for (param = request->get_params; param; param = param->next) {
		if (!strcasecmp(param->name, "api_key")) {
			return user_of_api_key(param->value);
		}
	}
	return NULL;
}

/*! \brief Tell a client that it has to log in, and to what. */
static void respond_unauthorized(struct ast_ari_response *response)
{
	char *realm = compat_ari_setting("auth_realm");

	ast_ari_response_error(response, 401, "Unauthorized", "Authentication required");
	ast_str_append(&response->headers, 0, "WWW-Authenticate: Basic realm=\"%s\"\r\n", S_OR(realm, ""));
	ast_free(realm);
}

/*! \brief Whether a user may not make a request of this method. */
static int may_not(const struct ast_ari_conf_user *user, enum ast_http_method method)
{
	return user->read_only && method != AST_HTTP_GET && method != AST_HTTP_OPTIONS;
}

/*! \brief Answer as ARI does for its descriptions. */
static void respond_docs(
	const struct compat_ari_request *request, const char *uri, struct ast_ari_response *response)
{
	if (request->method != AST_HTTP_GET) {
		ast_ari_response_error(response, 405, "Method Not Allowed", "Unsupported method");
		return;
	}
	ast_ari_get_docs(uri + strlen(docs), request->urih->prefix, request->headers, response);
}

int ari_log_in_answers(
	const struct compat_ari_request *request, const char *uri, struct ast_ari_response *response)
{
	struct ast_ari_conf_user *user = user_of(request);
	int answered = 1;

	if (!user) {
		respond_unauthorized(response);
	} else if (!ast_fully_booted) {
		ast_http_request_close_on_completion(request->ser);
		ast_ari_response_error(response, 503, "Service Unavailable", "Asterisk not booted");
	} else if (may_not(user, request->method)) {
		ast_ari_response_error(response, 403, "Forbidden", "Write access denied");
	} else if (ast_ends_with(uri, "/")) {
		ast_ari_response_error(response, 404, "Not Found", "ARI URLs do not end with a slash. Try /ari/%.*s",
			(int) strlen(uri) - 1, uri);
	} else if (ast_begins_with(uri, docs)) {
		respond_docs(request, uri, response);
	} else {
		answered = 0;
	}

	ao2_cleanup(user);
	return answered;
}
