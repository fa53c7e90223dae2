/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is answered to a request about a broadcast that is not granted: status and words.
 */

#include "asterisk.h"

#include "asterisk/ari.h"
#include "asterisk/optional_api.h"

#include "res_stasis_broadcast/internal_api.h"

#include "request.h"
#include "respond.h"

void respond_no(struct ast_ari_response *response, int answer)
{
	switch (answer) {
	case STASIS_BROADCAST_UNKNOWN:
		ast_ari_response_error(response, 404, "Not Found",
			"No broadcast of this channel is open: it is unknown, or its time is over");
		break;
	case STASIS_BROADCAST_TAKEN:
		ast_ari_response_error(response, 409, "Conflict", "An application has claimed this channel already");
		break;
	case STASIS_BROADCAST_BUSY:
		ast_ari_response_error(response, 409, "Conflict",
			"Too many claims wait for the award of this channel: bid for it, or claim again later");
		break;
	case STASIS_BROADCAST_TAKEN_BACK:
		ast_ari_response_error(response, 409, "Conflict",
			"This application has declined the channel while its claim waited for the award: it may claim again");
		break;
	case STASIS_BROADCAST_FORBIDDEN:
		ast_ari_response_error(response, 403, "Forbidden",
			"This application may not have this call: it is not registered, the filter of the broadcast does not match "
			"it, the setting exclude or watchers does, or it had the call and lost it");
		break;
	case AST_OPTIONAL_API_UNAVAILABLE:
		request_check_provider();
		ast_ari_response_error(response, 501, "Not Implemented",
			"res_stasis_broadcast is not loaded, or it is the one that Asterisk brings");
		break;
	default:
		ast_ari_response_alloc_failed(response);
		break;
	}
}

void respond_json(struct ast_ari_response *response, int res, struct ast_json *json)
{
	if (!res) {
		ast_ari_response_ok(response, json);
	} else if (res == AST_OPTIONAL_API_UNAVAILABLE) {
		respond_no(response, res);
	} else {
		ast_ari_response_alloc_failed(response);
	}
}
