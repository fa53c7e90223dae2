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

/*! \brief What a claim is answered before anything else is known; \c BROADCAST_OK while it is open. */
static enum broadcast_result claim_result_locked(const struct broadcast *broadcast, const char *app)
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
 * Asked without the lock, since both questions take locks of others. \a filter is given back.
 */
static const char *why_forbidden(const struct broadcast *broadcast, struct app_filter *filter,
	const char *app, int (*is_registered)(const char *app))
{
	const char *reason = NULL;

	if (!app || !*app) {
		reason = "no name";
	} else if (names_find(broadcast->excluded, app) >= 0) {
		reason = "excluded: it had the call and lost it";
	} else if (!broadcast->any_claimant && is_registered && !is_registered(app)) {
		reason = "not registered";
	} else if (!broadcast->any_claimant && !app_filter_match(filter, app)) {
		reason = "not matched by the filter";
	}
	app_filter_unref(filter);
	return reason;
}

/*!
 * \brief Whether it is open for a claimant.
 *
 * \param[out] filter A reference, if it is open.
 * \return Whether it is open; if not, \a result is final.
 */
static int check_open(
	struct broadcast *broadcast, const char *app, enum broadcast_result *result, struct app_filter **filter)
{
	struct deferred_release deferred = { 0 };
	int open;

	pthread_mutex_lock(&broadcast->lock);
	broadcast_expire_locked(broadcast, &deferred);
	open = broadcast->state == BROADCAST_OPEN;
	*result = claim_result_locked(broadcast, app);
	*filter = open ? app_filter_ref(broadcast->filter) : NULL;
	broadcast_release(broadcast, &deferred);
	return open;
}

/*! \brief Make it \a app's if it is still open. */
static enum broadcast_result commit_claim(struct broadcast *broadcast, const char *app)
{
	struct deferred_release deferred = { 0 };
	enum broadcast_result result;
	char *winner = strdup(app);

	if (!winner) {
		return BROADCAST_CLOSED;
	}
	pthread_mutex_lock(&broadcast->lock);
	broadcast_expire_locked(broadcast, &deferred);
	result = claim_result_locked(broadcast, winner);
	if (broadcast->state == BROADCAST_OPEN) {
		broadcast->winner = winner;
		winner = NULL;
		broadcast_close_locked(broadcast, BROADCAST_CLAIMED, &deferred);
	}
	broadcast_release(broadcast, &deferred);
	free(winner);
	return result;
}

enum broadcast_result broadcast_claim(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app))
{
	struct broadcast_answer answer = { .app = app, .request = BROADCAST_REQUEST_CLAIM };
	struct app_filter *filter;

	if (check_open(broadcast, app, &answer.result, &filter)) {
		answer.reason = why_forbidden(broadcast, filter, app, is_registered);
		answer.result = answer.reason ? BROADCAST_FORBIDDEN : commit_claim(broadcast, app);
	}
	observers_answered(broadcast, &answer);
	return answer.result;
}

/*! \brief The place of an application among the recipients; -1 if it was offered nothing. */
static long find_recipient(struct broadcast *broadcast, const char *app)
{
	struct names *recipients;
	long recipient;

	pthread_mutex_lock(&broadcast->lock);
	recipients = names_ref(broadcast->recipients);
	pthread_mutex_unlock(&broadcast->lock);
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

void broadcast_judge_declines_locked(struct broadcast *broadcast, struct deferred_release *deferred)
{
	if (broadcast->state == BROADCAST_OPEN && !broadcast->more_to_come &&
		broadcast->declines == names_count(broadcast->recipients)) {
		broadcast_close_locked(broadcast, BROADCAST_DECLINED, deferred);
	}
}

/*! \brief Decline for one that may. \a recipient is -1 if it was offered nothing: that does not count. */
static enum broadcast_result commit_decline(struct broadcast *broadcast, long recipient)
{
	struct deferred_release deferred = { 0 };
	enum broadcast_result result;

	pthread_mutex_lock(&broadcast->lock);
	broadcast_expire_locked(broadcast, &deferred);
	result = claim_result_locked(broadcast, NULL);
	if (broadcast->state == BROADCAST_OPEN && recipient >= 0) {
		note_decline_locked(broadcast, recipient);
		broadcast_judge_declines_locked(broadcast, &deferred);
	}
	broadcast_release(broadcast, &deferred);
	return result;
}

/*! \brief Whether a recipient's decline was noted before. */
static int has_declined(struct broadcast *broadcast, long recipient)
{
	int declined;

	pthread_mutex_lock(&broadcast->lock);
	declined = recipient >= 0 && broadcast->has_declined && broadcast->has_declined[recipient];
	pthread_mutex_unlock(&broadcast->lock);
	return declined;
}

enum broadcast_result broadcast_decline(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app))
{
	struct broadcast_answer answer = { .app = app, .request = BROADCAST_REQUEST_DECLINE };
	struct app_filter *filter;
	long recipient = find_recipient(broadcast, app);

	if (check_open(broadcast, NULL, &answer.result, &filter)) {
		answer.reason = why_forbidden(broadcast, filter, app, is_registered);
		answer.result = answer.reason ? BROADCAST_FORBIDDEN : commit_decline(broadcast, recipient);
	}
	/* An HTTP client that retries a decline hears the same answer after the close. */
	if (answer.result == BROADCAST_CLOSED && has_declined(broadcast, recipient)) {
		answer.result = BROADCAST_OK;
	}
	observers_answered(broadcast, &answer);
	return answer.result;
}

int broadcast_may_claim(struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app))
{
	enum broadcast_result result;
	struct app_filter *filter;

	return check_open(broadcast, app, &result, &filter) &&
		!why_forbidden(broadcast, filter, app, is_registered);
}

const char *broadcast_winner_name(struct broadcast *broadcast)
{
	const char *winner;

	pthread_mutex_lock(&broadcast->lock);
	winner = broadcast->winner;
	pthread_mutex_unlock(&broadcast->lock);
	return winner;
}

char *broadcast_winner(struct broadcast *broadcast)
{
	const char *winner = broadcast_winner_name(broadcast);

	return winner ? strdup(winner) : NULL;
}
