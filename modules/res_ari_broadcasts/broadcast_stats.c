/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The REST resource /ari/broadcastStats: what the command "broadcast show stats" shows, as JSON.
 *
 * ARI has checked the log-in before it calls the handler here.
 */

#include "asterisk.h"

#include "asterisk/ari.h"
#include "asterisk/config.h"
#include "asterisk/json.h"
#include "asterisk/optional_api.h"
#include "asterisk/time.h"
#include "asterisk/utils.h"

#include "res_stasis_broadcast/stats_api.h"

#include "broadcast_stats.h"
#include "printable.h"
#include "request.h"
#include "respond.h"

/*! How many applications and how many queues are told of if the client does not say. */
#define STATS_LIMIT 1000

/*! As many as a client can ask for. */
#define STATS_MAX_LIMIT 10000

/*! \brief A list that has a length at the most. */
struct listing {
	struct ast_json *array;
	size_t limit;
	int failed;
};

/*! \brief A name, which can be any text; what JSON cannot carry is written as \c \\xNN. */
static struct ast_json *name_json(const char *name)
{
	char shown[4 * PARAM_MAX_LENGTH + 8];

	return ast_json_string_create(ast_json_utf8_check(name) ? name : printable(name, shown, sizeof(shown)));
}

/*! \brief Milliseconds, null if there are none. */
static struct ast_json *ms_json(double ms)
{
	return ms < 0 ? ast_json_null() : ast_json_real_create(ms);
}

/*! \brief A moment in seconds since 1970, null for none. */
static struct ast_json *moment_json(int64_t seconds)
{
	const struct timeval when = { .tv_sec = seconds };

	return seconds ? ast_json_timeval(when, NULL) : ast_json_null();
}

/*! \brief Numbers by their words. */
static struct ast_json *counts_json(const char *const *words, const uint64_t *counts, size_t count)
{
	struct ast_json *json = ast_json_object_create();

	for (size_t i = 0; json && i < count; i++) {
		ast_json_object_set(json, words[i], ast_json_integer_create((intmax_t) counts[i]));
	}
	return json;
}

static struct ast_json *outcomes_json(const struct stasis_broadcast_totals *totals)
{
	static const char *const words[STASIS_BROADCAST_ENDED_KINDS] = { "claimed", "timeout", "noapps",
		"declined", "hangup", "withdrawn", "replaced", "invalidfilter", "congestion", "error" };

	return counts_json(words, totals->outcomes, ARRAY_LEN(words));
}

static struct ast_json *answers_json(const uint64_t answers[STASIS_BROADCAST_ANSWER_KINDS])
{
	static const char *const words[STASIS_BROADCAST_ANSWER_KINDS] = { "ok", "taken", "closed", "forbidden",
		"unknown" };

	return counts_json(words, answers, ARRAY_LEN(words));
}

static struct ast_json *events_json(const struct stasis_broadcast_totals *totals)
{
	static const char *const words[STASIS_BROADCAST_EVENT_KINDS] = { "CallBroadcast", "CallClaimed",
		"CallWithdrawn" };
	static const char *const results[] = { "sent", "failed", "stale", "overflowed" };
	struct ast_json *json = ast_json_object_create();

	for (size_t i = 0; json && i < ARRAY_LEN(words); i++) {
		const struct stasis_broadcast_event_stats *events = &totals->events[i];
		const uint64_t counts[] = { events->sent, events->failed, events->stale, events->overflowed };

		ast_json_object_set(json, words[i], counts_json(results, counts, ARRAY_LEN(counts)));
	}
	return json;
}

/*! \brief Offers by the circle in which they ended, the first one first. */
static struct ast_json *rounds_json(const struct stasis_broadcast_totals *totals)
{
	struct ast_json *json = ast_json_array_create();

	for (size_t i = 0; json && i < ARRAY_LEN(totals->rounds); i++) {
		ast_json_array_append(json, ast_json_integer_create((intmax_t) totals->rounds[i]));
	}
	return json;
}

/*! \brief All that is counted in one number each; NULL without memory. */
static struct ast_json *totals_json(const struct stasis_broadcast_totals *totals)
{
	return ast_json_pack("{s: o, s: I, s: o, s: o, s: o, s: o, s: I, s: I, s: I, s: o, s: I, s: I, s: o,"
						 " s: {s: o, s: o, s: o}, s: {s: I, s: I, s: I, s: I, s: I, s: I, s: I}}",
		"since", moment_json(totals->since), "opened", (intmax_t) totals->opened, "outcomes",
		outcomes_json(totals), "claims", answers_json(totals->claims), "declines",
		answers_json(totals->declines), "bids", answers_json(totals->bids), "awards",
		(intmax_t) totals->awards, "award_scores", (intmax_t) totals->award_scores, "widenings",
		(intmax_t) totals->widenings, "rounds", rounds_json(totals), "lost_winners",
		(intmax_t) totals->lost_winners, "reoffers", (intmax_t) totals->reoffers, "events",
		events_json(totals), "claim_ms", "p50", ms_json(totals->claim_p50_ms), "p90",
		ms_json(totals->claim_p90_ms), "p99", ms_json(totals->claim_p99_ms), "now", "open",
		(intmax_t) totals->open, "longest_wait_ms", (intmax_t) totals->oldest_open_ms, "queued_events",
		(intmax_t) totals->queued_events, "threads", (intmax_t) totals->threads, "silent",
		(intmax_t) totals->silent_apps, "stalled", (intmax_t) totals->stalled_apps, "applications",
		(intmax_t) totals->apps);
}

/*! \brief Add to a list that is not full. The object's reference is taken. */
static void append(struct listing *listing, struct ast_json *object)
{
	listing->failed |= !object || ast_json_array_append(listing->array, object);
}

static void add_app(const struct stasis_broadcast_app_stats *app, void *data)
{
	struct listing *listing = data;

	if (ast_json_array_size(listing->array) >= listing->limit) {
		return;
	}
	append(listing,
		ast_json_pack(
			"{s: o, s: I, s: I, s: I, s: I, s: I, s: I, s: I, s: I, s: I, s: b, s: b, s: o, s: o, s: i, s: I}",
			"name", name_json(app->name), "offers", (intmax_t) app->offers, "won", (intmax_t) app->won,
			"too_late", (intmax_t) app->too_late, "declined", (intmax_t) app->declined, "bids",
			(intmax_t) app->bids, "awarded", (intmax_t) app->awarded, "lost", (intmax_t) app->lost, "dropped",
			(intmax_t) app->dropped, "silent_in_row", (intmax_t) app->silent_in_row, "is_silent",
			app->is_silent, "is_stalled", app->is_stalled, "last_heard", moment_json(app->last_heard),
			"median_answer_ms", ms_json(app->median_answer_ms), "connections", app->connections, "queued",
			(intmax_t) app->queued));
}

static void add_queue(const struct stasis_broadcast_queue_stats *queue, void *data)
{
	struct listing *listing = data;

	if (ast_json_array_size(listing->array) >= listing->limit) {
		return;
	}
	append(listing,
		ast_json_pack("{s: o, s: I, s: I, s: I, s: I, s: I, s: I, s: I}", "name", name_json(queue->name),
			"offered", (intmax_t) queue->offered, "claimed", (intmax_t) queue->claimed, "abandoned",
			(intmax_t) queue->abandoned, "timed_out", (intmax_t) queue->timed_out, "within_service_level",
			(intmax_t) queue->within_service_level, "open", (intmax_t) queue->open, "longest_wait_ms",
			(intmax_t) queue->longest_wait_ms));
}

/*!
 * \brief All of it.
 *
 * \param limit So many applications, and so many queues, at the most.
 * \param[out] json A JSON object, on 0.
 *
 * \retval 0 on success, -1 without memory, AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded.
 */
static int describe(size_t limit, struct ast_json **json)
{
	struct listing apps = { .array = ast_json_array_create(), .limit = limit };
	struct listing queues = { .array = ast_json_array_create(), .limit = limit };
	struct stasis_broadcast_totals totals;
	int res = stasis_broadcast_get_totals(&totals);

	*json = NULL;
	if (!res && apps.array && queues.array) {
		res = stasis_broadcast_each_app(add_app, &apps);
		res = res ? res : stasis_broadcast_each_queue(add_queue, &queues);
		*json = res || apps.failed || queues.failed ? NULL : totals_json(&totals);
	}
	if (*json) {
		ast_json_object_set(*json, "applications", ast_json_ref(apps.array));
		ast_json_object_set(*json, "queues", ast_json_ref(queues.array));
	}
	ast_json_unref(apps.array);
	ast_json_unref(queues.array);
	return *json ? 0 : res ? res : -1;
}

static void get(struct ast_tcptls_session_instance *ser attribute_unused, struct ast_variable *get_params,
	struct ast_variable *path_vars attribute_unused, struct ast_variable *headers attribute_unused,
	struct ast_json *body, struct ast_ari_response *response)
{
	struct param limit = { .name = "limit", .is_number = 1 };
	struct ast_json *json = NULL;
	long most = STATS_LIMIT;

	request_begin();
	request_find(&limit, get_params, body);
	if (!limit.times || !request_check_number(&limit, 1, STATS_MAX_LIMIT, &most, response)) {
		int res = describe((size_t) most, &json);

		respond_json(response, res, json);
	}
	request_end();
}

static struct stasis_rest_handlers handlers = {
	.path_segment = "broadcastStats",
	.callbacks = { [AST_HTTP_GET] = get },
	.num_children = 0,
};

int broadcast_stats_add(void)
{
	return ast_ari_add_handler(&handlers);
}

void broadcast_stats_remove(void)
{
	ast_ari_remove_handler(&handlers);
}
