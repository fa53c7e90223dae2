/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The next call in line, and the list of calls, for who asks on the bus.
 */

#include "asterisk.h"

#include "asterisk/astobj2.h"
#include "asterisk/channel.h"
#include "asterisk/json.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "answers.h"
#include "awards.h"
#include "config.h"
#include "counters.h"
#include "nonce.h"
#include "pause_point.h"
#include "requests.h"
#include "res_stasis_broadcast/internal_api.h"
#include "res_stasis_broadcast/source_api.h"
#include "take.h"
#include "workers.h"

/*! \brief The ID of the channel of a broadcast as it is described; NULL without memory. */
static const char *channel_id_of(struct ast_json *broadcast)
{
	return ast_json_string_get(ast_json_object_get(broadcast, "channel_id"));
}

/*! \brief A request, and what its last claim was. */
struct take {
	const char *worker;
	const char *reply;
	/*! Of the call that it has got. */
	char channel_id[AST_MAX_UNIQUEID];
	unsigned long serial;
};

/*! \brief Claim one for a worker. As stasis_broadcast_take_by() asks for. */
static int claim(struct stasis_broadcast_ask *ask, void *data)
{
	struct take *take = data;

	ask->worker = take->worker;
	ast_copy_string(take->channel_id, ask->channel_id, sizeof(take->channel_id));
	take->serial = ask->serial;
	return awards_ask(ask, take->reply);
}

static void take_next(const char *reply, const char *app, const char *worker)
{
	struct take take = { .worker = worker, .reply = reply };
	const int result = stasis_broadcast_take_by(app, claim, &take);

	if (result == STASIS_BROADCAST_OK) {
		answer_next(reply, take.channel_id, take.serial);
	} else if (result == STASIS_BROADCAST_UNKNOWN) {
		answer_status(reply, 404, "there is no call that the application may have");
	} else {
		answer_result(reply, result, "", 0);
	}
}

void take_goes_on(const struct stasis_broadcast_ask *what, int has_it, const char *reply)
{
	if (has_it) {
		answer_next(reply, what->channel_id, what->serial);
	} else {
		pause_point("take_goes_on");
		take_next(reply, what->app, what->worker);
	}
}

void on_take(const struct bus_message *message)
{
	struct request request;
	const char *wrong;

	count(COUNTER_TAKES);
	if (!request_has_reply(message)) {
		return;
	}
	wrong = request_read(message, REQUEST_WORKER, &request);
	if (wrong) {
		answer_status(message->reply, 400, wrong);
	} else if (!awards_answer_to(request.app, request.worker, message->reply)) {
		take_next(message->reply, request.app, request.worker);
	}
}

/*! \brief Put into each broadcast what names its offer. */
static void add_offers(struct ast_json *list)
{
	char nonce[NONCE_SIZE];

	for (size_t i = 0; i < ast_json_array_size(list); i++) {
		struct ast_json *broadcast = ast_json_array_get(list, i);
		const char *channel_id = channel_id_of(broadcast);
		unsigned long serial = channel_id ? stasis_broadcast_serial_of(channel_id) : 0;

		if (serial) {
			ast_json_object_set(broadcast, "offer", ast_json_string_create(nonce_write(serial, nonce)));
		}
	}
}

/*! \brief Answer with a list, if that is not too long. \param list Taken. \retval 0 if so, else -1. */
static int answer_calls(const char *reply, const struct config *config, struct ast_json *list)
{
	return answer_json_within(reply,
		ast_json_pack("{s: s, s: s, s: o}", "node", config->node, "ari", config->ari, "broadcasts", list),
		answer_max_length());
}

/*! \brief List as many calls as fit a message: the recipients of one alone can be too many. \retval 0 on success, else -1. */
static int answer_list(const char *reply, const struct config *config, const char *app, size_t limit)
{
	struct ast_json *list;
	size_t count;
	int is_too_long;

	do {
		if (stasis_broadcast_describe_all(app, limit, &list)) {
			return -1;
		}
		add_offers(list);
		count = ast_json_array_size(list);
		is_too_long = answer_calls(reply, config, ast_json_ref(list));
		if (is_too_long && count == 1) {
			answer_leave_out_names(ast_json_array_get(list, 0));
			is_too_long = answer_calls(reply, config, ast_json_ref(list));
		}
		ast_json_unref(list);
		limit = count / 2;
	} while (is_too_long);
	return 0;
}

static void list_calls(const char *reply, const struct request *request)
{
	struct config *config = config_get();

	if (!workers_has(request->app)) {
		answer_result(reply, STASIS_BROADCAST_FORBIDDEN, "", 0);
	} else if (!config || answer_list(reply, config, request->app, (size_t) request->limit)) {
		answer_status(reply, 503, "out of memory, or res_stasis_broadcast is not loaded");
	}
	ao2_cleanup(config);
}

void on_list(const struct bus_message *message)
{
	struct request request;
	const char *wrong;

	count(COUNTER_LISTS);
	if (!request_has_reply(message)) {
		return;
	}
	wrong = request_read(message, 0, &request);
	if (wrong) {
		answer_status(message->reply, 400, wrong);
	} else {
		list_calls(message->reply, &request);
	}
}
