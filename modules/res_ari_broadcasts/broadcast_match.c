/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The REST resource /ari/broadcastMatch: what the command "broadcast match" shows, as JSON.
 *
 * ARI has checked the log-in before it calls the handler here.
 */

#include "asterisk.h"

#include "asterisk/ari.h"
#include "asterisk/config.h"
#include "asterisk/json.h"
#include "asterisk/optional_api.h"

#include "res_stasis_broadcast/match_api.h"

#include "broadcast_match.h"
#include "printable.h"
#include "request.h"
#include "respond.h"

/*! How many names are told if the client does not say. */
#define MATCH_LIMIT 1000

/*! As many as a client can ask for. */
#define MATCH_MAX_LIMIT 10000

/*! \brief The names that are told. */
struct listing {
	struct ast_json *array;
	size_t limit;
	int failed;
};

/*! \brief Add a name, unless the list is full. What JSON cannot carry is written as \c \\xNN. */
static void add_name(const char *name, void *data)
{
	struct listing *listing = data;
	char shown[4 * PARAM_MAX_LENGTH + 8];
	struct ast_json *json;

	if (ast_json_array_size(listing->array) >= listing->limit) {
		return;
	}
	json = ast_json_string_create(ast_json_utf8_check(name) ? name : printable(name, shown, sizeof(shown)));
	listing->failed |= !json || ast_json_array_append(listing->array, json);
}

/*! \brief Answer with what is selected; NULL without memory. */
static struct ast_json *match_json(const struct stasis_broadcast_match *match, struct listing *listing)
{
	if (listing->failed) {
		return NULL;
	}
	return ast_json_pack("{s: I, s: I, s: b, s: O}", "matched", (intmax_t) match->matched, "there",
		(intmax_t) match->there, "is_complete", match->is_complete, "applications", listing->array);
}

static void respond(const char *filter, size_t limit, struct ast_ari_response *response)
{
	struct listing listing = { .array = ast_json_array_create(), .limit = limit };
	struct stasis_broadcast_match match = { .matched = 0 };
	struct ast_json *json = NULL;
	int res = listing.array ? stasis_broadcast_get_match(filter, add_name, &listing, &match) : -1;

	if (!res) {
		json = match_json(&match, &listing);
		res = json ? 0 : -1;
	}
	ast_json_unref(listing.array);
	if (res == STASIS_BROADCAST_MATCH_UNUSABLE) {
		ast_ari_response_error(
			response, 400, "Bad Request", "Parameter filter cannot be used: %s", match.reason);
	} else {
		respond_json(response, res, json);
	}
}

static void get(struct ast_tcptls_session_instance *ser attribute_unused, struct ast_variable *get_params,
	struct ast_variable *path_vars attribute_unused, struct ast_variable *headers attribute_unused,
	struct ast_json *body, struct ast_ari_response *response)
{
	struct param filter = { .name = "filter" };
	struct param limit = { .name = "limit", .is_number = 1 };
	long most = MATCH_LIMIT;

	request_begin();
	request_find(&filter, get_params, body);
	request_find(&limit, get_params, body);
	if ((!filter.times || !request_check(&filter, response)) &&
		(!limit.times || !request_check_number(&limit, 1, MATCH_MAX_LIMIT, &most, response))) {
		respond(filter.value, (size_t) most, response);
	}
	request_end();
}

static struct stasis_rest_handlers handlers = {
	.path_segment = "broadcastMatch",
	.callbacks = { [AST_HTTP_GET] = get },
	.num_children = 0,
};

int broadcast_match_add(void)
{
	return ast_ari_add_handler(&handlers);
}

void broadcast_match_remove(void)
{
	ast_ari_remove_handler(&handlers);
}
