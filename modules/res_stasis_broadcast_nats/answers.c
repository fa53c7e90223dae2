/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is answered to a request.
 */

#include "asterisk.h"

#include "asterisk/astobj2.h"
#include "asterisk/json.h"
#include "asterisk/stasis_app_broadcast.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "answers.h"
#include "config.h"
#include "connection.h"
#include "nonce.h"
#include "outbox.h"
#include "res_stasis_broadcast/internal_api.h"
#include "res_stasis_broadcast/source_api.h"

/*! The longest answer, in bytes, whatever the server takes. */
#define MAX_LENGTH ((size_t) 900 * 1024)

size_t answer_max_length(void)
{
	return MIN(MAX_LENGTH, connection_longest());
}

int answer_json_within(const char *reply, struct ast_json *body, size_t most)
{
	char *text = body ? ast_json_dump_string(body) : NULL;
	const size_t length = text ? strlen(text) : 0;

	if (text && length <= most) {
		outbox_put_message(reply, text, length);
	}
	ast_json_free(text);
	ast_json_unref(body);
	return length <= most ? 0 : -1;
}

void answer_json(const char *reply, struct ast_json *body)
{
	answer_json_within(reply, body, SIZE_MAX);
}

void answer_status(const char *reply, int status, const char *text)
{
	answer_json(reply, ast_json_pack("{s: i, s: s}", "status", status, "message", text));
}

void answer_won(const char *reply)
{
	struct config *config = config_get();

	if (config) {
		answer_json(reply,
			ast_json_pack(
				"{s: i, s: s, s: i}", "status", 204, "ari", config->ari, "hold_ms", config->hold_ms));
	}
	ao2_cleanup(config);
}

void answer_leave_out_names(struct ast_json *broadcast)
{
	ast_json_object_del(broadcast, "recipients");
	ast_json_object_del(broadcast, "declined");
}

/*! \brief Answer with a call, if that is not too long. \param broadcast NULL: without. \retval 0 if so, else -1. */
static int answer_call(const char *reply, const struct config *config, const char *channel_id,
	unsigned long serial, struct ast_json *broadcast)
{
	char nonce[NONCE_SIZE];
	struct ast_json *body = ast_json_pack("{s: i, s: s, s: s, s: s, s: i}", "status", 200, "channel_id",
		channel_id, "offer", nonce_write(serial, nonce), "ari", config->ari, "hold_ms", config->hold_ms);

	if (body && broadcast) {
		ast_json_object_set(body, "broadcast", ast_json_ref(broadcast));
	}
	return answer_json_within(reply, body, answer_max_length());
}

void answer_next(const char *reply, const char *channel_id, unsigned long serial)
{
	struct config *config = config_get();
	struct ast_json *broadcast = NULL;

	if (stasis_broadcast_describe(channel_id, &broadcast)) {
		answer_status(reply, 404, "the call went while it was taken");
	} else if (config && answer_call(reply, config, channel_id, serial, broadcast)) {
		/* It is the worker's: better with less of it than not told. */
		answer_leave_out_names(broadcast);
		if (answer_call(reply, config, channel_id, serial, broadcast)) {
			answer_call(reply, config, channel_id, serial, NULL);
		}
	}
	ast_json_unref(broadcast);
	ao2_cleanup(config);
}

void answer_taken(const char *reply, const char *channel_id)
{
	char *winner = stasis_app_broadcast_winner(channel_id);

	answer_json(reply,
		ast_json_pack("{s: i, s: s, s: s}", "status", 409, "winner_app",
			winner && ast_json_utf8_check(winner) ? winner : "", "message", "another one has the call"));
	ast_free(winner);
}

void answer_result(const char *reply, int result, const char *channel_id, int is_decline)
{
	switch (result) {
	case STASIS_BROADCAST_NOTED:
		break;
	case STASIS_BROADCAST_OK:
		if (is_decline) {
			answer_json(reply, ast_json_pack("{s: i}", "status", 204));
		} else {
			answer_won(reply);
		}
		break;
	case STASIS_BROADCAST_UNKNOWN:
		answer_status(reply, 404, "there is no such call, or that offer of it is over");
		break;
	case STASIS_BROADCAST_TAKEN:
		answer_taken(reply, channel_id);
		break;
	case STASIS_BROADCAST_BUSY:
		answer_status(reply, 409, "too many claims wait for the award of this call: bid for it");
		break;
	case STASIS_BROADCAST_FORBIDDEN:
		answer_status(reply, 403, "the application is not there, or is not to have this call");
		break;
	default:
		answer_status(reply, 503,
			"the node cannot answer now: too many bids wait for an award (of the application, for the call or in all), or "
			"res_stasis_broadcast is not loaded");
		break;
	}
}
