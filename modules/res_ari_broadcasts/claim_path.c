/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief POST /ari/events/claim, for an Asterisk that does not bring it.
 *
 * The HTTP server tries the longest path first, so that a request reaches us before ARI, and ARI's
 * checks of log-in, rights, method and origin have to be made here, with the same answers.
 */

#include "asterisk.h"

#include "asterisk/ari.h"
#include "asterisk/astobj2.h"
#include "asterisk/config.h"
#include "asterisk/http.h"
#include "asterisk/json.h"
#include "asterisk/module.h"
#include "asterisk/stasis_app_broadcast.h"
#include "asterisk/strings.h"

#include "ari_users.h"
#include "claim_path.h"
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
static void respond_cors(const struct ari_settings *settings, enum ast_http_method method,
	struct ast_variable *headers, struct ast_ari_response *response)
{
	const char *origin = header(headers, "Origin");
	const char *asked_method = header(headers, "Access-Control-Request-Method");
	const char *asked_headers = header(headers, "Access-Control-Request-Headers");

	if (ast_strlen_zero(origin) || !ari_settings_allow_origin(settings, origin)) {
		return;
	}

	ast_str_append(&response->headers, 0,
		"Access-Control-Allow-Origin: %s\r\nAccess-Control-Allow-Credentials: true\r\n", origin);
	if (method != AST_HTTP_OPTIONS || !asked_method || strcmp(asked_method, "POST")) {
		return;
	}

	ast_str_append(&response->headers, 0, "Access-Control-Allow-Methods: OPTIONS,POST\r\n");
	if (!ast_strlen_zero(asked_headers)) {
		ast_str_append(&response->headers, 0, "Access-Control-Allow-Headers: %s\r\n", asked_headers);
	}
}

/*! \brief Read a form or JSON. \retval 0 if there is one or none, -1 if \a response is filled in. */
static int read_body(struct ast_tcptls_session_instance *ser, struct ast_variable *headers,
	struct ast_variable **form, struct ast_json **json, struct ast_ari_response *response)
{
	*json = NULL;
	errno = 0;
	*form = ast_http_get_post_vars(ser, headers);
	if (!*form && !errno) {
		*json = ast_http_get_json(ser, headers);
	}
	if (*form || *json) {
		return 0;
	}

	switch (errno) {
	case 0:
		return 0;
	case EFBIG:
		ast_ari_response_error(response, 413, "Request Entity Too Large", "Request body too large");
		return -1;
	case ENOMEM:
		ast_ari_response_alloc_failed(response);
		return -1;
	default:
		ast_ari_response_error(response, 400, "Bad Request", "Error parsing request body");
		return -1;
	}
}

static void claim(const char *channel_id, const char *app_name, struct ast_ari_response *response)
{
	switch (stasis_app_claim_channel(channel_id, app_name)) {
	case 0:
		ast_ari_response_no_content(response);
		break;
	case -1:
		ast_ari_response_error(response, 404, "Not Found",
			"No broadcast of this channel is open to this application, or its time is over");
		break;
	case -2:
		ast_ari_response_error(response, 409, "Conflict", "Another application has claimed this channel");
		break;
	case AST_OPTIONAL_API_UNAVAILABLE:
		ast_ari_response_error(response, 501, "Not Implemented", "res_stasis_broadcast is not loaded");
		break;
	default:
		ast_ari_response_error(response, 500, "Internal Server Error", "The claim failed");
		break;
	}
}

static void post(struct ast_tcptls_session_instance *ser, struct ast_variable *get_params,
	struct ast_variable *headers, struct ast_ari_response *response)
{
	struct param channel_id = { .name = "channelId" };
	struct param application = { .name = "application" };
	struct ast_variable *form;
	struct ast_json *json;

	if (read_body(ser, headers, &form, &json, response)) {
		return;
	}

	request_find(&channel_id, form, NULL);
	request_find(&application, form, NULL);
	if (!request_require(&channel_id, get_params, json, response) &&
		!request_require(&application, get_params, json, response)) {
		claim(channel_id.value, application.value, response);
	}

	ast_json_unref(json);
	ast_variables_destroy(form);
}

/*! \brief Answer a request in the order in which ARI checks: log-in, rights, method, parameters. */
static void respond(struct ast_tcptls_session_instance *ser, const struct ari_settings *settings,
	enum ast_http_method method, struct ast_variable *get_params, struct ast_variable *headers,
	struct ast_ari_response *response)
{
	const struct ari_user *user = ari_settings_log_in(settings, headers, get_params);

	respond_cors(settings, method, headers, response);
	if (!user) {
		ast_str_append(
			&response->headers, 0, "WWW-Authenticate: Basic realm=\"%s\"\r\n", ari_settings_realm(settings));
		ast_ari_response_error(response, 401, "Unauthorized", "Authentication required");
		return;
	}
	if (ari_user_read_only(user) && method != AST_HTTP_GET && method != AST_HTTP_OPTIONS) {
		ast_ari_response_error(response, 403, "Forbidden", "Write access denied");
		return;
	}

	if (method == AST_HTTP_POST) {
		post(ser, get_params, headers, response);
		return;
	}
	ast_str_append(&response->headers, 0, "Allow: OPTIONS,POST\r\n");
	if (method == AST_HTTP_OPTIONS) {
		ast_ari_response_no_content(response);
		return;
	}
	ast_ari_response_error(response, 405, "Method Not Allowed", "Invalid method");
}

/*! \brief Send an answer and give back what it holds. */
static void send_response(
	struct ast_tcptls_session_instance *ser, enum ast_http_method method, struct ast_ari_response *response)
{
	struct ast_str *body = ast_str_create(256);

	if (body && response->message && !ast_json_is_null(response->message)) {
		ast_str_append(&response->headers, 0, "Content-type: application/json\r\n");
		ast_json_dump_str_format(response->message, &body, ast_ari_json_format());
	}

	/* The server takes 0, not -1, for "no file". */
	ast_http_send(
		ser, method, response->response_code, response->response_text, response->headers, body, 0, 0);
	ast_json_unref(response->message);
}

/*! \brief Called by the HTTP server, in the thread of the connection. \retval 0 to go on with it. */
static int callback(struct ast_tcptls_session_instance *ser, const struct ast_http_uri *urih attribute_unused,
	const char *uri attribute_unused, enum ast_http_method method, struct ast_variable *get_params,
	struct ast_variable *headers)
{
	struct ast_ari_response response = { 0 };
	struct ari_settings *settings;

	request_begin();
	settings = ari_settings_get();
	response.headers = ast_str_create(128);

	if (settings && ari_settings_enabled(settings) && response.headers) {
		respond(ser, settings, method, get_params, headers, &response);
		send_response(ser, method, &response);
	} else {
		ast_free(response.headers);
		ast_http_error(ser, 404, "Not Found", "The requested URL was not found on this server.");
	}

	ao2_cleanup(settings);
	request_end();
	return 0;
}

static struct ast_http_uri claim_path = {
	.callback = callback,
	.description = "Asterisk RESTful API: claim a broadcast",
	.uri = "ari/events/claim",
	.key = AST_MODULE,
};

int claim_path_add(void)
{
	return ast_http_uri_link(&claim_path);
}

void claim_path_remove(void)
{
	ast_http_uri_unlink(&claim_path);
}
