/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is counted, as one copy for who asks; what can be found out then is not counted at all.
 */

#include "stats_store.h"

#include "asterisk/utils.h"
#include "directory.h"
#include "dispatch/dispatch.h"
#include "gate.h"
#include "offer_data.h"

/*! \brief Call \a visit for each broadcast that is open. Without a lock. */
static void each_open(void (*visit)(const struct offer *offer, void *data), void *data)
{
	size_t count;
	struct broadcast **list = registry_list(broadcasts, &count);

	for (size_t i = 0; i < count; i++) {
		if (broadcast_state(list[i]) == BROADCAST_OPEN) {
			visit(broadcast_data(list[i]), data);
		}
		broadcast_unref(list[i]);
	}
	ast_std_free(list);
}

static void find_oldest(const struct offer *offer, void *data)
{
	struct stasis_broadcast_totals *totals = data;

	totals->open++;
	totals->oldest_open_ms = MAX(totals->oldest_open_ms, offer_waited_ms(offer));
}

void stats_get_totals(struct stasis_broadcast_totals *totals)
{
	stats_lock_all();
	*totals = stats.totals;
	stats_sum_stripes(totals);
	totals->claim_p50_ms = stats_times_percentile(&stats.claim_times, 0.5);
	totals->claim_p90_ms = stats_times_percentile(&stats.claim_times, 0.9);
	totals->claim_p99_ms = stats_times_percentile(&stats.claim_times, 0.99);
	totals->silent_apps = stats.silent_count;
	totals->apps = stats.apps.table.count;
	stats_unlock_all();
	dispatch_get_totals(totals);
	totals->has_fleet = directory_get_fleet_stats(&totals->fleet);
	each_open(find_oldest, totals);
}

/*! \brief A copy of all applications, and where to find each. */
struct apps {
	struct stasis_broadcast_app_stats *list;
	size_t count;
	struct table by_name;
};

/*! \brief Copy what is counted of an application. With all locks. */
static void copy_app(const struct stats_app *app, struct stasis_broadcast_app_stats *copy)
{
	struct stats_answers answers;

	stats_sum_answers(app, &answers);
	*copy = (struct stasis_broadcast_app_stats){
		.name = ast_strdup(app->entry.name),
		.offers = app->offers,
		.won = app->won,
		.too_late = answers.too_late,
		.declined = answers.declined,
		.bids = answers.bids,
		.awarded = app->awarded,
		.lost = app->lost,
		.dropped = app->dropped,
		.silent_in_row = app->silent_in_row,
		.is_silent = app->is_silent,
		.last_heard = answers.heard_at,
		.median_answer_ms = stats_times_percentile(&answers.times, 0.5),
	};
}

/*! \brief Put a copy where it is found by its name. \retval 0 on success, -1 without memory. */
static int index_last(struct apps *apps)
{
	struct stasis_broadcast_app_stats *last = &apps->list[apps->count++];

	return !last->name || table_put(&apps->by_name, last->name, table_hash(last->name), last) ? -1 : 0;
}

/*! \brief Copy those that are counted, and add those that are there. \retval 0 on success, -1 without memory. */
static int copy_apps(struct apps *apps, const struct names *there)
{
	struct stats_entry *entry;
	int failed = 0;

	stats_lock_all();
	apps->list = ast_calloc(stats.apps.table.count + names_count(there) + 1, sizeof(*apps->list));
	AST_DLLIST_TRAVERSE(&stats.apps.recent, entry, recent)
	{
		if (!apps->list) {
			break;
		}
		copy_app((struct stats_app *) entry, &apps->list[apps->count]);
		failed |= index_last(apps);
	}
	stats_unlock_all();
	for (size_t i = 0; apps->list && i < names_count(there); i++) {
		const char *name = names_at(there, i);

		if (!table_find(&apps->by_name, name, table_hash(name))) {
			apps->list[apps->count] = (struct stasis_broadcast_app_stats){
				.name = ast_strdup(name),
				.median_answer_ms = -1,
			};
			failed |= index_last(apps);
		}
	}
	return apps->list && !failed ? 0 : -1;
}

/*! \brief Add what the dispatcher knows of one. With its lock. */
static void add_queue(const struct dispatch_queue *queue, void *data)
{
	const struct apps *apps = data;
	struct stasis_broadcast_app_stats *app = table_find(&apps->by_name, queue->app, table_hash(queue->app));

	if (app) {
		app->queued = queue->queued;
		app->dropped += queue->dropped;
		app->is_stalled = queue->is_stalled;
	}
}

/*! \brief By name, but those that have gone come last: there may be many of them. */
static int compare_apps(const void *first, const void *second)
{
	const struct stasis_broadcast_app_stats *one = first;
	const struct stasis_broadcast_app_stats *other = second;

	if (!one->connections != !other->connections) {
		return one->connections ? -1 : 1;
	}
	return strcmp(one->name, other->name);
}

int stats_each_app(stasis_broadcast_app_visitor visit, void *data)
{
	struct names *there = directory_names();
	struct apps apps = { .count = 0 };
	int failed = copy_apps(&apps, there);

	if (!failed) {
		dispatch_each_queue(add_queue, &apps);
		for (size_t i = 0; i < apps.count; i++) {
			apps.list[i].connections = directory_count_sources(apps.list[i].name);
		}
		qsort(apps.list, apps.count, sizeof(*apps.list), compare_apps);
		for (size_t i = 0; i < apps.count; i++) {
			visit(&apps.list[i], data);
		}
	}
	table_clear(&apps.by_name);
	while (apps.count) {
		ast_free((char *) apps.list[--apps.count].name);
	}
	ast_free(apps.list);
	names_unref(there);
	return failed;
}

/*! \brief A copy of all queues, and where to find each. */
struct queues {
	struct stasis_broadcast_queue_stats *list;
	size_t count;
	struct table by_name;
};

/*! \brief Copy the queues. \retval 0 on success, -1 without memory. */
static int copy_queues(struct queues *queues)
{
	struct stats_entry *entry;
	int failed = 0;

	ast_mutex_lock(&stats.lock);
	queues->list = ast_calloc(stats.queues.table.count + 1, sizeof(*queues->list));
	AST_DLLIST_TRAVERSE(&stats.queues.recent, entry, recent)
	{
		const struct stats_queue *queue = (struct stats_queue *) entry;
		struct stasis_broadcast_queue_stats *copy;

		if (!queues->list) {
			break;
		}
		copy = &queues->list[queues->count++];
		copy->name = ast_strdup(entry->name);
		copy->offered = queue->offered;
		copy->claimed = queue->claimed;
		copy->abandoned = queue->abandoned;
		copy->timed_out = queue->timed_out;
		copy->within_service_level = queue->within_service_level;
		failed |= !copy->name || table_put(&queues->by_name, copy->name, entry->hash, copy);
	}
	ast_mutex_unlock(&stats.lock);
	return queues->list && !failed ? 0 : -1;
}

static void add_waiting(const struct offer *offer, void *data)
{
	const struct queues *queues = data;
	struct stasis_broadcast_queue_stats *queue = *offer_text(offer, OFFER_QUEUE)
		? table_find(
			  &queues->by_name, offer_text(offer, OFFER_QUEUE), table_hash(offer_text(offer, OFFER_QUEUE)))
		: NULL;

	if (queue) {
		queue->open++;
		queue->longest_wait_ms = MAX(queue->longest_wait_ms, offer_waited_ms(offer));
	}
}

static int compare_queues(const void *first, const void *second)
{
	return strcmp(((const struct stasis_broadcast_queue_stats *) first)->name,
		((const struct stasis_broadcast_queue_stats *) second)->name);
}

int stats_each_queue(stasis_broadcast_queue_visitor visit, void *data)
{
	struct queues queues = { .count = 0 };
	int failed = copy_queues(&queues);

	if (!failed && queues.count) {
		each_open(add_waiting, &queues);
		qsort(queues.list, queues.count, sizeof(*queues.list), compare_queues);
		for (size_t i = 0; i < queues.count; i++) {
			visit(&queues.list[i], data);
		}
	}
	table_clear(&queues.by_name);
	while (queues.count) {
		ast_free((char *) queues.list[--queues.count].name);
	}
	ast_free(queues.list);
	return failed;
}
