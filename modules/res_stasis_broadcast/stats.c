/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The observer that counts: broadcasts by how they ended, answers, times, applications and queues.
 */

#include "stats_store.h"

#include "asterisk/utils.h"
#include "observers.h"
#include "observers_list.h"
#include "offer_data.h"
#include "settings_values.h"

/*! Queues that are counted at the most: their names come from the dialplan. */
#define MOST_QUEUES 1000

/*! \brief What is counted of the queue of a broadcast; NULL if it has none. With the lock. */
static struct stats_queue *queue_of_offer(const struct offer *offer)
{
	return *offer->queue ? stats_lru_touch(&stats.queues, offer->queue, MOST_QUEUES) : NULL;
}

/*! \brief Count one less: after a reset there may be none. */
static void decrement(uint64_t *counter)
{
	*counter -= *counter > 0;
}

/*! \brief Count an offer to applications. With the lock. */
static void count_offers(const struct names *names)
{
	for (size_t i = 0; i < names_count(names); i++) {
		struct stats_app *app = stats_lru_touch(&stats.apps, names_at(names, i), stats.most_apps);

		if (app) {
			app->offers++;
		}
	}
}

static void opened(struct broadcast *broadcast)
{
	const struct offer *offer = broadcast_data(broadcast);
	const int is_again = broadcast_excluded(broadcast) != NULL;
	struct names *recipients = broadcast_recipients(broadcast);
	struct stats_queue *queue;

	ast_mutex_lock(&stats.lock);
	stats.totals.opened++;
	stats.totals.reoffers += is_again;
	queue = queue_of_offer(offer);
	if (queue) {
		queue->offered += !is_again;
	}
	count_offers(recipients);
	ast_mutex_unlock(&stats.lock);
	names_unref(recipients);
}

static void widened(struct broadcast *broadcast attribute_unused, struct names *added)
{
	ast_mutex_lock(&stats.lock);
	count_offers(added);
	ast_mutex_unlock(&stats.lock);
}

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

static void answered(struct broadcast *broadcast, const struct broadcast_answer *answer)
{
	const enum stasis_broadcast_answer_kind kind = answer_kind(answer->result);
	/* A bid for a call that collects none is a claim; one that may or may not win is no answer to count yet. */
	const int is_bid = answer->request == BROADCAST_REQUEST_BID && broadcast_bid_window_ms(broadcast);
	const int is_claim = answer->request != BROADCAST_REQUEST_DECLINE;
	struct silence_changes changes = AST_LIST_HEAD_NOLOCK_INIT_VALUE;
	const int64_t took_ns = broadcast_clock_ns() - broadcast_opened_ns(broadcast);
	struct stats_app *app;

	ast_mutex_lock(&stats.lock);
	if (!is_bid) {
		(is_claim ? stats.totals.claims : stats.totals.declines)[kind]++;
	}
	/* Any text can be in a request: only who was offered calls is counted. */
	app = answer->app ? stats_lru_find(&stats.apps, answer->app) : NULL;
	if (app && kind != STASIS_BROADCAST_ANSWER_FORBIDDEN) {
		app->declined += !is_claim && kind == STASIS_BROADCAST_ANSWER_OK;
		app->too_late += is_claim && kind != STASIS_BROADCAST_ANSWER_OK && answer->result != BROADCAST_BUSY;
		stats_times_add(&app->answers, took_ns);
	}
	if (app) {
		silence_answered(app, &changes);
	}
	ast_mutex_unlock(&stats.lock);
	silence_tell(&changes);
}

/*! \brief Whether a claim came within the service level. With the lock. */
static int is_within_service_level(struct broadcast *broadcast, const struct offer *offer)
{
	return broadcast_closed_ns(broadcast) - offer->first_ns <= stats.service_level_ns;
}

static void lost(struct broadcast *broadcast, const char *name)
{
	const struct offer *offer = broadcast_data(broadcast);
	struct stats_app *app;
	struct stats_queue *queue;

	ast_mutex_lock(&stats.lock);
	stats.totals.lost_winners++;
	app = name ? stats_lru_find(&stats.apps, name) : NULL;
	if (app) {
		app->lost++;
	}
	queue = queue_of_offer(offer);
	if (queue) {
		/* The call is in the queue again, or leaves it without an application. */
		decrement(&queue->claimed);
		if (is_within_service_level(broadcast, offer)) {
			decrement(&queue->within_service_level);
		}
	}
	ast_mutex_unlock(&stats.lock);
}

/*! \brief How an end is counted. */
static enum stasis_broadcast_outcome_kind outcome_kind(enum broadcast_state state, int has_recipients)
{
	switch (state) {
	case BROADCAST_CLAIMED:
		return STASIS_BROADCAST_ENDED_CLAIMED;
	case BROADCAST_EXPIRED:
		return STASIS_BROADCAST_ENDED_TIMEOUT;
	case BROADCAST_HUNG_UP:
		return STASIS_BROADCAST_ENDED_HANGUP;
	case BROADCAST_DECLINED:
		return has_recipients ? STASIS_BROADCAST_ENDED_DECLINED : STASIS_BROADCAST_ENDED_NOAPPS;
	case BROADCAST_WITHDRAWN:
		return STASIS_BROADCAST_ENDED_WITHDRAWN;
	case BROADCAST_REPLACED:
		return STASIS_BROADCAST_ENDED_REPLACED;
	case BROADCAST_OPEN:
	case BROADCAST_GONE:
		break;
	}
	return STASIS_BROADCAST_ENDED_ERROR;
}

/*! \brief Count an end for its queue. With the lock. */
static void count_in_queue(
	struct broadcast *broadcast, const struct offer *offer, enum stasis_broadcast_outcome_kind kind)
{
	struct stats_queue *queue = queue_of_offer(offer);

	if (!queue) {
		return;
	}
	queue->abandoned += kind == STASIS_BROADCAST_ENDED_HANGUP;
	queue->timed_out += kind == STASIS_BROADCAST_ENDED_TIMEOUT;
	if (kind == STASIS_BROADCAST_ENDED_CLAIMED) {
		queue->claimed++;
		queue->within_service_level += is_within_service_level(broadcast, offer);
	} else if (kind == STASIS_BROADCAST_ENDED_REPLACED && !broadcast_excluded(broadcast)) {
		/* The same call is counted under its new ID. */
		decrement(&queue->offered);
	}
}

/*! \brief Count a claim that has won. With the lock. */
static void count_winner(struct broadcast *broadcast, const char *winner)
{
	const int64_t took_ns = broadcast_closed_ns(broadcast) - broadcast_opened_ns(broadcast);
	struct stats_app *app = winner ? stats_lru_find(&stats.apps, winner) : NULL;

	stats_histogram_add(&stats.totals.claim_time, took_ns);
	stats_times_add(&stats.claim_times, took_ns);
	if (app) {
		app->won++;
	}
}

/*! \brief Note for each recipient how an offer ended. With the lock. */
static void count_silence(struct broadcast *broadcast, const struct names *recipients,
	enum stasis_broadcast_outcome_kind kind, struct silence_changes *changes)
{
	const int64_t opened_ns = broadcast_opened_ns(broadcast);

	for (size_t i = 0; i < names_count(recipients); i++) {
		struct stats_app *app = stats_lru_find(&stats.apps, names_at(recipients, i));

		if (app && kind == STASIS_BROADCAST_ENDED_CLAIMED) {
			/* In a row are those that ended without anybody. Of a silent one they are told when it answers. */
			if (!app->is_silent) {
				app->silent_in_row = 0;
			}
		} else if (app) {
			silence_unanswered(app, opened_ns, changes);
		}
	}
}

static void closed(struct broadcast *broadcast, enum broadcast_state state)
{
	struct names *recipients = broadcast_recipients(broadcast);
	const enum stasis_broadcast_outcome_kind kind = outcome_kind(state, names_count(recipients) != 0);
	struct silence_changes changes = AST_LIST_HEAD_NOLOCK_INIT_VALUE;
	const char *winner = state == BROADCAST_CLAIMED ? broadcast_winner_name(broadcast) : NULL;

	ast_mutex_lock(&stats.lock);
	stats.totals.outcomes[kind]++;
	count_in_queue(broadcast, broadcast_data(broadcast), kind);
	if (kind == STASIS_BROADCAST_ENDED_CLAIMED) {
		count_winner(broadcast, winner);
	}
	if (kind == STASIS_BROADCAST_ENDED_CLAIMED || kind == STASIS_BROADCAST_ENDED_TIMEOUT ||
		kind == STASIS_BROADCAST_ENDED_HANGUP || kind == STASIS_BROADCAST_ENDED_WITHDRAWN) {
		count_silence(broadcast, recipients, kind, &changes);
	}
	ast_mutex_unlock(&stats.lock);
	silence_tell(&changes);
	names_unref(recipients);
}

const struct broadcast_observer stats_observer = {
	.name = "stats",
	.opened = opened,
	.widened = widened,
	.answered = answered,
	.lost = lost,
	.closed = closed,
};

void stats_count_refusal(enum stasis_broadcast_outcome_kind kind)
{
	ast_mutex_lock(&stats.lock);
	stats.totals.outcomes[kind]++;
	ast_mutex_unlock(&stats.lock);
}

void stats_count_unknown(int is_claim)
{
	ast_mutex_lock(&stats.lock);
	(is_claim ? stats.totals.claims : stats.totals.declines)[STASIS_BROADCAST_ANSWER_UNKNOWN]++;
	ast_mutex_unlock(&stats.lock);
}

void stats_count_dropped(const char *name, unsigned int count)
{
	struct stats_app *app;

	ast_mutex_lock(&stats.lock);
	app = stats_lru_find(&stats.apps, name);
	if (app) {
		app->dropped += count;
	}
	ast_mutex_unlock(&stats.lock);
}

void stats_apply_settings(const struct settings *settings)
{
	ast_mutex_lock(&stats.lock);
	if (!stats.totals.since) {
		stats.totals.since = time(NULL);
	}
	stats.most_apps = settings->max_apps_stats;
	stats.silent_after = settings->silent_after;
	stats.skip_silent = settings->skip_silent;
	stats.service_level_ns = settings->service_level_s * INT64_C(1000000000);
	ast_mutex_unlock(&stats.lock);
}

void stats_forget(void)
{
	ast_mutex_lock(&stats.lock);
	stats_lru_clear(&stats.apps);
	stats_lru_clear(&stats.queues);
	stats.totals = (struct stasis_broadcast_totals){ .since = 0 };
	stats.claim_times = (struct stats_times){ .count = 0 };
	ast_mutex_unlock(&stats.lock);
}

/*! \brief Forget what was counted of an application, but not whether it is silent. */
static void reset_app(struct stats_app *app)
{
	const struct stats_app before = *app;

	memset(&app->offers, 0, sizeof(*app) - offsetof(struct stats_app, offers));
	app->heard_ns = before.heard_ns;
	app->heard_at = before.heard_at;
	app->tried_ns = before.tried_ns;
	app->silent_in_row = before.silent_in_row;
	app->is_silent = before.is_silent;
}

void stats_reset(void)
{
	struct stats_entry *entry;

	ast_mutex_lock(&stats.lock);
	stats.totals = (struct stasis_broadcast_totals){ .since = time(NULL) };
	stats.claim_times = (struct stats_times){ .count = 0 };
	AST_DLLIST_TRAVERSE(&stats.apps.recent, entry, recent)
	{
		reset_app((struct stats_app *) entry);
	}
	stats_lru_clear(&stats.queues);
	ast_mutex_unlock(&stats.lock);
}
