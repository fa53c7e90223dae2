/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The ARI resource /ari/broadcasts: which calls are on offer, claim one, decline one.
 *
 * ARI has checked the log-in and who may write before it calls a handler here.
 */

#include "asterisk.h"

#include "asterisk/ari.h"
#include "asterisk/config.h"
#include "asterisk/json.h"
#include "asterisk/module.h"

#include "res_stasis_broadcast/internal_api.h"
#include "res_stasis_broadcast/stats_api.h"

#include "broadcasts.h"
#include "bid.h"
#include "claim_path.h"
#include "request.h"
#include "respond.h"
#include "take.h"

/*! How many broadcasts a list has if the client does not say. */
#define LIST_LIMIT 1000

/*! As many as a client can ask for: an answer of some megabytes. */
#define LIST_MAX_LIMIT 10000

static void list(struct ast_tcptls_session_instance *ser attribute_unused, struct ast_variable *get_params,
	struct ast_variable *path_vars attribute_unused, struct ast_variable *headers attribute_unused,
	struct ast_json *body, struct ast_ari_response *response)
{
	struct param application = { .name = "application" };
	struct param limit = { .name = "limit", .is_number = 1 };
	struct ast_json *json = NULL;
	long most = LIST_LIMIT;

	request_begin();
	request_find(&application, get_params, body);
	request_find(&limit, get_params, body);
	if ((!application.times || !request_check(&application, response)) &&
		(!limit.times || !request_check_number(&limit, 1, LIST_MAX_LIMIT, &most, response))) {
		int res = stasis_broadcast_describe_all(application.value, (size_t) most, &json);

		respond_json(response, res, json);
	}
	request_end();
}

static void get(struct ast_tcptls_session_instance *ser attribute_unused,
	struct ast_variable *get_params attribute_unused, struct ast_variable *path_vars,
	struct ast_variable *headers attribute_unused, struct ast_json *body attribute_unused,
	struct ast_ari_response *response)
{
	struct ast_json *json = NULL;
	int res;

	request_begin();
	res = stasis_broadcast_describe(request_channel_id(path_vars), &json);
	if (res) {
		respond_no(response, res);
	} else {
		ast_ari_response_ok(response, json);
	}
	request_end();
}

/*! \brief What claim and decline share: read the application, ask, and answer. */
static void ask(struct ast_variable *get_params, struct ast_variable *path_vars, struct ast_json *body,
	struct ast_ari_response *response, int (*question)(const char *channel_id, const char *app_name))
{
	struct param application = { .name = "application" };
	int answer;

	request_begin();
	if (!request_require(&application, get_params, body, response)) {
		answer = question(request_channel_id(path_vars), application.value);
		if (answer) {
			respond_no(response, answer);
		} else {
			ast_ari_response_no_content(response);
		}
	}
	request_end();
}

static void claim(struct ast_tcptls_session_instance *ser attribute_unused, struct ast_variable *get_params,
	struct ast_variable *path_vars, struct ast_variable *headers attribute_unused, struct ast_json *body,
	struct ast_ari_response *response)
{
	if (claim_path_is_current()) {
		claim_path_claim(get_params, body, response);
		return;
	}
	ask(get_params, path_vars, body, response, stasis_broadcast_claim);
}

static void decline(struct ast_tcptls_session_instance *ser attribute_unused, struct ast_variable *get_params,
	struct ast_variable *path_vars, struct ast_variable *headers attribute_unused, struct ast_json *body,
	struct ast_ari_response *response)
{
	ask(get_params, path_vars, body, response, stasis_broadcast_decline);
}

static void withdraw(struct ast_tcptls_session_instance *ser attribute_unused,
	struct ast_variable *get_params attribute_unused, struct ast_variable *path_vars,
	struct ast_variable *headers attribute_unused, struct ast_json *body attribute_unused,
	struct ast_ari_response *response)
{
	int answer;

	request_begin();
	answer = stasis_broadcast_withdraw(request_channel_id(path_vars));
	if (answer) {
		respond_no(response, answer);
	} else {
		ast_ari_response_no_content(response);
	}
	request_end();
}

static struct stasis_rest_handlers claim_handlers = {
	.path_segment = "claim",
	.callbacks = { [AST_HTTP_POST] = claim },
	.num_children = 0,
};

static struct stasis_rest_handlers decline_handlers = {
	.path_segment = "decline",
	.callbacks = { [AST_HTTP_POST] = decline },
	.num_children = 0,
};

static struct stasis_rest_handlers bid_handlers = {
	.path_segment = "bid",
	.callbacks = { [AST_HTTP_POST] = bid_request },
	.num_children = 0,
};

static struct stasis_rest_handlers channel_handlers = {
	.path_segment = "channelId",
	.is_wildcard = 1,
	.callbacks = { [AST_HTTP_GET] = get, [AST_HTTP_DELETE] = withdraw },
	.num_children = 3,
	.children = { &claim_handlers, &decline_handlers, &bid_handlers },
};

static struct stasis_rest_handlers broadcasts_handlers = {
	.path_segment = "broadcasts",
	.callbacks = { [AST_HTTP_GET] = list, [AST_HTTP_POST] = take_request },
	.num_children = 1,
	.children = { &channel_handlers },
};

int broadcasts_add(void)
{
	return ast_ari_add_handler(&broadcasts_handlers);
}

void broadcasts_remove(void)
{
	ast_ari_remove_handler(&broadcasts_handlers);
}
