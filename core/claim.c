/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Who asks for a broadcast: claims, declines, and who has it.
 */

#include "broadcast_private.h"

#include <stdlib.h>
#include <string.h>

enum broadcast_result broadcast_claim_result_locked(const struct broadcast *broadcast, const char *app)
{
	switch (broadcast->state) {
	case BROADCAST_OPEN:
		return BROADCAST_OK;
	case BROADCAST_CLAIMED:
		return app && !strcmp(broadcast->winner, app) ? BROADCAST_OK : BROADCAST_TAKEN;
	default:
		return BROADCAST_CLOSED;
	}
}

/*!
 * \brief Why an application may have no say in an open broadcast (rule 5); NULL if it may.
 *
 * Asked without the lock, since both questions take locks of others. The \a filters are given back.
 */
static const char *why_forbidden(const struct broadcast *broadcast, struct filters *filters, const char *app,
	int (*is_registered)(const char *app))
{
	const char *reason = NULL;

	if (!app || !*app) {
		reason = "no name";
	} else if (names_find(broadcast->excluded, app) >= 0) {
		reason = "excluded: it had the call and lost it";
	} else if (filters && is_registered && !is_registered(app)) {
		reason = "not registered";
	} else if (filters && !filters_match(filters, app)) {
		reason = "not matched by the filter";
	}
	filters_unref(filters);
	return reason;
}

/*!
 * \brief Whether it is open for a claimant.
 *
 * \param[out] filters A reference, if it is open; NULL: everybody may claim it.
 * \return Whether it is open; if not, \a result is final.
 */
static int check_open(
	struct broadcast *broadcast, const char *app, enum broadcast_result *result, struct filters **filters)
{
	struct deferred_release deferred = { 0 };
	int open;

	pthread_mutex_lock(&broadcast->lock);
	broadcast_expire_locked(broadcast, &deferred);
	open = broadcast->state == BROADCAST_OPEN;
	*result = broadcast_claim_result_locked(broadcast, app);
	*filters = open ? filters_ref(broadcast->filters) : NULL;
	broadcast_release(broadcast, &deferred);
	return open;
}

int broadcast_check_claimant(
	struct broadcast *broadcast, struct broadcast_answer *answer, int (*is_registered)(const char *app))
{
	/* A decline is answered the same to all, the winner included. */
	const int is_decline = answer->request == BROADCAST_REQUEST_DECLINE;
	struct filters *filters;

	if (!check_open(broadcast, is_decline ? NULL : answer->app, &answer->result, &filters)) {
		return 0;
	}
	answer->reason = why_forbidden(broadcast, filters, answer->app, is_registered);
	if (answer->reason) {
		answer->result = BROADCAST_FORBIDDEN;
	}
	return !answer->reason;
}

enum broadcast_result broadcast_commit_claim(
	struct broadcast *broadcast, struct broadcast_answer *answer, int is_news)
{
	struct deferred_release deferred = { .answer = answer };
	const char *app = answer->app;
	const long recipient = broadcast_find_recipient(broadcast, app);
	/* Who is among the recipients needs no copy of its name: the list stays as it is after the close. */
	char *copy = recipient < 0 ? strdup(app) : NULL;

	if (recipient < 0 && !copy) {
		answer->result = BROADCAST_CLOSED;
		observers_answered(broadcast, answer);
		return answer->result;
	}
	pthread_mutex_lock(&broadcast->lock);
	broadcast_expire_locked(broadcast, &deferred);
	answer->result = broadcast_claim_result_locked(broadcast, app);
	deferred.answered_open = broadcast->state == BROADCAST_OPEN;
	if (deferred.answered_open) {
		broadcast_close_locked(broadcast, BROADCAST_CLAIMED, &deferred);
		broadcast->winner = copy ? copy : names_at(broadcast->recipients, (size_t) recipient);
		broadcast->has_winner_copy = copy != NULL;
		copy = NULL;
	} else if (is_news && answer->result == BROADCAST_OK) {
		answer->result = BROADCAST_TAKEN;
	}
	broadcast_release(broadcast, &deferred);
	free(copy);
	return answer->result;
}

/*! \brief Claim. \param is_news Whether what is the application's already is taken. */
static enum broadcast_result claim(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app), int is_news)
{
	struct broadcast_answer answer = {
		.app = app,
		.request = is_news ? BROADCAST_REQUEST_TAKE : BROADCAST_REQUEST_CLAIM,
	};

	if (broadcast_check_claimant(broadcast, &answer, is_registered)) {
		if (!broadcast->bids) {
			return broadcast_commit_claim(broadcast, &answer, is_news);
		}
		answer.result = bids_claim(broadcast, app, is_news);
	} else if (is_news && answer.result == BROADCAST_OK) {
		answer.result = BROADCAST_TAKEN;
	}
	observers_answered(broadcast, &answer);
	return answer.result;
}

enum broadcast_result broadcast_claim(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app))
{
	return claim(broadcast, app, is_registered, 0);
}

enum broadcast_result broadcast_take(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app))
{
	return claim(broadcast, app, is_registered, 1);
}

long broadcast_find_recipient(struct broadcast *broadcast, const char *app)
{
	struct names *recipients = broadcast_recipients(broadcast);
	long recipient;

	/* Widening only adds behind, so that the place stays. */
	recipient = app ? names_find(recipients, app) : -1;
	names_unref(recipients);
	return recipient;
}

/*! \brief Note a recipient's decline, once. */
static void note_decline_locked(struct broadcast *broadcast, long recipient)
{
	if (!broadcast->has_declined) {
		broadcast->has_declined = calloc(names_count(broadcast->recipients), 1);
	}
	if (broadcast->has_declined && !broadcast->has_declined[recipient]) {
		broadcast->has_declined[recipient] = 1;
		broadcast->declines++;
	}
}

void broadcast_forget_decline_locked(struct broadcast *broadcast, long recipient)
{
	if (recipient >= 0 && broadcast->has_declined && broadcast->has_declined[recipient]) {
		broadcast->has_declined[recipient] = 0;
		broadcast->declines--;
	}
}

void broadcast_judge_declines_locked(struct broadcast *broadcast, struct deferred_release *deferred)
{
	const size_t bids = broadcast->bids ? broadcast->bids->recipients : 0;

	if (broadcast->state != BROADCAST_OPEN ||
		broadcast->declines + bids != names_count(broadcast->recipients)) {
		return;
	}
	if (bids_count_locked(broadcast)) {
		bids_award_locked(broadcast, deferred);
	} else if (broadcast->more_to_come) {
		broadcast_wake_locked(broadcast);
	} else {
		broadcast_close_locked(broadcast, BROADCAST_DECLINED, deferred);
	}
}

/*! \brief Whether a recipient's decline was noted before. With the lock. */
static int has_declined_locked(const struct broadcast *broadcast, long recipient)
{
	return recipient >= 0 && broadcast->has_declined && broadcast->has_declined[recipient];
}

/*!
 * \brief Decline for one that may, and tell the observers of the answer.
 *
 * \param broadcast The broadcast.
 * \param recipient Its place when it asked; -1 if it had none: it may have become a recipient since.
 * \param[in,out] answer Who declines; the result.
 */
static void commit_decline(struct broadcast *broadcast, long recipient, struct broadcast_answer *answer)
{
	struct deferred_release deferred = { .answer = answer };

	pthread_mutex_lock(&broadcast->lock);
	broadcast_expire_locked(broadcast, &deferred);
	answer->result = broadcast_claim_result_locked(broadcast, NULL);
	deferred.answered_open = broadcast->state == BROADCAST_OPEN;
	if (deferred.answered_open) {
		bids_drop_locked(broadcast, answer->app);
		if (recipient < 0) {
			recipient = names_find(broadcast->recipients, answer->app);
		}
		if (recipient >= 0) {
			note_decline_locked(broadcast, recipient);
			broadcast_judge_declines_locked(broadcast, &deferred);
		}
	} else if (answer->result == BROADCAST_CLOSED && has_declined_locked(broadcast, recipient)) {
		answer->result = BROADCAST_OK;
	}
	broadcast_release(broadcast, &deferred);
}

/*! \brief Answer a decline that is not to be noted, and tell the observers. */
static void refuse_decline(struct broadcast *broadcast, long recipient, struct broadcast_answer *answer)
{
	pthread_mutex_lock(&broadcast->lock);
	/* An HTTP client that retries a decline hears the same answer after the close. */
	if (answer->result == BROADCAST_CLOSED && has_declined_locked(broadcast, recipient)) {
		answer->result = BROADCAST_OK;
	}
	pthread_mutex_unlock(&broadcast->lock);
	observers_answered(broadcast, answer);
}

enum broadcast_result broadcast_decline(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app))
{
	struct broadcast_answer answer = { .app = app, .request = BROADCAST_REQUEST_DECLINE };
	const long recipient = broadcast_find_recipient(broadcast, app);

	if (broadcast_check_claimant(broadcast, &answer, is_registered)) {
		commit_decline(broadcast, recipient, &answer);
	} else {
		refuse_decline(broadcast, recipient, &answer);
	}
	return answer.result;
}

int broadcast_may_claim(struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app))
{
	enum broadcast_result result;
	struct filters *filters;

	return check_open(broadcast, app, &result, &filters) &&
		!why_forbidden(broadcast, filters, app, is_registered);
}

const char *broadcast_winner_name(struct broadcast *broadcast)
{
	const char *winner;

	pthread_mutex_lock(&broadcast->lock);
	winner = broadcast->state == BROADCAST_CLAIMED ? broadcast->winner : NULL;
	pthread_mutex_unlock(&broadcast->lock);
	return winner;
}

char *broadcast_winner(struct broadcast *broadcast)
{
	const char *winner = broadcast_winner_name(broadcast);

	return winner ? strdup(winner) : NULL;
}
