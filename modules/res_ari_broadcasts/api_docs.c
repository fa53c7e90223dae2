/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief ARI's description of itself (/ari/api-docs), with what we add to it.
 *
 * Each request begins with what ARI itself would answer, the base path for this client included, so
 * that nothing is kept here that could become stale.
 */

#include "asterisk.h"

#include "asterisk/ari.h"
#include "asterisk/json.h"
#include "asterisk/module.h"

#include "api_docs.h"
#include "ari_path.h"
#include "docs_broadcasts.h"
#include "docs_events.h"

/*! \brief Answer as ARI does for a file of its own. \retval 0 if \a response has its content now. */
static int answer_as_ari(
	const char *file, const struct ari_request *request, struct ast_ari_response *response)
{
	if (request->method != AST_HTTP_GET) {
		ast_ari_response_error(response, 405, "Method Not Allowed", "Unsupported method");
		return -1;
	}

	ast_ari_get_docs(file, request->prefix, request->headers, response);
	return response->response_code == 200 ? 0 : -1;
}

static void respond_alloc_failed(struct ast_ari_response *response)
{
	ast_json_unref(response->message);
	ast_ari_response_alloc_failed(response);
}

static void answer_events(const struct ari_request *request, struct ast_ari_response *response)
{
	if (!answer_as_ari("events.json", request, response) && docs_events_extend(response->message) < 0) {
		respond_alloc_failed(response);
	}
}

static void answer_resources(const struct ari_request *request, struct ast_ari_response *response)
{
	if (!answer_as_ari("resources.json", request, response) && docs_broadcasts_list(response->message)) {
		respond_alloc_failed(response);
	}
}

static void answer_broadcasts(const struct ari_request *request, struct ast_ari_response *response)
{
	struct ast_json *docs;

	/* The head of every description is the same. */
	if (answer_as_ari("events.json", request, response)) {
		return;
	}

	docs = docs_broadcasts_create(response->message);
	if (!docs) {
		respond_alloc_failed(response);
		return;
	}
	ast_json_unref(response->message);
	ast_ari_response_ok(response, docs);
}

static struct ari_path events_path = {
	.uri = {
		.description = "Asterisk RESTful API: description of its events",
		.uri = "ari/api-docs/events.json",
		.key = AST_MODULE,
	},
	.answer = answer_events,
};

static struct ari_path resources_path = {
	.uri = {
		.description = "Asterisk RESTful API: list of its descriptions",
		.uri = "ari/api-docs/resources.json",
		.key = AST_MODULE,
	},
	.answer = answer_resources,
};

static struct ari_path broadcasts_path = {
	.uri = {
		.description = "Asterisk RESTful API: description of broadcasts",
		.uri = "ari/api-docs/broadcasts.json",
		.key = AST_MODULE,
	},
	.answer = answer_broadcasts,
};

int api_docs_add(void)
{
	if (ari_path_add(&events_path) || ari_path_add(&broadcasts_path) || ari_path_add(&resources_path)) {
		api_docs_remove();
		return -1;
	}
	return 0;
}

void api_docs_remove(void)
{
	ari_path_remove(&resources_path);
	ari_path_remove(&broadcasts_path);
	ari_path_remove(&events_path);
}
