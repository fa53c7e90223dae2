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
#include "asterisk/config.h"
#include "asterisk/http.h"
#include "asterisk/json.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "ari_log_in.h"
#include "ari_origin.h"
#include "ari_path.h"
#include "compat.h"
#include "request.h"

/*! \brief What all of ARI's paths begin with. */
static const char root[] = "ari/";

void ari_path_ask(
	const struct compat_ari_request *request, const char *uri, struct ast_ari_response *response)
{
	if (!compat_ari_leaves_log_in_to_caller() || !ari_log_in_answers(request, uri, response)) {
		compat_ari_invoke(request, uri, response);
	}
}

/*! \brief Read a form or JSON. \retval 0 if there is one or none, -1 if \a response is filled in. */
static int read_body(
	struct compat_ari_request *request, struct ast_variable **form, struct ast_ari_response *response)
{
	errno = 0;
	*form = ast_http_get_post_vars(request->ser, request->headers);
	if (!*form && !errno) {
		request->body = ast_http_get_json(request->ser, request->headers);
	}
	if (*form || request->body) {
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

/*! \brief Put the variables of a form before those of the query, as ARI does. The form may become longer. */
static struct ast_variable *join(struct ast_variable *form, struct ast_variable *query)
{
	struct ast_variable *last = form;

	if (!form) {
		return query;
	}
	while (last->next) {
		last = last->next;
	}
	last->next = query ? ast_variables_dup(query) : NULL;
	return form;
}

/*!
 * \brief The path below ARI's root as the client wrote it.
 *
 * The server calls us for "/ari/Events/Claim" and "/ari/events/claim/" as well, which are no paths of ours
 * for ARI. What it hands us is the rest of the client's text behind the path and a slash, if there is one; a path that
 * ends with a slash has had that one.
 */
static const char *as_written(const struct ari_path *path, const char *rest)
{
	const size_t length = strlen(path->uri.uri);
	const int ends_with_slash = path->uri.uri[length - 1] == '/';
	const int is_skipped = rest[-1] == '/' && (!ends_with_slash || rest[-2] == '/');

	return rest - is_skipped - length + strlen(root);
}

/*! \brief Read the body and answer, in the order in which ARI does: a body that cannot be read comes first. */
static void respond(const struct ari_path *path, const char *uri, struct compat_ari_request *request,
	struct ast_ari_response *response)
{
	struct ast_variable *form;

	ari_origin_clean(request->headers);
	ari_origin_respond(request, response);
	if (!read_body(request, &form, response)) {
		request->get_params = join(form, request->get_params);
		if (!request->body) {
			request->body = ast_json_null();
		}
		if (path->answer_to) {
			path->answer_to(request, uri, response);
		} else if (strcmp(uri, path->uri.uri + strlen(root)) != 0) {
			ari_path_ask(request, uri, response);
		} else {
			path->answer(request, response);
		}
		ast_json_unref(request->body);
		ast_variables_destroy(form);
	}
}

/*! \brief Send an answer and give back what it holds. */
static void send_response(const struct compat_ari_request *request, struct ast_ari_response *response)
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

/*! \brief Whether ARI is switched on: it takes its paths from the HTTP server otherwise, and ours stay. */
static int is_enabled(void)
{
	char *enabled = compat_ari_setting("enabled");
	const int res = ast_true(enabled);

	ast_free(enabled);
	return res;
}

/*! \brief Called by the HTTP server, in the thread of the connection. \retval 0 to go on with it. */
static int callback(struct ast_tcptls_session_instance *ser, const struct ast_http_uri *urih, const char *uri,
	enum ast_http_method method, struct ast_variable *get_params, struct ast_variable *headers)
{
	struct compat_ari_request request = {
		.ser = ser,
		.urih = urih,
		.method = method,
		.get_params = get_params,
		.headers = headers,
	};
	struct ast_ari_response response = { .fd = -1 };

	request_begin();
	if (!is_enabled()) {
		ast_http_error(ser, 404, "Not Found", "The requested URL was not found on this server.");
	} else if ((response.headers = ast_str_create(128))) {
		respond(urih->data, as_written(urih->data, uri), &request, &response);
		send_response(&request, &response);
	} else {
		ast_http_error(ser, 500, "Internal Server Error", "Out of memory");
	}
	request_end();
	return 0;
}

int ari_path_add(struct ari_path *path)
{
	path->uri.callback = callback;
	path->uri.data = path;
	path->uri.no_decode_uri = 1;
	return ast_http_uri_link(&path->uri);
}

void ari_path_remove(struct ari_path *path)
{
	ast_http_uri_unlink(&path->uri);
}
