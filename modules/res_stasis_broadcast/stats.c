/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The observer that counts: broadcasts by how they ended, times, applications and queues.
 */

#include "stats_store.h"

#include "asterisk/utils.h"
#include "dispatch/dispatch.h"
#include "observers.h"
#include "observers_list.h"
#include "offer_data.h"
#include "settings_values.h"

/*! Queues that are counted at the most: their names come from the dialplan. */
#define MOST_QUEUES 1000

/*! \brief What is counted of the queue of a broadcast; NULL if it has none. With the lock. */
static struct stats_queue *queue_of_offer(const struct offer *offer)
{
	return *offer_text(offer, OFFER_QUEUE)
		? stats_lru_touch(&stats.queues, offer_text(offer, OFFER_QUEUE), MOST_QUEUES)
		: NULL;
}

/*! \brief Count one less: after a reset there may be none. */
static void decrement(uint64_t *counter)
{
	*counter -= *counter > 0;
}

/*! \brief What is counted of an application that is offered a call; NULL without memory. With the lock. */
static struct stats_app *app_of_offer(const char *name)
{
	struct stats_app *app = stats_lru_find(&stats.apps, name);

	if (app) {
		stats_lru_renew(&stats.apps, &app->entry);
		return app;
	}
	/* One comes, and another one goes for it, perhaps. */
	stats_lock_stripes();
	app = stats_lru_touch(&stats.apps, name, stats.most_apps);
	stats_unlock_stripes();
	return app;
}

/*! \brief Count an offer to applications. With the lock. */
static void count_offers(const struct names *names)
{
	for (size_t i = 0; i < names_count(names); i++) {
		struct stats_app *app = app_of_offer(names_at(names, i));

		if (app) {
			app->offers++;
		}
	}
}

static void opened(struct broadcast *broadcast)
{
	const struct offer *offer = broadcast_data(broadcast);
	/* One that goes on under another ID, or after a lost winner, is the call that was counted. */
	const int is_again = broadcast_excluded(broadcast) != NULL;
	struct names *recipients = broadcast_recipients(broadcast);
	struct stats_queue *queue;

	ast_mutex_lock(&stats.lock);
	stats.totals.opened++;
	stats.totals.reoffers += offer->is_reoffer;
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
	stats.totals.widenings++;
	count_offers(added);
	ast_mutex_unlock(&stats.lock);
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

/*!
 * \brief Count a claim that has won. With the lock.
 *
 * \param score The score of the bid that won; -1 if there are none.
 */
static void count_winner(struct broadcast *broadcast, const char *winner, int score)
{
	const int64_t took_ns = broadcast_closed_ns(broadcast) - broadcast_opened_ns(broadcast);
	struct stats_app *app = winner ? stats_lru_find(&stats.apps, winner) : NULL;

	stats_histogram_add(&stats.totals.claim_time, took_ns);
	stats_times_add(&stats.claim_times, took_ns);
	if (score >= 0) {
		stats.totals.awards++;
		stats.totals.award_scores += score;
	}
	if (app) {
		app->won++;
		app->awarded += score >= 0;
	}
}

/*! \brief Count in which circle an offer ended. With the lock. */
static void count_round(const struct offer *offer)
{
	const int round = atomic_load(&offer->round);

	if (offer->rounds > 1 && round > 0 && round <= STASIS_BROADCAST_STATS_ROUNDS) {
		stats.totals.rounds[round - 1]++;
	}
}

/*! \brief End the row of each recipient of an offer that was claimed. With the lock. */
static void end_rows(const struct names *recipients)
{
	for (size_t i = 0; stats.row_count && i < names_count(recipients); i++) {
		struct stats_app *app = stats_lru_find(&stats.apps, names_at(recipients, i));

		if (app) {
			silence_claimed(app);
		}
	}
}

/*! \brief An offer that ended without anybody. */
struct unanswered {
	int64_t opened_ns;
	struct silence_changes changes;
};

/*! \brief Note that an application was told of an offer, if it was. Takes the lock. */
static void note_unanswered(const struct delivery_recipient *recipient, void *data)
{
	struct unanswered *unanswered = data;
	struct stats_app *app;

	/* What was not even begun to be written is dropped now: it cannot be answered. */
	if (recipient->stage != DELIVERY_SENT && recipient->stage != DELIVERY_WRITING) {
		return;
	}
	ast_mutex_lock(&stats.lock);
	app = stats_lru_find(&stats.apps, recipient->app);
	if (app) {
		silence_unanswered(app, unanswered->opened_ns, &unanswered->changes);
	}
	ast_mutex_unlock(&stats.lock);
}

/*! \brief Note for each that was told of an offer that it ended without anybody. */
static void count_silence(struct broadcast *broadcast)
{
	struct offer *offer = broadcast_data(broadcast);
	struct delivery *delivery = delivery_ref_at(&offer->events.to_recipients);
	struct unanswered unanswered = {
		.opened_ns = broadcast_opened_ns(broadcast),
		.changes = AST_LIST_HEAD_NOLOCK_INIT_VALUE,
	};

	if (delivery) {
		delivery_describe(delivery, note_unanswered, &unanswered);
		silence_tell(&unanswered.changes);
	}
	delivery_unref(delivery);
}

static void closed(struct broadcast *broadcast, enum broadcast_state state)
{
	const struct offer *offer = broadcast_data(broadcast);
	struct names *recipients = broadcast_recipients(broadcast);
	const enum stasis_broadcast_outcome_kind kind = outcome_kind(state, names_count(recipients) != 0);
	const char *winner = state == BROADCAST_CLAIMED ? broadcast_winner_name(broadcast) : NULL;
	const int score = broadcast_winner_score(broadcast);

	ast_mutex_lock(&stats.lock);
	stats.totals.outcomes[kind]++;
	count_in_queue(broadcast, offer, kind);
	count_round(offer);
	if (kind == STASIS_BROADCAST_ENDED_CLAIMED) {
		count_winner(broadcast, winner, score);
		end_rows(recipients);
	}
	ast_mutex_unlock(&stats.lock);
	if (kind == STASIS_BROADCAST_ENDED_TIMEOUT || kind == STASIS_BROADCAST_ENDED_HANGUP ||
		kind == STASIS_BROADCAST_ENDED_WITHDRAWN) {
		count_silence(broadcast);
	}
	names_unref(recipients);
}

const struct broadcast_observer stats_observer = {
	.name = "stats",
	.opened = opened,
	.widened = widened,
	.answered = stats_answered,
	.lost = lost,
	.closed = closed,
};

void stats_count_refusal(enum stasis_broadcast_outcome_kind kind)
{
	ast_mutex_lock(&stats.lock);
	stats.totals.outcomes[kind]++;
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
	stats.silent_retry_ns = settings->silent_retry_s * INT64_C(1000000000);
	stats.service_level_ns = settings->service_level_s * INT64_C(1000000000);
	ast_mutex_unlock(&stats.lock);
}

void stats_forget(void)
{
	stats_lock_all();
	stats_lru_clear(&stats.apps);
	stats_lru_clear(&stats.queues);
	stats_reset_stripes();
	stats.totals = (struct stasis_broadcast_totals){ .since = 0 };
	stats.claim_times = (struct stats_times){ .count = 0 };
	stats_unlock_all();
}

/*! \brief Forget what was counted of an application, but not whether it is silent. */
static void reset_app(struct stats_app *app)
{
	app->offers = 0;
	app->won = 0;
	app->awarded = 0;
	app->lost = 0;
	app->dropped = 0;
	stats_reset_answers(app);
}

void stats_reset(void)
{
	struct stats_entry *entry;

	stats_lock_all();
	stats_reset_stripes();
	stats.totals = (struct stasis_broadcast_totals){ .since = time(NULL) };
	stats.claim_times = (struct stats_times){ .count = 0 };
	AST_DLLIST_TRAVERSE(&stats.apps.recent, entry, recent)
	{
		reset_app((struct stats_app *) entry);
	}
	stats_lru_clear(&stats.queues);
	stats_unlock_all();
}
