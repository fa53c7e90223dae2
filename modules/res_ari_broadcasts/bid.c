/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief POST /ari/broadcasts/{channelId}/bid: how suitable an application is for a call (SPEC section 8).
 */

#include "asterisk.h"

#include "asterisk/ari.h"
#include "asterisk/json.h"

#include "res_stasis_broadcast/internal_api.h"

#include "bid.h"
#include "request.h"
#include "respond.h"

void bid_request(struct ast_tcptls_session_instance *ser attribute_unused, struct ast_variable *get_params,
	struct ast_variable *path_vars, struct ast_variable *headers attribute_unused, struct ast_json *body,
	struct ast_ari_response *response)
{
	struct param application = { .name = "application" };
	struct param score = { .name = "score", .is_number = 1 };
	long number;
	int answer;

	request_begin();
	request_find(&score, get_params, body);
	if (!request_require(&application, get_params, body, response) &&
		!request_check_number(&score, 0, STASIS_BROADCAST_MAX_SCORE, &number, response)) {
		answer = stasis_broadcast_bid(request_channel_id(path_vars), application.value, (int) number);
		if (answer) {
			respond_no(response, answer);
		} else {
			ast_ari_response_accepted(response);
		}
	}
	request_end();
}
