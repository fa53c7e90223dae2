/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief POST /ari/broadcasts: the next call in line for an application that asks for one (SPEC section 8).
 */

#include "asterisk.h"

#include "asterisk/ari.h"
#include "asterisk/json.h"

#include "res_stasis_broadcast/internal_api.h"

#include "request.h"
#include "respond.h"
#include "take.h"

/*! \brief Answer to one that gets nothing. */
static void respond_none(struct ast_ari_response *response, int answer)
{
	switch (answer) {
	case STASIS_BROADCAST_UNKNOWN:
		ast_ari_response_error(
			response, 404, "Not Found", "No call that this application may have is on offer now");
		break;
	case STASIS_BROADCAST_BUSY:
		ast_ari_response_error(response, 409, "Conflict",
			"All calls that this application may have collect bids, and too many claims wait for an award: bid for one, or "
			"ask again later");
		break;
	case STASIS_BROADCAST_FORBIDDEN:
		ast_ari_response_error(response, 403, "Forbidden",
			"This application is not registered, or the setting exclude or watchers matches it");
		break;
	default:
		respond_no(response, answer);
		break;
	}
}

void take_request(struct ast_tcptls_session_instance *ser attribute_unused, struct ast_variable *get_params,
	struct ast_variable *path_vars attribute_unused, struct ast_variable *headers attribute_unused,
	struct ast_json *body, struct ast_ari_response *response)
{
	struct param application = { .name = "application" };
	struct ast_json *json;
	int answer;

	request_begin();
	if (!request_require(&application, get_params, body, response)) {
		answer = stasis_broadcast_take(application.value, &json);
		if (answer) {
			respond_none(response, answer);
		} else if (json) {
			ast_ari_response_ok(response, json);
		} else {
			ast_ari_response_alloc_failed(response);
		}
	}
	request_end();
}
