/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Counting claims, declines and bids, by what they were answered.
 */

#include "stats_store.h"

#include "observers.h"

/*! \brief How an answer is counted. */
static enum stasis_broadcast_answer_kind answer_kind(enum broadcast_result result)
{
	switch (result) {
	case BROADCAST_OK:
		return STASIS_BROADCAST_ANSWER_OK;
	case BROADCAST_TAKEN:
	/* The claimant hears the same of both. */
	case BROADCAST_BUSY:
		return STASIS_BROADCAST_ANSWER_TAKEN;
	case BROADCAST_CLOSED:
		return STASIS_BROADCAST_ANSWER_CLOSED;
	case BROADCAST_FORBIDDEN:
		break;
	}
	return STASIS_BROADCAST_ANSWER_FORBIDDEN;
}

/*! \brief What a request is counted as. */
static enum broadcast_request request_kind(
	const struct broadcast *broadcast, const struct broadcast_answer *answer)
{
	switch (answer->request) {
	case BROADCAST_REQUEST_BID:
		/* Where there is no window, a bid is a claim. */
		return broadcast_bid_window_ms(broadcast) ? BROADCAST_REQUEST_BID : BROADCAST_REQUEST_CLAIM;
	case BROADCAST_REQUEST_TAKE:
		/* One that has got the call is a claim. One that has not was for no call in particular. */
		return answer->result == BROADCAST_OK ? BROADCAST_REQUEST_CLAIM : BROADCAST_REQUEST_TAKE;
	default:
		return answer->request;
	}
}

/*! \brief Count an answer for all applications together. With the lock. */
static void count_answer(enum broadcast_request request, enum stasis_broadcast_answer_kind kind)
{
	stats.totals.claims[kind] += request == BROADCAST_REQUEST_CLAIM;
	stats.totals.declines[kind] += request == BROADCAST_REQUEST_DECLINE;
	stats.totals.bids[kind] += request == BROADCAST_REQUEST_BID;
}

/*! \brief Count an answer for its application. With the lock. */
static void count_for_app(
	struct stats_app *app, enum broadcast_request request, enum stasis_broadcast_answer_kind kind)
{
	const int is_ok = kind == STASIS_BROADCAST_ANSWER_OK;

	switch (request) {
	case BROADCAST_REQUEST_CLAIM:
		app->too_late += !is_ok;
		return;
	case BROADCAST_REQUEST_BID:
		app->too_late += !is_ok;
		app->bids += is_ok;
		return;
	case BROADCAST_REQUEST_DECLINE:
		app->declined += is_ok;
		return;
	case BROADCAST_REQUEST_TAKE:
		return;
	}
}

void stats_answered(struct broadcast *broadcast, const struct broadcast_answer *answer)
{
	const enum stasis_broadcast_answer_kind kind = answer_kind(answer->result);
	const enum broadcast_request request = request_kind(broadcast, answer);
	struct silence_changes changes = AST_LIST_HEAD_NOLOCK_INIT_VALUE;
	/* Before the lock, which all claims of all calls take. */
	const uint64_t hash = answer->app ? table_hash(answer->app) : 0;
	const int64_t now_ns = broadcast_clock_ns();
	struct stats_app *app;

	ast_mutex_lock(&stats.lock);
	count_answer(request, kind);
	/* Any text can be in a request: only who was offered calls is counted. */
	app = answer->app ? stats_lru_find_hashed(&stats.apps, answer->app, hash) : NULL;
	if (app && kind != STASIS_BROADCAST_ANSWER_FORBIDDEN && answer->result != BROADCAST_BUSY) {
		count_for_app(app, request, kind);
		if (answer->request != BROADCAST_REQUEST_TAKE) {
			stats_times_add(&app->answers, now_ns - broadcast_opened_ns(broadcast));
		}
	}
	if (app) {
		silence_answered(app, now_ns, &changes);
	}
	ast_mutex_unlock(&stats.lock);
	silence_tell(&changes);
}
