/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Who sends when: one ordered queue an application, served by a few threads.
 *
 * An application that does not read holds up its own queue and the thread that writes to it, which is
 * replaced; nobody else, and never a call. docs/ARCHITECTURE.md says why these are not taskprocessors.
 */

#include "private.h"

#include <unistd.h>

#include "asterisk/linkedlists.h"
#include "asterisk/lock.h"
#include "asterisk/stasis_app.h"
#include "asterisk/utils.h"
#include "compat.h"
#include "table.h"

/*! Events that wait for one application, at the most. */
#define QUEUE_LIMIT 1024

/*! A CallBroadcast is not worth sending this long after its broadcast closed, in nanoseconds. */
#define STALE_NS INT64_C(100000000)

/*! A thread that has been writing one event for this long is not counted on any more, in nanoseconds. */
#define STUCK_NS INT64_C(3000000)

/*! How long a thread that replaced another stays without work, in nanoseconds. */
#define LINGER_NS INT64_C(10000000000)

/*! How many threads are started at once when all others are stuck. */
#define RELIEF 32

/*! Threads at the most: so many applications that do not read at the same time are survived. */
#define MAX_WORKERS 512

/*! \brief How far one recipient's events have come. */
enum stage {
	/*! CallBroadcast waits, or is being written. */
	STAGE_OFFER,
	/*! CallBroadcast was sent; CallClaimed is to come if there will be one. */
	STAGE_OFFERED,
	/*! CallClaimed waits, or is being written. */
	STAGE_CLAIMED,
	/*! Nothing more will be sent. */
	STAGE_DONE,
};

/*! \brief One recipient of a delivery. */
struct recipient {
	AST_LIST_ENTRY(recipient) next;
	struct delivery *delivery;
	/*! Into the delivery's names. */
	unsigned int name;
	enum stage stage;
};

AST_LIST_HEAD_NOLOCK(recipients, recipient);

struct delivery {
	struct names *names;
	/*! The CallBroadcast event. */
	struct ast_json *offered;
	/*! The CallClaimed event, once there is one. */
	struct ast_json *claimed;
	/*! Asked whether the offer is stale; a reference while anything is queued. */
	struct broadcast *broadcast;
	/*! Recipients that are in a queue or being written to. */
	size_t queued;
	/*! Who still holds it: its maker, and the broadcast while a CallClaimed event may come. */
	unsigned int holds;
	AST_LIST_ENTRY(delivery) finished;
	/*! In the order in which they are served. */
	struct recipient recipients[];
};

AST_LIST_HEAD_NOLOCK(deliveries, delivery);

/*! \brief What waits for one application. Exists only while something does, or is being written. */
struct app_queue {
	struct recipients waiting;
	size_t count;
	/*! Whether it is among the ready ones, or a thread serves it now; else it was just made. */
	int attended;
	/*! Events dropped because the queue was full, since it was last told. */
	unsigned int overflowed;
	AST_LIST_ENTRY(app_queue) ready;
	uint64_t hash;
	char app[];
};

/*! \brief A thread that sends. */
struct worker {
	pthread_t thread;
	/*! When it began to write an event; 0 if it is not writing. */
	int64_t since_ns;
	AST_LIST_ENTRY(worker) list;
};

AST_LIST_HEAD_NOLOCK(workers, worker);

/*!
 * \brief The dispatcher.
 *
 * One lock for all of it: it is held for a few instructions a recipient and never across a write, an
 * allocation of an event or a call to another part of Asterisk. No other lock is taken under it.
 */
static struct {
	ast_mutex_t lock;
	/*! Signalled when a queue has become ready. */
	ast_cond_t work;
	/*! Wakes the thread that watches over the others. */
	ast_cond_t watch;
	/*! All queues, by application. */
	struct table queues;
	/*! Those that wait for a thread, longest first. */
	AST_LIST_HEAD_NOLOCK(, app_queue) ready;
	size_t ready_count;
	struct workers workers;
	/*! Threads that have ended and are to be joined. */
	struct workers ended;
	size_t worker_count;
	size_t idle_count;
	/*! How many threads send when none is stuck. */
	size_t base_count;
	/*! Whether the watching thread sleeps until it is woken. */
	int watcher_sleeps;
	int stopping;
	struct dispatcher_figures figures;
	pthread_t watcher;
} dispatcher;

/*
 * Deliveries
 */

/*! \brief Put the recipients into an order of their own for this broadcast, so that none is favoured. */
static void shuffle(struct recipient *recipients, size_t count)
{
	uint64_t random = ((uint64_t) ast_random() << 32) ^ (uint64_t) ast_random() ^ 0x9e3779b97f4a7c15u;

	for (size_t i = count; i > 1; i--) {
		size_t other;
		unsigned int name = recipients[i - 1].name;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		other = (size_t) ((random >> 11) % i);
		recipients[i - 1].name = recipients[other].name;
		recipients[other].name = name;
	}
}

struct delivery *delivery_create(struct names *recipients, struct ast_json *event)
{
	size_t count = names_count(recipients);
	struct delivery *delivery = ast_calloc(1, sizeof(*delivery) + count * sizeof(delivery->recipients[0]));

	if (!delivery) {
		ast_json_unref(event);
		return NULL;
	}
	delivery->names = names_ref(recipients);
	delivery->offered = event;
	delivery->holds = 1;
	for (size_t i = 0; i < count; i++) {
		delivery->recipients[i].delivery = delivery;
		delivery->recipients[i].name = i;
	}
	shuffle(delivery->recipients, count);
	return delivery;
}

struct delivery *delivery_hold(struct delivery *delivery)
{
	delivery->holds++;
	return delivery;
}

struct ast_json *delivery_channel(struct delivery *delivery)
{
	return ast_json_object_get(delivery->offered, "channel");
}

/*! \brief Free deliveries that nobody needs. Without the lock: a broadcast may go with them. */
static void free_deliveries(struct deliveries *finished)
{
	struct delivery *delivery;

	while ((delivery = AST_LIST_REMOVE_HEAD(finished, finished))) {
		broadcast_unref(delivery->broadcast);
		ast_json_unref(delivery->offered);
		ast_json_unref(delivery->claimed);
		names_unref(delivery->names);
		ast_free(delivery);
	}
}

/*! \brief One recipient less is queued; the last one may finish the delivery. */
static void settle_locked(struct delivery *delivery, struct deliveries *finished)
{
	if (!--delivery->queued && !delivery->holds) {
		AST_LIST_INSERT_TAIL(finished, delivery, finished);
	}
}

static int is_stale(const struct delivery *delivery)
{
	int64_t closed_ns = broadcast_closed_ns(delivery->broadcast);

	return closed_ns && broadcast_clock_ns() - closed_ns > STALE_NS;
}

/*
 * Queues
 */

/*! \brief Let a thread know that a queue is ready: one that idles, else the one that watches. */
static void wake_locked(void)
{
	if (dispatcher.idle_count) {
		ast_cond_signal(&dispatcher.work);
	} else if (dispatcher.watcher_sleeps) {
		ast_cond_signal(&dispatcher.watch);
	}
}

static void make_ready_locked(struct app_queue *queue)
{
	queue->attended = 1;
	AST_LIST_INSERT_TAIL(&dispatcher.ready, queue, ready);
	dispatcher.ready_count++;
}

/*! \brief The queue of an application, made if there is none; NULL without memory. */
static struct app_queue *queue_of_locked(const char *app)
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

/*! \brief Take the first recipient out of a queue without sending anything. */
static void drop_first_locked(struct app_queue *queue, struct deliveries *finished)
{
	struct recipient *recipient = AST_LIST_REMOVE_HEAD(&queue->waiting, next);

	queue->count--;
	dispatcher.figures.queued--;
	recipient->stage = STAGE_DONE;
	settle_locked(recipient->delivery, finished);
}

/*! \brief Make room at the front of a full queue, where the oldest offers are. */
static void drop_stale_locked(struct app_queue *queue, struct deliveries *finished)
{
	struct recipient *first;

	while ((first = AST_LIST_FIRST(&queue->waiting)) && first->stage == STAGE_OFFER &&
		is_stale(first->delivery)) {
		drop_first_locked(queue, finished);
		dispatcher.figures.stale++;
	}
}

/*! \brief Put a recipient at the end of its application's queue, if there is room. */
static void enqueue_locked(struct recipient *recipient, enum stage stage, struct deliveries *finished)
{
	struct app_queue *queue = NULL;

	if (!dispatcher.stopping) {
		queue = queue_of_locked(names_at(recipient->delivery->names, recipient->name));
	}
	if (queue && queue->count >= QUEUE_LIMIT) {
		drop_stale_locked(queue, finished);
	}
	if (!queue || queue->count >= QUEUE_LIMIT) {
		recipient->stage = STAGE_DONE;
		dispatcher.figures.overflowed++;
		if (queue) {
			queue->overflowed++;
		}
		return;
	}
	recipient->stage = stage;
	recipient->delivery->queued++;
	AST_LIST_INSERT_TAIL(&queue->waiting, recipient, next);
	queue->count++;
	dispatcher.figures.queued++;
	if (!queue->attended) {
		make_ready_locked(queue);
	}
}

void delivery_offer(struct delivery *delivery, struct broadcast *broadcast)
{
	struct deliveries finished = AST_LIST_HEAD_NOLOCK_INIT_VALUE;

	delivery->broadcast = broadcast_ref(broadcast);
	ast_mutex_lock(&dispatcher.lock);
	for (size_t i = 0; i < names_count(delivery->names); i++) {
		enqueue_locked(&delivery->recipients[i], STAGE_OFFER, &finished);
	}
	wake_locked();
	ast_mutex_unlock(&dispatcher.lock);
	free_deliveries(&finished);
}

void delivery_claimed(struct delivery *delivery, struct ast_json *event)
{
	struct deliveries finished = AST_LIST_HEAD_NOLOCK_INIT_VALUE;

	ast_mutex_lock(&dispatcher.lock);
	delivery->claimed = event;
	for (size_t i = 0; i < names_count(delivery->names); i++) {
		/* Where the offer still waits, the thread that sends it goes on with this event. */
		if (delivery->recipients[i].stage == STAGE_OFFERED) {
			enqueue_locked(&delivery->recipients[i], STAGE_CLAIMED, &finished);
		}
	}
	wake_locked();
	ast_mutex_unlock(&dispatcher.lock);
	free_deliveries(&finished);
}

void delivery_done(void *data)
{
	struct deliveries finished = AST_LIST_HEAD_NOLOCK_INIT_VALUE;
	struct delivery *delivery = data;

	ast_mutex_lock(&dispatcher.lock);
	if (!--delivery->holds && !delivery->queued) {
		AST_LIST_INSERT_TAIL(&finished, delivery, finished);
	}
	ast_mutex_unlock(&dispatcher.lock);
	free_deliveries(&finished);
}

/*
 * Threads
 */

/*! \brief Give an event to an application. Blocks as long as the application's connection does. */
static void send_event(const char *app, struct ast_json *event)
{
	/* Asterisk adds fields at the top of what it is given: each application gets a top of its own. */
	struct ast_json *copy = ast_json_copy(event);

	if (copy && compat_app_is_registered(app)) {
		ast_json_object_set(copy, "application", ast_json_string_create(app));
		stasis_app_send(app, copy);
	}
	ast_json_unref(copy);
}

/*! \brief Write one event, with the lock released meanwhile. */
static void write_locked(struct worker *worker, struct app_queue *queue, struct ast_json *event)
{
	unsigned int overflowed = queue->overflowed;

	queue->overflowed = 0;
	ast_json_ref(event);
	worker->since_ns = broadcast_clock_ns();
	ast_mutex_unlock(&dispatcher.lock);

	if (overflowed) {
		ast_log(LOG_WARNING,
			"Application '%s' reads too slowly: %u events for it were dropped. Look at its connection, or at "
			"websocket_write_timeout in ari.conf\n",
			queue->app, overflowed);
	}
	send_event(queue->app, event);
	ast_json_unref(event);

	ast_mutex_lock(&dispatcher.lock);
	worker->since_ns = 0;
	dispatcher.figures.sent++;
}

/*! \brief Serve the first recipient of a queue. */
static void serve_locked(struct worker *worker, struct app_queue *queue, struct deliveries *finished)
{
	struct recipient *recipient = AST_LIST_REMOVE_HEAD(&queue->waiting, next);
	struct delivery *delivery = recipient->delivery;

	queue->count--;
	dispatcher.figures.queued--;
	if (recipient->stage == STAGE_CLAIMED) {
		write_locked(worker, queue, delivery->claimed);
		recipient->stage = STAGE_DONE;
	} else if (is_stale(delivery)) {
		/* Whoever did not hear of the offer is not told that it was claimed. */
		recipient->stage = STAGE_DONE;
		dispatcher.figures.stale++;
	} else {
		write_locked(worker, queue, delivery->offered);
		recipient->stage = STAGE_OFFERED;
		if (delivery->claimed) {
			enqueue_locked(recipient, STAGE_CLAIMED, finished);
		}
	}
	settle_locked(delivery, finished);
}

/*! \brief After a turn a queue goes to the end of the ready ones, or away if nothing waits in it. */
static void put_back_locked(struct app_queue *queue)
{
	if (queue->count) {
		make_ready_locked(queue);
	} else {
		table_remove(&dispatcher.queues, queue->hash, queue);
		ast_free(queue);
	}
}

/*!
 * \brief Wait for a queue to become ready.
 *
 * \return Whether to stay: a thread beyond the base number goes after it had nothing to do for long.
 */
static int idle_locked(void)
{
	int stay = 1;

	dispatcher.idle_count++;
	if (dispatcher.worker_count <= dispatcher.base_count) {
		ast_cond_wait(&dispatcher.work, &dispatcher.lock);
	} else {
		int64_t until = broadcast_clock_ns() + LINGER_NS;
		struct timespec end = { .tv_sec = until / 1000000000, .tv_nsec = until % 1000000000 };

		stay = !ast_cond_timedwait(&dispatcher.work, &dispatcher.lock, &end) ||
			dispatcher.worker_count <= dispatcher.base_count;
	}
	dispatcher.idle_count--;
	return stay;
}

/*! \brief Serve ready queues, one event at a time, until there is nothing more to do. */
static void work_locked(struct worker *worker)
{
	struct deliveries finished = AST_LIST_HEAD_NOLOCK_INIT_VALUE;
	struct app_queue *queue;

	while ((queue = AST_LIST_REMOVE_HEAD(&dispatcher.ready, ready))) {
		dispatcher.ready_count--;
		if (dispatcher.ready_count) {
			wake_locked();
		}
		/* The end of the dispatcher empties queues that are ready. */
		if (queue->count) {
			serve_locked(worker, queue, &finished);
		}
		put_back_locked(queue);
		if (!AST_LIST_EMPTY(&finished)) {
			ast_mutex_unlock(&dispatcher.lock);
			free_deliveries(&finished);
			ast_mutex_lock(&dispatcher.lock);
		}
	}
}

static void *worker_main(void *data)
{
	struct worker *worker = data;

	ast_mutex_lock(&dispatcher.lock);
	do {
		work_locked(worker);
	} while (!dispatcher.stopping && idle_locked());
	AST_LIST_REMOVE(&dispatcher.workers, worker, list);
	AST_LIST_INSERT_TAIL(&dispatcher.ended, worker, list);
	dispatcher.worker_count--;
	ast_cond_signal(&dispatcher.watch);
	ast_mutex_unlock(&dispatcher.lock);
	return NULL;
}

/*! \brief Start one more thread. \retval 0 on success, -1 if there is none to be had. */
static int start_worker_locked(void)
{
	struct worker *worker = ast_calloc(1, sizeof(*worker));

	/* Under the lock, so that the thread cannot end before its identity is written down. */
	if (!worker || ast_pthread_create_background(&worker->thread, NULL, worker_main, worker)) {
		ast_free(worker);
		return -1;
	}
	AST_LIST_INSERT_TAIL(&dispatcher.workers, worker, list);
	dispatcher.worker_count++;
	return 0;
}

/*! \brief How many threads can be counted on: those that have not been writing one event for long. */
static size_t able_workers_locked(void)
{
	struct worker *worker;
	size_t able = 0;
	int64_t now = broadcast_clock_ns();

	AST_LIST_TRAVERSE(&dispatcher.workers, worker, list)
	{
		able += !worker->since_ns || now - worker->since_ns < STUCK_NS;
	}
	return able;
}

/*! \brief Replace threads that are stuck while queues are ready. \return Whether any was started. */
static int relieve_locked(void)
{
	size_t able = able_workers_locked();
	size_t missing = able < dispatcher.base_count ? dispatcher.base_count - able : 0;

	if (!able) {
		/* If all are stuck, the next ones may well be: one for each queue that waits. */
		missing = MAX(missing, MIN(dispatcher.ready_count, (size_t) RELIEF));
	}
	missing = MIN(missing, MAX_WORKERS - dispatcher.worker_count);
	for (size_t i = 0; i < missing; i++) {
		if (start_worker_locked()) {
			return 0;
		}
	}
	return missing > 0;
}

/*! \brief Join threads that have ended. */
static void join_ended_locked(void)
{
	struct worker *worker;

	while ((worker = AST_LIST_REMOVE_HEAD(&dispatcher.ended, list))) {
		ast_mutex_unlock(&dispatcher.lock);
		pthread_join(worker->thread, NULL);
		ast_free(worker);
		ast_mutex_lock(&dispatcher.lock);
	}
}

/*! \brief Watch over the others: asleep unless queues are ready and nobody idles. */
static void *watcher_main(void *data attribute_unused)
{
	ast_mutex_lock(&dispatcher.lock);
	while (!dispatcher.stopping || dispatcher.worker_count) {
		join_ended_locked();
		if (dispatcher.stopping || !dispatcher.ready_count || dispatcher.idle_count) {
			if (dispatcher.stopping && !dispatcher.worker_count) {
				break;
			}
			dispatcher.watcher_sleeps = 1;
			ast_cond_wait(&dispatcher.watch, &dispatcher.lock);
			dispatcher.watcher_sleeps = 0;
		} else if (!relieve_locked()) {
			int64_t until = broadcast_clock_ns() + STUCK_NS;
			struct timespec end = { .tv_sec = until / 1000000000, .tv_nsec = until % 1000000000 };

			ast_cond_timedwait(&dispatcher.watch, &dispatcher.lock, &end);
		}
	}
	join_ended_locked();
	ast_mutex_unlock(&dispatcher.lock);
	return NULL;
}

/*! \brief A condition whose timed waits go by the monotonic clock. */
static void init_condition(ast_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	ast_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

/*! \brief One thread a core, 2 to 8. */
static size_t default_workers(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores < 2 ? 2 : MIN(cores, 8);
}

int dispatcher_start(void)
{
	memset(&dispatcher, 0, sizeof(dispatcher));
	ast_mutex_init(&dispatcher.lock);
	init_condition(&dispatcher.work);
	init_condition(&dispatcher.watch);
	dispatcher.base_count = default_workers();
	if (ast_pthread_create(&dispatcher.watcher, NULL, watcher_main, NULL)) {
		return -1;
	}
	ast_mutex_lock(&dispatcher.lock);
	for (size_t i = 0; i < dispatcher.base_count; i++) {
		if (start_worker_locked()) {
			break;
		}
	}
	if (dispatcher.worker_count) {
		ast_mutex_unlock(&dispatcher.lock);
		return 0;
	}
	ast_mutex_unlock(&dispatcher.lock);
	dispatcher_stop();
	return -1;
}

static void drop_queue_locked(void *thing, void *data)
{
	struct app_queue *queue = thing;

	while (!AST_LIST_EMPTY(&queue->waiting)) {
		drop_first_locked(queue, data);
	}
}

void dispatcher_stop(void)
{
	struct deliveries finished = AST_LIST_HEAD_NOLOCK_INIT_VALUE;

	ast_mutex_lock(&dispatcher.lock);
	dispatcher.stopping = 1;
	table_each(&dispatcher.queues, drop_queue_locked, &finished);
	ast_cond_broadcast(&dispatcher.work);
	ast_cond_signal(&dispatcher.watch);
	ast_mutex_unlock(&dispatcher.lock);
	free_deliveries(&finished);

	pthread_join(dispatcher.watcher, NULL);
	ast_cond_destroy(&dispatcher.work);
	ast_cond_destroy(&dispatcher.watch);
	ast_mutex_destroy(&dispatcher.lock);
}

void dispatcher_look(struct dispatcher_figures *figures)
{
	ast_mutex_lock(&dispatcher.lock);
	*figures = dispatcher.figures;
	figures->queues = dispatcher.queues.count;
	figures->threads = dispatcher.worker_count;
	ast_mutex_unlock(&dispatcher.lock);
}
