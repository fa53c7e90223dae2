/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is to be read in a message that came from the bus.
 */

#include "asterisk.h"

#include <limits.h>

#include "asterisk/astobj2.h"
#include "asterisk/json.h"
#include "asterisk/strings.h"

#include "config.h"
#include "counters.h"
#include "namesake.h"
#include "nonce.h"
#include "requests.h"
#include "res_stasis_broadcast/internal_api.h"

/*! The longest message that is read, in bytes. */
#define MAX_LENGTH 4096

/*! \brief Copy a text that has to be there. \retval 0 on success, -1 if it is not, or is empty or too long. */
static int read_text(struct ast_json *body, const char *name, char *place, size_t size)
{
	struct ast_json *value = ast_json_object_get(body, name);
	const char *text = value && ast_json_typeof(value) == AST_JSON_STRING ? ast_json_string_get(value) : NULL;

	if (ast_strlen_zero(text) || strlen(text) >= size) {
		return -1;
	}
	memcpy(place, text, strlen(text) + 1);
	return 0;
}

/*! \brief Copy a number that has to be there. \retval 0 on success, -1 if it is not, or out of its limits. */
static int read_number(struct ast_json *body, const char *name, long long most, long long *number)
{
	struct ast_json *value = ast_json_object_get(body, name);

	if (!value || ast_json_typeof(value) != AST_JSON_INTEGER) {
		return -1;
	}
	*number = ast_json_integer_get(value);
	return *number < 0 || *number > most ? -1 : 0;
}

/*! \brief Read which broadcast is meant. \retval 0 on success, -1 if it cannot be read. */
static int read_offer(struct ast_json *body, struct request *request)
{
	struct ast_json *value = ast_json_object_get(body, "offer");

	if (!value) {
		return 0;
	}
	if (ast_json_typeof(value) != AST_JSON_STRING) {
		return -1;
	}
	request->is_over = nonce_read(ast_json_string_get(value), &request->serial);
	request->is_others = request->is_over && namesake_has_made(ast_json_string_get(value));
	return 0;
}

/*! \brief Read what a message has to have. \return What is wrong; NULL: nothing. */
static const char *read_parts(struct ast_json *body, unsigned int parts, struct request *request)
{
	long long score = 0;
	long long limit = 100;

	if ((parts & REQUEST_WORKER) && read_text(body, "worker", request->worker, sizeof(request->worker))) {
		return "worker is not a text of 1 to 128 bytes";
	}
	if ((parts & REQUEST_CHANNEL) &&
		read_text(body, "channel_id", request->channel_id, sizeof(request->channel_id))) {
		return "channel_id is not the ID of a channel";
	}
	if ((parts & REQUEST_CHANNEL) && read_offer(body, request)) {
		return "offer is not a text";
	}
	if ((parts & REQUEST_SCORE) && read_number(body, "score", STASIS_BROADCAST_MAX_SCORE, &score)) {
		return "score is not a number from 0 to 1000";
	}
	if ((parts & REQUEST_TTL) && read_number(body, "ttl_ms", LLONG_MAX, &request->ttl_ms)) {
		return "ttl_ms is not a number from 0 on";
	}
	if (ast_json_object_get(body, "limit") && read_number(body, "limit", 500, &limit)) {
		return "limit is not a number from 0 to 500";
	}
	request->score = (int) score;
	request->limit = (long) limit;
	return NULL;
}

/*! \brief Read the body. \return What is wrong; NULL: nothing. */
static const char *read_body(const struct bus_message *message, unsigned int parts, struct request *request)
{
	const char *wrong;
	struct ast_json *body;

	if (message->length > MAX_LENGTH) {
		return "the body is longer than 4096 bytes";
	}
	body =
		message->length ? ast_json_load_buf(message->data, message->length, NULL) : ast_json_object_create();
	wrong = body && ast_json_typeof(body) == AST_JSON_OBJECT ? read_parts(body, parts, request)
															 : "the body is not a JSON object";
	ast_json_unref(body);
	return wrong;
}

int request_has_reply(const struct bus_message *message)
{
	struct config *config = config_get();
	const size_t length = config ? strlen(config->prefix) : 0;
	/* Who may only ask cannot have us speak for the fleet, nor to NATS itself: $JS and $SYS are its own. */
	const int is_fit = !ast_strlen_zero(message->reply) && *message->reply != '$' &&
		(strncmp(message->reply, config ? config->prefix : "", length) || message->reply[length] != '.');

	ao2_cleanup(config);
	if (!is_fit) {
		count(COUNTER_GARBAGE);
	}
	return is_fit;
}

const char *request_read(const struct bus_message *message, unsigned int parts, struct request *request)
{
	const char *token = strrchr(message->subject, '.') + 1;
	const char *wrong;

	memset(request, 0, sizeof(*request));
	if (token_read(token, strlen(token), request->app) || !ast_json_utf8_check(request->app)) {
		wrong =
			"the last word of the subject is no name of an application, or is not written as it has to be";
	} else {
		wrong = read_body(message, parts, request);
	}
	if (wrong) {
		count(COUNTER_GARBAGE);
	}
	return wrong;
}
