/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief ARI's description of itself (/ari/api-docs), with what we add to it.
 *
 * Each request begins with what ARI itself answers to this client, the log-in and the base path included,
 * so that nothing is kept here that could become stale. What we add is in the folder rest-api, in Asterisk's
 * own form; the Makefile makes a C string of each file.
 */

#include "asterisk.h"

#include "asterisk/ari.h"
#include "asterisk/json.h"
#include "asterisk/module.h"

#include "api_docs.h"
#include "ari_path.h"
#include "compat.h"
#include "docs.h"

/* events_json, resources_json, broadcasts_json: made of those files when this is built. */
#include "rest-api/api-docs/broadcasts.json.h"
#include "rest-api/api-docs/events.json.h"
#include "rest-api/resources.json.h"

static void respond_alloc_failed(struct ast_ari_response *response)
{
	ast_json_unref(response->message);
	ast_ari_response_alloc_failed(response);
}

/*! \brief Answer with a file of ARI's, and what a file of ours adds to it. */
static void answer_extended(const struct compat_ari_request *request, const char *uri, const char *ours,
	struct ast_ari_response *response)
{
	struct ast_json *more;

	ari_path_ask(request, uri, response);
	if (response->response_code != 200) {
		return;
	}

	more = ast_json_load_string(ours, NULL);
	if (!more || docs_extend(response->message, more)) {
		respond_alloc_failed(response);
	}
	ast_json_unref(more);
}

static void answer_events(const struct compat_ari_request *request, struct ast_ari_response *response)
{
	answer_extended(request, "api-docs/events.json", events_json, response);
}

static void answer_resources(const struct compat_ari_request *request, struct ast_ari_response *response)
{
	answer_extended(request, "api-docs/resources.json", resources_json, response);
}

/*! \brief Answer with a file of ours. ARI is asked for another one, which it has, and whose head is ours. */
static void answer_broadcasts(const struct compat_ari_request *request, struct ast_ari_response *response)
{
	struct ast_json *docs;

	ari_path_ask(request, "api-docs/events.json", response);
	if (response->response_code != 200) {
		return;
	}

	docs = ast_json_load_string(broadcasts_json, NULL);
	if (!docs || docs_same_head(docs, response->message)) {
		ast_json_unref(docs);
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
