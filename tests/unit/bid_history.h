/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What was asked of one broadcast that collects bids, and a judge of what came of it.
 *
 * Threads ask at the same time, so that of two requests nobody knows which came first unless one was answered before the
 * other began. The judge says only what holds in every order that they can have had.
 */

#ifndef TESTS_UNIT_BID_HISTORY_H
#define TESTS_UNIT_BID_HISTORY_H

#include <stdatomic.h>
#include <stdint.h>

#include "broadcast.h"
#include "observers.h"

/*! More requests than this are not noted, and such a history is not judged. */
#define BID_HISTORY_STEPS 64

/*! \brief One request. A claim is a bid of 0. */
struct bid_step {
	int app;
	enum broadcast_request request;
	int score;
	int64_t begun_ns;
	int64_t answered_ns;
	enum broadcast_result result;
};

/*! \brief All requests for one broadcast. */
struct bid_history {
	int window_ms;
	atomic_uint count;
	struct bid_step steps[BID_HISTORY_STEPS];
};

/*! \brief How it ended, as it is known when all is quiet. */
struct bid_outcome {
	enum broadcast_state state;
	/*! -1: none. */
	int winner;
	int score;
	int64_t closed_ns;
	/*! Before this, its deadline had not passed. */
	int64_t deadline_ns;
	/*! One bit for each recipient. */
	int recipients;
};

/*! \brief Note a request that is about to be made. \return Where to note its answer; NULL if there is no room. */
static inline struct bid_step *bid_history_begin(
	struct bid_history *history, int app, enum broadcast_request request, int score)
{
	const unsigned int number = atomic_fetch_add(&history->count, 1);
	struct bid_step *step = number < BID_HISTORY_STEPS ? &history->steps[number] : NULL;

	if (step) {
		*step = (struct bid_step){
			.app = app, .request = request, .score = score, .begun_ns = broadcast_clock_ns()
		};
	}
	return step;
}

static inline void bid_history_end(struct bid_step *step, enum broadcast_result result)
{
	if (step) {
		step->result = result;
		step->answered_ns = broadcast_clock_ns();
	}
}

/*! \brief Whether all requests are in it. */
static inline int bid_history_is_whole(const struct bid_history *history)
{
	return atomic_load(&history->count) <= BID_HISTORY_STEPS;
}

/*! \brief Whether a request may have changed something before the close. That of a claim is noted before its answer. */
static inline int step_counts(const struct bid_step *step, int app, int64_t closed_ns)
{
	return step->app == app && step->begun_ns < closed_ns &&
		(step->result == BROADCAST_OK ||
			(step->request == BROADCAST_REQUEST_CLAIM && step->result != BROADCAST_FORBIDDEN));
}

/*! \brief What an application had said last for certain when the broadcast closed; NULL if nobody can know. */
static inline const struct bid_step *last_step(const struct bid_history *history, int app, int64_t closed_ns)
{
	const unsigned int count = atomic_load(&history->count);

	for (unsigned int i = 0; i < count; i++) {
		const struct bid_step *step = &history->steps[i];
		int is_last = step_counts(step, app, closed_ns) && step->answered_ns < closed_ns;

		for (unsigned int j = 0; j < count && is_last; j++) {
			const struct bid_step *other = &history->steps[j];

			is_last = j == i || !step_counts(other, app, closed_ns) || other->answered_ns < step->begun_ns;
		}
		if (is_last) {
			return step;
		}
	}
	return NULL;
}

/*! \brief Whether an application has asked anything, a bid of one score if it is not -1. */
static inline int has_asked(const struct bid_history *history, int app, int score, int64_t closed_ns)
{
	for (unsigned int i = 0; i < atomic_load(&history->count); i++) {
		const struct bid_step *step = &history->steps[i];

		if (step_counts(step, app, closed_ns) &&
			(score < 0 || (step->request != BROADCAST_REQUEST_DECLINE && step->score == score))) {
			return 1;
		}
	}
	return 0;
}

/*! \brief Whether the time for an award may have come, or all have answered. */
static inline int is_due(const struct bid_history *history, const struct bid_outcome *outcome, int apps)
{
	int64_t end_ns = outcome->deadline_ns;

	for (unsigned int i = 0; i < atomic_load(&history->count); i++) {
		const struct bid_step *step = &history->steps[i];

		if (step->request != BROADCAST_REQUEST_DECLINE && step_counts(step, step->app, outcome->closed_ns) &&
			step->begun_ns + history->window_ms * INT64_C(1000000) < end_ns) {
			end_ns = step->begun_ns + history->window_ms * INT64_C(1000000);
		}
	}
	for (int app = 0; app < apps && outcome->closed_ns < end_ns; app++) {
		if ((outcome->recipients & 1 << app) && !has_asked(history, app, -1, outcome->closed_ns)) {
			return 0;
		}
	}
	return 1;
}

/*! \brief What is wrong with how a broadcast ended; NULL if nothing is. \param apps How many applications there are. */
static inline const char *bid_history_judge(
	const struct bid_history *history, const struct bid_outcome *outcome, int apps)
{
	/* A hang-up and the like end it whatever was bid. */
	const int is_decided = outcome->state == BROADCAST_CLAIMED || outcome->state == BROADCAST_EXPIRED ||
		outcome->state == BROADCAST_DECLINED;
	const int least = outcome->state == BROADCAST_CLAIMED ? outcome->score : -1;

	for (int app = 0; app < apps && is_decided; app++) {
		const struct bid_step *last = last_step(history, app, outcome->closed_ns);
		const int has_bid = last && last->request != BROADCAST_REQUEST_DECLINE;

		if (app == outcome->winner && last && !has_bid) {
			return "the winner had declined";
		}
		if (app != outcome->winner && has_bid && last->score > least) {
			return "a bid was lost";
		}
	}
	if (outcome->state == BROADCAST_CLAIMED) {
		if (!has_asked(history, outcome->winner, outcome->score, outcome->closed_ns)) {
			return "the winner had not bid what it won by";
		}
		if (!is_due(history, outcome, apps)) {
			return "it was awarded before its time";
		}
	}
	return NULL;
}

#endif /* TESTS_UNIT_BID_HISTORY_H */
