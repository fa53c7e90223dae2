/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A path of ours below /ari that the HTTP server brings to us instead of to ARI.
 */

#include "asterisk.h"

#include "asterisk/ari.h"
#include "asterisk/astobj2.h"
#include "asterisk/config.h"
#include "asterisk/http.h"
#include "asterisk/json.h"
#include "asterisk/options.h"
#include "asterisk/strings.h"

#include "ari_path.h"
#include "ari_users.h"
#include "request.h"

static const char *header(struct ast_variable *headers, const char *name)
{
	for (; headers; headers = headers->next) {
		if (!strcasecmp(headers->name, name)) {
			return headers->value;
		}
	}
	return NULL;
}

/*! \brief Let web pages of an allowed origin read the answer, and tell a browser that asks what it may send. */
static void respond_cors(const struct ari_settings *settings, const char *preflight_method,
	const struct ari_request *request, struct ast_ari_response *response)
{
	const char *origin = header(request->headers, "Origin");
	const char *asked_method = header(request->headers, "Access-Control-Request-Method");
	const char *asked_headers = header(request->headers, "Access-Control-Request-Headers");

	if (ast_strlen_zero(origin) || !ari_settings_allow_origin(settings, origin)) {
		return;
	}

	ast_str_append(&response->headers, 0,
		"Access-Control-Allow-Origin: %s\r\nAccess-Control-Allow-Credentials: true\r\n", origin);
	if (request->method != AST_HTTP_OPTIONS || !preflight_method || !asked_method ||
		strcmp(asked_method, preflight_method)) {
		return;
	}

	ast_str_append(&response->headers, 0, "Access-Control-Allow-Methods: OPTIONS,%s\r\n", preflight_method);
	if (!ast_strlen_zero(asked_headers)) {
		ast_str_append(&response->headers, 0, "Access-Control-Allow-Headers: %s\r\n", asked_headers);
	}
}

/*! \brief Answer a request in the order in which ARI checks: log-in, booted, rights. */
static void respond(const struct ari_path *path, const struct ari_settings *settings,
	const struct ari_request *request, struct ast_ari_response *response)
{
	const struct ari_user *user = ari_settings_log_in(settings, request->headers, request->get_params);

	respond_cors(settings, path->preflight_method, request, response);
	if (!user) {
		ast_str_append(
			&response->headers, 0, "WWW-Authenticate: Basic realm=\"%s\"\r\n", ari_settings_realm(settings));
		ast_ari_response_error(response, 401, "Unauthorized", "Authentication required");
		return;
	}
	if (!ast_fully_booted) {
		ast_ari_response_error(response, 503, "Service Unavailable", "Asterisk not booted");
		return;
	}
	if (ari_user_read_only(user) && request->method != AST_HTTP_GET && request->method != AST_HTTP_OPTIONS) {
		ast_ari_response_error(response, 403, "Forbidden", "Write access denied");
		return;
	}

	path->answer(request, response);
}

/*! \brief Send an answer and give back what it holds. */
static void send_response(const struct ari_request *request, struct ast_ari_response *response)
{
	struct ast_str *body = ast_str_create(256);

	if (body && response->message && !ast_json_is_null(response->message)) {
		ast_str_append(&response->headers, 0, "Content-type: application/json\r\n");
		ast_json_dump_str_format(response->message, &body, ast_ari_json_format());
	}

	/* The server takes 0, not -1, for "no file". */
	ast_http_send(request->ser, request->method, response->response_code, response->response_text,
		response->headers, body, 0, 0);
	ast_json_unref(response->message);
}

/*! \brief Called by the HTTP server, in the thread of the connection. \retval 0 to go on with it. */
static int callback(struct ast_tcptls_session_instance *ser, const struct ast_http_uri *urih,
	const char *uri attribute_unused, enum ast_http_method method, struct ast_variable *get_params,
	struct ast_variable *headers)
{
	const struct ari_request request = {
		.ser = ser,
		.prefix = urih->prefix,
		.method = method,
		.get_params = get_params,
		.headers = headers,
	};
	struct ast_ari_response response = { 0 };
	struct ari_settings *settings;

	request_begin();
	settings = ari_settings_get();
	response.headers = ast_str_create(128);

	if (settings && ari_settings_enabled(settings) && response.headers) {
		respond(urih->data, settings, &request, &response);
		send_response(&request, &response);
	} else {
		ast_free(response.headers);
		ast_http_error(ser, 404, "Not Found", "The requested URL was not found on this server.");
	}

	ao2_cleanup(settings);
	request_end();
	return 0;
}

int ari_path_add(struct ari_path *path)
{
	path->uri.callback = callback;
	path->uri.data = path;
	return ast_http_uri_link(&path->uri);
}

void ari_path_remove(struct ari_path *path)
{
	ast_http_uri_unlink(&path->uri);
}
