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

#include "asterisk/utils.h"
#include "observers.h"

/*! \brief How an answer is counted. */
static enum stasis_broadcast_answer_kind answer_kind(enum broadcast_result result)
{
	switch (result) {
	case BROADCAST_OK:
		return STASIS_BROADCAST_ANSWER_OK;
	case BROADCAST_TAKEN:
	/* The claimant hears 409 of all three. */
	case BROADCAST_BUSY:
	case BROADCAST_TAKEN_BACK:
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

/*! \brief Count an answer for all applications together. With the lock of the stripe. */
static void count_answer(
	struct stats_stripe *stripe, enum broadcast_request request, enum stasis_broadcast_answer_kind kind)
{
	stripe->claims[kind] += request == BROADCAST_REQUEST_CLAIM;
	stripe->declines[kind] += request == BROADCAST_REQUEST_DECLINE;
	stripe->bids[kind] += request == BROADCAST_REQUEST_BID;
}

/*! \brief Count an answer for its application. With the lock of the stripe. */
static void count_for_app(
	struct stats_answers *answers, enum broadcast_request request, enum stasis_broadcast_answer_kind kind)
{
	const int is_ok = kind == STASIS_BROADCAST_ANSWER_OK;

	switch (request) {
	case BROADCAST_REQUEST_CLAIM:
		answers->too_late += !is_ok;
		return;
	case BROADCAST_REQUEST_BID:
		answers->too_late += !is_ok;
		answers->bids += is_ok;
		return;
	case BROADCAST_REQUEST_DECLINE:
		answers->declined += is_ok;
		return;
	case BROADCAST_REQUEST_TAKE:
		return;
	}
}

/*! \brief Where a stripe counts for an application; NULL without memory. With the lock of the stripe. */
static struct stats_answers *answers_of(struct stats_app *app, unsigned int stripe)
{
	struct stats_answers *answers = atomic_load_explicit(&app->answers[stripe], memory_order_relaxed);

	if (!answers) {
		answers = ast_calloc(1, sizeof(*answers));
		/* In one order with the row, as heard_ns is: a place that is not seen yet is an answer that is not. */
		atomic_store(&app->answers[stripe], answers);
	}
	return answers;
}

/*! \brief An answer, as it is counted. */
struct counted {
	enum broadcast_request request;
	enum stasis_broadcast_answer_kind kind;
	/*! Whether its application is counted, and not only heard of. */
	int is_for_app;
	/*! When it was, and how long after the offer; the latter is -1 if that is not of interest. */
	int64_t now_ns;
	int64_t took_ns;
};

/*! \brief Count an answer for its application, and note that it was heard of. With the lock of the stripe. */
static void count_in_app(struct stats_app *app, unsigned int stripe, const struct counted *counted)
{
	struct stats_answers *answers = answers_of(app, stripe);

	if (!answers) {
		return;
	}
	if (counted->is_for_app) {
		count_for_app(answers, counted->request, counted->kind);
		if (counted->took_ns >= 0) {
			stats_times_add(&answers->times, counted->took_ns);
		}
	}
	answers->heard_at = time(NULL);
	/* Another thread that read the clock later may have had the lock before. */
	atomic_store(&answers->heard_ns, MAX(atomic_load(&answers->heard_ns), counted->now_ns));
}

/*! \brief End the row of an application that has answered. Takes the lock. */
static void end_row(const char *name, uint64_t hash)
{
	struct silence_changes changes = AST_LIST_HEAD_NOLOCK_INIT_VALUE;
	struct stats_app *app;

	ast_mutex_lock(&stats.lock);
	app = stats_lru_find_hashed(&stats.apps, name, hash);
	if (app) {
		silence_answered(app, &changes);
	}
	ast_mutex_unlock(&stats.lock);
	silence_tell(&changes);
}

void stats_answered(struct broadcast *broadcast, const struct broadcast_answer *answer)
{
	const int64_t now_ns = broadcast_clock_ns();
	const struct counted counted = {
		.request = request_kind(broadcast, answer),
		.kind = answer_kind(answer->result),
		.is_for_app = answer->result != BROADCAST_FORBIDDEN && answer->result != BROADCAST_BUSY,
		.now_ns = now_ns,
		.took_ns = answer->request == BROADCAST_REQUEST_TAKE ? -1 : now_ns - broadcast_opened_ns(broadcast),
	};
	const uint64_t hash = answer->app ? table_hash(answer->app) : 0;
	const unsigned int here = stripe_here();
	struct stats_stripe *stripe = &stats.stripes[here];
	struct stats_app *app;
	int has_row = 0;

	ast_mutex_lock(&stripe->lock);
	count_answer(stripe, counted.request, counted.kind);
	/* Any text can be in a request: only who was offered calls is counted. */
	app = answer->app ? stats_lru_find_hashed(&stats.apps, answer->app, hash) : NULL;
	if (app) {
		count_in_app(app, here, &counted);
		/* First heard of, then asked: who adds to the row does it in the opposite order (silence_unanswered()). */
		has_row = atomic_load(&app->silent_in_row) != 0;
	}
	ast_mutex_unlock(&stripe->lock);
	if (has_row) {
		end_row(answer->app, hash);
	}
}

void stats_count_unknown(int is_claim)
{
	struct stats_stripe *stripe = &stats.stripes[stripe_here()];

	ast_mutex_lock(&stripe->lock);
	(is_claim ? stripe->claims : stripe->declines)[STASIS_BROADCAST_ANSWER_UNKNOWN]++;
	ast_mutex_unlock(&stripe->lock);
}

void stats_sum_answers(const struct stats_app *app, struct stats_answers *sum)
{
	*sum = (struct stats_answers){ .too_late = 0 };
	for (size_t i = 0; i < STRIPES; i++) {
		const struct stats_answers *answers = app->answers[i];

		if (answers) {
			sum->too_late += answers->too_late;
			sum->declined += answers->declined;
			sum->bids += answers->bids;
			sum->heard_at = MAX(sum->heard_at, answers->heard_at);
			stats_times_add_all(&sum->times, &answers->times);
		}
	}
}

void stats_sum_stripes(struct stasis_broadcast_totals *totals)
{
	for (size_t i = 0; i < STRIPES; i++) {
		for (size_t kind = 0; kind < STASIS_BROADCAST_ANSWER_KINDS; kind++) {
			totals->claims[kind] += stats.stripes[i].claims[kind];
			totals->declines[kind] += stats.stripes[i].declines[kind];
			totals->bids[kind] += stats.stripes[i].bids[kind];
		}
	}
}

void stats_reset_answers(struct stats_app *app)
{
	for (size_t i = 0; i < STRIPES; i++) {
		struct stats_answers *answers = app->answers[i];

		if (answers) {
			const int64_t heard_ns = answers->heard_ns;
			const int64_t heard_at = answers->heard_at;

			*answers = (struct stats_answers){ .heard_ns = heard_ns, .heard_at = heard_at };
		}
	}
}

void stats_reset_stripes(void)
{
	for (size_t i = 0; i < STRIPES; i++) {
		struct stats_stripe *stripe = &stats.stripes[i];

		memset(stripe->claims, 0, sizeof(stripe->claims));
		memset(stripe->declines, 0, sizeof(stripe->declines));
		memset(stripe->bids, 0, sizeof(stripe->bids));
	}
}
