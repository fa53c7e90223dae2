/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What waits for one application: a queue that exists only while something is in it.
 */

#include "dispatch_private.h"

#include "asterisk/utils.h"

/*! Events that wait for one application, at the most. */
#define QUEUE_LIMIT 1024

static void make_ready(struct app_queue *queue)
{
	queue->state = QUEUE_READY;
	AST_LIST_INSERT_TAIL(&dispatcher.ready, queue, ready);
	dispatcher.ready_count++;
	dispatcher.ready_events += queue->count;
}

/*! \brief The queue of an application, made if there is none; NULL without memory. */
static struct app_queue *queue_get_or_create(const char *app)
{
	uint64_t hash = table_hash(app);
	struct app_queue *queue = table_find(&dispatcher.queues, app, hash);
	size_t size = strlen(app) + 1;

	if (queue) {
		return queue;
	}
	queue = ast_calloc(1, sizeof(*queue) + size);
	if (!queue) {
		return NULL;
	}
	memcpy(queue->app, app, size);
	queue->hash = hash;
	if (table_put(&dispatcher.queues, queue->app, hash, queue)) {
		ast_free(queue);
		return NULL;
	}
	return queue;
}

struct recipient *queue_take(struct app_queue *queue)
{
	queue->count--;
	dispatcher.ready_events -= queue->state == QUEUE_READY;
	dispatcher.stats.queued--;
	return AST_LIST_REMOVE_HEAD(&queue->waiting, next);
}

/*! \brief Take the first recipient out of a queue without sending anything. */
static void drop_first(struct app_queue *queue, struct deferred_release *deferred)
{
	struct recipient *recipient = queue_take(queue);

	recipient->stage = STAGE_DONE;
	delivery_settle(recipient, deferred);
}

/*! \brief Make room at the front of a full queue, where the oldest offers are. */
static void drop_stale(struct app_queue *queue, struct deferred_release *deferred)
{
	struct recipient *first;

	while ((first = AST_LIST_FIRST(&queue->waiting)) && first->stage == STAGE_OFFER &&
		delivery_is_stale(first->offering->delivery)) {
		drop_first(queue, deferred);
		dispatcher.stats.stale++;
		dispatcher.events[STASIS_BROADCAST_EVENT_CALL_BROADCAST].stale++;
	}
}

void queue_add(struct recipient *recipient, enum stage stage, struct deferred_release *deferred)
{
	struct app_queue *queue = NULL;

	if (!dispatcher.stopping) {
		queue = queue_get_or_create(names_at(recipient->offering->names, recipient->name));
	}
	if (queue && queue->count >= QUEUE_LIMIT) {
		drop_stale(queue, deferred);
	}
	if (!queue || queue->count >= QUEUE_LIMIT) {
		recipient->stage = STAGE_DONE;
		dispatcher.stats.overflowed++;
		dispatcher.events[stage == STAGE_END ? recipient->offering->delivery->end_kind : 0].overflowed++;
		if (queue) {
			queue->overflowed++;
			queue->uncounted++;
		}
		return;
	}
	recipient->stage = stage;
	delivery_hold(recipient->offering->delivery);
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a list with a first entry has a last one */
	AST_LIST_INSERT_TAIL(&queue->waiting, recipient, next);
	queue->count++;
	dispatcher.ready_events += queue->state == QUEUE_READY;
	dispatcher.stats.queued++;
	if (queue->state == QUEUE_NEW) {
		make_ready(queue);
	}
}

struct app_queue *queue_next_ready(void)
{
	struct app_queue *queue = AST_LIST_REMOVE_HEAD(&dispatcher.ready, ready);

	if (queue) {
		queue->state = QUEUE_SERVED;
		dispatcher.ready_count--;
		dispatcher.ready_events -= queue->count;
	}
	return queue;
}

void queue_put_back(struct app_queue *queue)
{
	if (queue->count) {
		make_ready(queue);
	} else {
		table_remove(&dispatcher.queues, queue->hash, queue);
		ast_free(queue);
	}
}

static void drop_queue(void *thing, void *data)
{
	struct app_queue *queue = thing;

	while (!AST_LIST_EMPTY(&queue->waiting)) {
		drop_first(queue, data);
	}
}

void queue_drop_all(struct deferred_release *deferred)
{
	table_each(&dispatcher.queues, drop_queue, deferred);
}
