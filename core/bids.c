/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The most suitable of those who ask for a broadcast: bids, the award, and claims that wait for it (SPEC section 8).
 */

#include "broadcast_private.h"

#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__)
/* gcc 15 loses sight of a list that was put into bids->list, and takes it for lost. */
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/*! Claims that wait for an award, of all broadcasts: each holds a thread of who asks. */
static atomic_uint waiting_claims;

int bids_create(struct broadcast *broadcast, int window_ms)
{
	struct bids *bids = calloc(1, sizeof(*bids));
	pthread_condattr_t attributes;

	if (!bids) {
		return -1;
	}
	bids->window_ms = window_ms > BROADCAST_MAX_BID_WINDOW_MS ? BROADCAST_MAX_BID_WINDOW_MS : window_ms;
	bids->won_score = -1;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&bids->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	broadcast->bids = bids;
	return 0;
}

void bids_free(struct broadcast *broadcast)
{
	struct bids *bids = broadcast->bids;

	if (!bids) {
		return;
	}
	for (size_t i = 0; i < bids->count; i++) {
		free(bids->list[i].app);
	}
	free(bids->list);
	pthread_cond_destroy(&bids->changed);
	free(bids);
}

/*! \brief Note a bid of one that has none. \param bid Its name is taken, on success. \retval 0 on success, -1 if memory ran out. */
static int add_locked(struct bids *bids, const struct bid *bid)
{
	if (bids->count == bids->size) {
		const size_t size = bids->size ? 2 * bids->size : 8;
		struct bid *list = realloc(bids->list, size * sizeof(*list));

		if (!list) {
			return -1;
		}
		bids->list = list;
		bids->size = size;
	}
	bids->list[bids->count++] = *bid;
	bids->recipients += bid->recipient >= 0;
	return 0;
}

/*! \brief Note a bid that another broadcast had. \retval 0 on success, -1 if memory ran out. */
static int add_copy_locked(struct bids *bids, const struct bid *bid, long recipient)
{
	const struct bid copy = { .app = strdup(bid->app), .score = bid->score, .recipient = recipient };

	if (!copy.app || add_locked(bids, &copy)) {
		free(copy.app);
		return -1;
	}
	return 0;
}

static struct bid *find_locked(const struct bids *bids, const char *app)
{
	for (size_t i = 0; i < bids->count; i++) {
		if (!strcmp(bids->list[i].app, app)) {
			return &bids->list[i];
		}
	}
	return NULL;
}

/*!
 * \brief Whether a bid of the earlier broadcast counts for the one that follows it. With the lock of the earlier one.
 *
 * Not that of a claim: it was told that another has the channel, and a worker may be at the next call by now.
 */
static int counts_again(
	const struct broadcast *broadcast, const struct broadcast *earlier, const struct bid *bid)
{
	return !bid->is_claim && names_find(broadcast->recipients, bid->app) >= 0 &&
		names_find(broadcast->excluded, bid->app) < 0 &&
		(earlier->state != BROADCAST_CLAIMED || strcmp(earlier->winner, bid->app) != 0);
}

int bids_inherit(struct broadcast *broadcast, struct broadcast *earlier, const struct names *bidders)
{
	struct bids *bids = broadcast->bids;
	int failed = 0;

	pthread_mutex_lock(&earlier->lock);
	for (size_t i = 0; earlier->bids && i < earlier->bids->count && !failed; i++) {
		const struct bid *bid = &earlier->bids->list[i];

		failed = (!bidders || names_find(bidders, bid->app) >= 0) && counts_again(broadcast, earlier, bid) &&
			add_copy_locked(bids, bid, names_find(broadcast->recipients, bid->app));
	}
	pthread_mutex_unlock(&earlier->lock);
	/* They had their window. */
	bids->end_ns = bids->count ? broadcast_clock_ns() : 0;
	return failed ? -1 : 0;
}

int64_t bids_award_ns_locked(const struct broadcast *broadcast)
{
	const struct bids *bids = broadcast->bids;

	if (!bids || !bids->count) {
		return INT64_MAX;
	}
	return bids->end_ns < broadcast->deadline_ns ? bids->end_ns : broadcast->deadline_ns;
}

size_t bids_count_locked(const struct broadcast *broadcast)
{
	return broadcast->bids ? broadcast->bids->count : 0;
}

/*! \brief Whether a bid is better than an earlier one. Of the same score, that of the recipient that comes first is. */
static int is_better(const struct bid *bid, const struct bid *earlier)
{
	if (bid->score != earlier->score) {
		return bid->score > earlier->score;
	}
	return bid->recipient >= 0 && (earlier->recipient < 0 || bid->recipient < earlier->recipient);
}

void bids_award_locked(struct broadcast *broadcast, struct deferred_release *deferred)
{
	struct bids *bids = broadcast->bids;
	struct bid *best = &bids->list[0];

	for (size_t i = 1; i < bids->count; i++) {
		if (is_better(&bids->list[i], best)) {
			best = &bids->list[i];
		}
	}
	/* Its name goes with it: an award must not fail for want of memory. */
	broadcast_close_locked(broadcast, BROADCAST_CLAIMED, deferred);
	broadcast->winner = best->app;
	broadcast->has_winner_copy = 1;
	bids->won_score = best->score;
	bids->recipients -= best->recipient >= 0;
	*best = bids->list[--bids->count];
}

void bids_drop_locked(struct broadcast *broadcast, const char *app)
{
	struct bids *bids = broadcast->bids;
	struct bid *bid = bids ? find_locked(bids, app) : NULL;

	if (!bid) {
		return;
	}
	free(bid->app);
	bids->recipients -= bid->recipient >= 0;
	memmove(bid, bid + 1, (size_t) (&bids->list[bids->count] - (bid + 1)) * sizeof(*bid));
	bids->count--;
	if (!bids->count) {
		bids->end_ns = 0;
	}
	pthread_cond_broadcast(&bids->changed);
}

void bids_find_recipients_locked(struct broadcast *broadcast)
{
	struct bids *bids = broadcast->bids;

	for (size_t i = 0; bids && i < bids->count; i++) {
		struct bid *bid = &bids->list[i];

		if (bid->recipient < 0) {
			bid->recipient = names_find(broadcast->recipients, bid->app);
			bids->recipients += bid->recipient >= 0;
		}
	}
}

/*! \brief What kind of bid it is. */
enum bid_kind {
	/*! Of who wants another call: what is the application's already is taken. */
	BID_NEWS = 1 << 0,
	/*! A claim's. */
	BID_CLAIM = 1 << 1,
};

/*!
 * \brief Note a bid, or its new score.
 *
 * \param bid Its name is taken, and no longer there, if it is the application's first.
 * \retval 0 on success, -1 without memory.
 */
static int put_locked(struct broadcast *broadcast, struct bid *bid)
{
	struct bids *bids = broadcast->bids;
	struct bid *earlier = find_locked(bids, bid->app);

	if (earlier) {
		earlier->score = bid->score;
		earlier->is_claim = bid->is_claim;
		return 0;
	}
	if (add_locked(bids, bid)) {
		return -1;
	}
	bid->app = NULL;
	if (bids->count == 1) {
		bids->end_ns = broadcast_clock_ns() + bids->window_ms * NS_PER_MS;
		/* Who waits has to wake at its end. */
		broadcast_wake_locked(broadcast);
	}
	return 0;
}

/*! \brief Bid for one that may. Without the lock. \param kind Of enum bid_kind. */
static enum broadcast_result commit_bid(
	struct broadcast *broadcast, const char *app, int score, unsigned int kind)
{
	struct deferred_release deferred = { 0 };
	struct bid bid = {
		.app = strdup(app),
		.score = score,
		.recipient = broadcast_find_recipient(broadcast, app),
		.is_claim = (kind & BID_CLAIM) != 0,
	};
	enum broadcast_result result;

	if (!bid.app) {
		return BROADCAST_CLOSED;
	}
	pthread_mutex_lock(&broadcast->lock);
	broadcast_expire_locked(broadcast, &deferred);
	result = broadcast_claim_result_locked(broadcast, app);
	if ((kind & BID_NEWS) && (broadcast->state != BROADCAST_OPEN || find_locked(broadcast->bids, app))) {
		result = result == BROADCAST_OK ? BROADCAST_TAKEN : result;
	} else if (broadcast->state == BROADCAST_OPEN) {
		if (bid.recipient < 0) {
			/* A widening since then has not seen this bid. */
			bid.recipient = names_find(broadcast->recipients, app);
		}
		if (put_locked(broadcast, &bid)) {
			result = BROADCAST_CLOSED;
		} else {
			broadcast_forget_decline_locked(broadcast, bid.recipient);
			broadcast_judge_declines_locked(broadcast, &deferred);
			result = broadcast_claim_result_locked(broadcast, NULL);
			/* Noted, whether it is the one that decides or not. */
			result = result == BROADCAST_TAKEN ? BROADCAST_OK : result;
		}
	}
	broadcast_release(broadcast, &deferred);
	free(bid.app);
	return result;
}

/*! \brief Wait, while a claimant has a bid, for the award or the close. Without the lock. */
static enum broadcast_result wait_for_award(struct broadcast *broadcast, const char *app)
{
	struct deferred_release deferred = { 0 };
	struct bids *bids = broadcast->bids;
	enum broadcast_result result;

	pthread_mutex_lock(&broadcast->lock);
	broadcast_expire_locked(broadcast, &deferred);
	while (broadcast->state == BROADCAST_OPEN && find_locked(bids, app)) {
		const int64_t until = bids_award_ns_locked(broadcast);
		const struct timespec end = { .tv_sec = until / 1000000000, .tv_nsec = until % 1000000000 };

		pthread_cond_timedwait(&bids->changed, &broadcast->lock, &end);
		broadcast_expire_locked(broadcast, &deferred);
	}
	/* A bid that was taken back meanwhile leaves the channel to the others, and perhaps nobody has it yet. */
	result = broadcast->state == BROADCAST_OPEN ? BROADCAST_TAKEN_BACK
												: broadcast_claim_result_locked(broadcast, app);
	broadcast_release(broadcast, &deferred);
	return result;
}

/*! \brief Whether an application has a bid. Without the lock. */
static int has_bid(struct broadcast *broadcast, const char *app)
{
	int has_it;

	pthread_mutex_lock(&broadcast->lock);
	has_it = find_locked(broadcast->bids, app) != NULL;
	pthread_mutex_unlock(&broadcast->lock);
	return has_it;
}

enum broadcast_result bids_claim(struct broadcast *broadcast, const char *app, int is_news)
{
	enum broadcast_result result;

	if (atomic_fetch_add(&waiting_claims, 1) < BROADCAST_MAX_WAITING_CLAIMS) {
		result = commit_bid(broadcast, app, 0, BID_CLAIM | (is_news ? BID_NEWS : 0u));
		if (result == BROADCAST_OK) {
			result = wait_for_award(broadcast, app);
		}
	} else {
		result = is_news && has_bid(broadcast, app) ? BROADCAST_TAKEN : BROADCAST_BUSY;
	}
	atomic_fetch_sub(&waiting_claims, 1);
	return result;
}

enum broadcast_result broadcast_bid(
	struct broadcast *broadcast, const char *app, int score, int (*is_registered)(const char *app))
{
	struct broadcast_answer answer = { .app = app, .request = BROADCAST_REQUEST_BID };

	if (!broadcast_check_claimant(broadcast, &answer, is_registered)) {
		/* The answer is there. */
	} else if (score < 0 || score > BROADCAST_MAX_SCORE) {
		answer.result = BROADCAST_FORBIDDEN;
		answer.reason = "a score is 0 to 1000";
	} else if (!broadcast->bids) {
		return broadcast_commit_claim(broadcast, &answer, 0);
	} else {
		answer.result = commit_bid(broadcast, app, score, 0);
	}
	observers_answered(broadcast, &answer);
	return answer.result;
}

enum broadcast_result broadcast_take_or_bid(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app))
{
	struct broadcast_answer answer = { .app = app, .request = BROADCAST_REQUEST_TAKE };

	if (!broadcast->bids) {
		return broadcast_take(broadcast, app, is_registered);
	}
	if (broadcast_check_claimant(broadcast, &answer, is_registered)) {
		answer.result = commit_bid(broadcast, app, 0, BID_NEWS);
		if (answer.result == BROADCAST_OK) {
			answer.request = BROADCAST_REQUEST_BID;
		}
	} else if (answer.result == BROADCAST_OK) {
		answer.result = BROADCAST_TAKEN;
	}
	observers_answered(broadcast, &answer);
	return answer.result;
}

int broadcast_winner_score(struct broadcast *broadcast)
{
	int score;

	pthread_mutex_lock(&broadcast->lock);
	score = broadcast->bids ? broadcast->bids->won_score : -1;
	pthread_mutex_unlock(&broadcast->lock);
	return score;
}
