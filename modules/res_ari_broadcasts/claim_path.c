/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief POST /ari/events/claim, for an Asterisk that does not bring it.
 */

#include "asterisk.h"

#include "asterisk/ari.h"
#include "asterisk/config.h"
#include "asterisk/http.h"
#include "asterisk/json.h"
#include "asterisk/module.h"
#include "asterisk/stasis_app_broadcast.h"
#include "asterisk/strings.h"

#include "ari_path.h"
#include "claim_path.h"
#include "request.h"

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

static void post(const struct ari_request *request, struct ast_ari_response *response)
{
	struct param channel_id = { .name = "channelId" };
	struct param application = { .name = "application" };
	struct ast_variable *form;
	struct ast_json *json;

	if (read_body(request->ser, request->headers, &form, &json, response)) {
		return;
	}

	request_find(&channel_id, form, NULL);
	request_find(&application, form, NULL);
	if (!request_require(&channel_id, request->get_params, json, response) &&
		!request_require(&application, request->get_params, json, response)) {
		claim(channel_id.value, application.value, response);
	}

	ast_json_unref(json);
	ast_variables_destroy(form);
}

static void answer(const struct ari_request *request, struct ast_ari_response *response)
{
	if (request->method == AST_HTTP_POST) {
		post(request, response);
		return;
	}

	ast_str_append(&response->headers, 0, "Allow: OPTIONS,POST\r\n");
	if (request->method == AST_HTTP_OPTIONS) {
		ast_ari_response_no_content(response);
		return;
	}
	ast_ari_response_error(response, 405, "Method Not Allowed", "Invalid method");
}

static struct ari_path claim_path = {
	.uri = {
		.description = "Asterisk RESTful API: claim a broadcast",
		.uri = "ari/events/claim",
		.key = AST_MODULE,
	},
	.preflight_method = "POST",
	.answer = answer,
};

int claim_path_add(void)
{
	return ari_path_add(&claim_path);
}

void claim_path_remove(void)
{
	ari_path_remove(&claim_path);
}
