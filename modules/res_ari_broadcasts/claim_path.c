/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief POST /ari/events/claim, for an Asterisk that does not bring it.
 *
 * ARI is asked to answer the request as one to /ari/broadcasts/{channelId}/claim, whose methods are the
 * same, and so is who may use it. Its handler comes back here, since parameters and answers differ.
 */

#include "asterisk.h"

/* Before the API that it is for. */
#include "shared_api.h"

#include "asterisk/ari.h"
#include "asterisk/http.h"
#include "asterisk/module.h"
#include "asterisk/stasis_app_broadcast.h"

#include "ari_path.h"
#include "claim_path.h"
#include "compat.h"
#include "request.h"

/*! \brief Whether this thread is between asking ARI and its answer. */
static __thread int current;

int claim_path_is_current(void)
{
	return current;
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

void claim_path_claim(
	struct ast_variable *get_params, struct ast_json *body, struct ast_ari_response *response)
{
	struct param channel_id = { .name = "channelId" };
	struct param application = { .name = "application" };

	if (!request_require(&channel_id, get_params, body, response) &&
		!request_require(&application, get_params, body, response)) {
		claim(channel_id.value, application.value, response);
	}
}

static void answer(const struct compat_ari_request *request, struct ast_ari_response *response)
{
	current = 1;
	/* The channel is a parameter here, and what stands for it in the path is not read. */
	ari_path_ask(request, "broadcasts/-/claim", response);
	current = 0;
}

static struct ari_path claim_path = {
	.uri = {
		.description = "Asterisk RESTful API: claim a broadcast",
		.uri = "ari/events/claim",
		.key = AST_MODULE,
	},
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
