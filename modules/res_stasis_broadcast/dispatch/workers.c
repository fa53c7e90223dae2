/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The threads that send events: a few, and more while some of them are stuck (watchdog.c).
 *
 * An application that does not read holds up its own queue and the thread that writes to it, which is
 * replaced; nobody else, and never a call. docs/ARCHITECTURE.md says why these are not taskprocessors.
 */

#include "dispatch_private.h"

#include <unistd.h>

#include "../directory.h"
#include "../source_types.h"
#include "../stats_store.h"
#include "asterisk/utils.h"
#include "printable.h"

/*!
 * So many events for each thread at work are worth one more thread. With fewer, two threads get in each
 * other's way more than they help (docs/ARCHITECTURE.md), unless some threads are stuck: then the
 * next event may well be for one more application that does not read.
 */
#define WORTH_ANOTHER 150

/*! How long a thread that replaced another stays without work, in nanoseconds. */
#define LINGER_NS INT64_C(10000000000)

/*! The longest time that is noted of a recipient, in tenths of a millisecond: 14 hours. */
#define MAX_SENT ((1 << 29) - 1)

/*!
 * \brief Take an idle thread to work if none is at work or if there is enough for one more; else let the watchdog
 * check those at work.
 *
 * The last one that went idle, so that those that are not needed stay idle and go (idle_locked()).
 *
 * \return The thread, to signal; NULL if none is to wake.
 */
static struct worker *wake_locked(void)
{
	size_t at_work = dispatcher.worker_count - dispatcher.idle_count - dispatcher.stuck_count;
	size_t worth = at_work * (dispatcher.stuck_count ? 1 : WORTH_ANOTHER);
	struct worker *worker = NULL;

	if (!dispatcher.ready_count) {
		return NULL;
	}
	if (dispatcher.ready_events >= worth && (worker = AST_LIST_REMOVE_HEAD(&dispatcher.idle, idle))) {
		dispatcher.idle_count--;
		dispatcher.pending_wakeups++;
		worker->woken = 1;
	}
	watchdog_arm();
	return worker;
}

void workers_wake(void)
{
	struct worker *worker = wake_locked();

	if (worker) {
		ast_cond_signal(&worker->wake);
	}
}

void workers_wake_unlock(void)
{
	struct worker *worker = wake_locked();

	ast_mutex_unlock(&dispatcher.lock);
	if (worker) {
		ast_cond_signal(&worker->wake);
	}
}

void workers_signal_woken(void)
{
	struct worker *worker;

	AST_LIST_TRAVERSE(&dispatcher.workers, worker, list)
	{
		if (worker->woken) {
			ast_cond_signal(&worker->wake);
		}
	}
}

void workers_recheck(void)
{
	struct worker *worker;

	AST_LIST_TRAVERSE(&dispatcher.workers, worker, list)
	{
		ast_cond_signal(&worker->wake);
	}
}

/*!
 * \brief Give an event to an application. Blocks as long as the application's connection does.
 *
 * \param app The application's name.
 * \param event The event.
 * \param suspect Whether it may be gone, so that it is asked for first: Asterisk would log
 *        a warning for each event to one that is not registered.
 *
 * \retval 0 on success, -1 if it was not sent.
 */
static int send_event(const char *app, const struct stasis_broadcast_event *event, int suspect)
{
	return suspect && !directory_is_there(app) ? -1 : directory_send(app, event);
}

/*! \brief Tell the debug log of an event that was sent, or could not be. Without the lock. */
static void debug_sent(const char *app, struct ast_json *event, int result)
{
	const char *type = ast_json_string_get(ast_json_object_get(event, "type"));
	const char *id = ast_json_string_get(ast_json_object_get(ast_json_object_get(event, "channel"), "id"));
	char shown_app[PRINTABLE_SIZE];
	char shown_id[PRINTABLE_SIZE];

	ast_debug(2, "%s: %s %s to '%s'\n", printable(id, shown_id, sizeof(shown_id)), type,
		result ? "could not be sent" : "was sent", printable(app, shown_app, sizeof(shown_app)));
}

/*! \brief Write one event of a delivery, with the lock released meanwhile. \retval 0 if it was sent. */
static int write_locked(struct worker *worker, struct app_queue *queue, const struct delivery *delivery,
	struct ast_json *json, enum stasis_broadcast_event_kind kind)
{
	struct stasis_broadcast_event event = {
		.json = ast_json_ref(json),
		.serial = broadcast_serial(delivery->broadcast),
		.is_offer = kind == STASIS_BROADCAST_EVENT_CALL_BROADCAST,
		.remaining_ms = broadcast_remaining_ms(delivery->broadcast),
	};
	int suspect = queue->suspect;
	int failed;

	queue->writer = worker;
	atomic_store_explicit(&worker->writing_ns, broadcast_clock_ns(), memory_order_relaxed);
	ast_mutex_unlock(&dispatcher.lock);

	failed = send_event(queue->app, &event, suspect) != 0;
	suspect = failed;
	atomic_store_explicit(&worker->writing_ns, 0, memory_order_relaxed);
	if (DEBUG_ATLEAST(2)) {
		debug_sent(queue->app, json, suspect);
	}
	ast_json_unref(json);

	ast_mutex_lock(&dispatcher.lock);
	queue->writer = NULL;
	dispatcher.stats.sent += !failed;
	dispatcher.events[kind].sent += !failed;
	dispatcher.events[kind].failed += failed;
	if (worker->stuck) {
		worker->stuck = 0;
		dispatcher.stuck_count--;
		suspect = 1;
	}
	queue->suspect |= suspect;
	return failed;
}

/*! \brief Note that CallBroadcast was written to a recipient. */
static void note_sent_locked(struct recipient *recipient)
{
	const int64_t took_ns = broadcast_clock_ns() - recipient->offering->queued_ns;

	recipient->sent = (unsigned int) MIN(took_ns / 100000 + 1, MAX_SENT);
	stats_histogram_add(&dispatcher.delivery_time, took_ns);
}

/*! \brief Count dropped events for their application, with the lock released meanwhile. */
static void count_dropped_locked(struct app_queue *queue)
{
	unsigned int dropped = queue->uncounted;

	if (dropped) {
		queue->uncounted = 0;
		ast_mutex_unlock(&dispatcher.lock);
		stats_count_dropped(queue->app, dropped);
		ast_mutex_lock(&dispatcher.lock);
	}
}

/*!
 * \brief Tell the log of events that were dropped, with the lock released meanwhile.
 *
 * Asked in each turn of a queue, whatever is left in it: all of that may be stale.
 */
static void warn_of_overflow_locked(struct app_queue *queue)
{
	unsigned int overflowed = queue->overflowed;
	char app[PRINTABLE_SIZE];

	/* The last turn tells what is left to tell. */
	if (!overflowed || (!log_limit_pass(&queue->log_limit, 1, NULL) && queue->count > 1)) {
		return;
	}
	queue->overflowed = 0;
	ast_mutex_unlock(&dispatcher.lock);
	ast_log(LOG_WARNING,
		"Application '%s' reads too slowly: %u events for it were dropped. Check its connection, and "
		"websocket_write_timeout in ari.conf\n",
		printable(queue->app, app, sizeof(app)), overflowed);
	ast_mutex_lock(&dispatcher.lock);
}

/*! \brief Serve the first recipient of a queue. */
static void serve_locked(struct worker *worker, struct app_queue *queue, struct deferred_release *deferred)
{
	struct recipient *recipient = queue_take(queue);
	struct delivery *delivery = recipient->offering->delivery;

	if (recipient->stage == STAGE_END) {
		write_locked(worker, queue, delivery, delivery->end, delivery->end_kind);
		recipient->stage = STAGE_DONE;
	} else if (delivery_is_stale(delivery)) {
		/* Who did not hear of the offer does not hear how it ended. */
		recipient->stage = STAGE_DONE;
		dispatcher.stats.stale++;
		dispatcher.events[STASIS_BROADCAST_EVENT_CALL_BROADCAST].stale++;
	} else {
		recipient->stage = STAGE_OFFERING;
		if (!write_locked(
				worker, queue, delivery, recipient->offering->event, STASIS_BROADCAST_EVENT_CALL_BROADCAST)) {
			note_sent_locked(recipient);
		}
		recipient->stage = STAGE_OFFERED;
		if (delivery->end && !dispatcher.stopping) {
			/* In the same turn: what was queued meanwhile may be the next offer of the same channel. */
			recipient->stage = STAGE_END;
			write_locked(worker, queue, delivery, delivery->end, delivery->end_kind);
			recipient->stage = STAGE_DONE;
		}
	}
	delivery_settle(recipient, deferred);
}

/*! \brief Whether there are more threads than there shall be when none is stuck. */
static int are_too_many(void)
{
	return dispatcher.worker_count > dispatcher.base_count;
}

/*!
 * \brief Wait until there is work.
 *
 * \return Whether to stay: a thread beyond the base number goes after it had nothing to do for long.
 */
static int idle_locked(struct worker *worker)
{
	int64_t until = broadcast_clock_ns() + LINGER_NS;
	struct timespec end = { .tv_sec = until / 1000000000, .tv_nsec = until % 1000000000 };
	int stay = 1;

	AST_LIST_INSERT_HEAD(&dispatcher.idle, worker, idle);
	dispatcher.idle_count++;
	while (stay && !worker->woken && !dispatcher.stopping) {
		if (!are_too_many()) {
			ast_cond_wait(&worker->wake, &dispatcher.lock);
		} else if (ast_cond_timedwait(&worker->wake, &dispatcher.lock, &end)) {
			stay = !are_too_many();
		}
	}
	if (worker->woken) {
		/* Who woke it has taken it off the idle ones. */
		worker->woken = 0;
		dispatcher.pending_wakeups--;
		return 1;
	}
	AST_LIST_REMOVE(&dispatcher.idle, worker, idle);
	dispatcher.idle_count--;
	return stay;
}

/*! \brief Serve ready queues, one recipient at a time, until there is nothing more to do. */
static void work_locked(struct worker *worker)
{
	struct deferred_release deferred = AST_LIST_HEAD_NOLOCK_INIT_VALUE;
	struct app_queue *queue;

	while ((queue = queue_next_ready())) {
		workers_wake();
		warn_of_overflow_locked(queue);
		count_dropped_locked(queue);
		/* The end of the dispatcher empties queues that are ready. */
		if (queue->count) {
			serve_locked(worker, queue, &deferred);
		}
		queue_put_back(queue);
		if (!AST_LIST_EMPTY(&deferred)) {
			ast_mutex_unlock(&dispatcher.lock);
			delivery_release(&deferred);
			ast_mutex_lock(&dispatcher.lock);
		}
	}
}

static void *worker_main(void *data)
{
	struct worker *worker = data;

	atomic_store(&worker->tid, ast_get_tid());
	ast_mutex_lock(&dispatcher.lock);
	do {
		work_locked(worker);
		watchdog_disarm();
	} while (!dispatcher.stopping && idle_locked(worker));
	AST_LIST_REMOVE(&dispatcher.workers, worker, list);
	AST_LIST_INSERT_TAIL(&dispatcher.ended, worker, list);
	dispatcher.worker_count--;
	watchdog_kick();
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

/*! \brief What a new thread needs: of one that was joined, or new. \return NULL without memory. */
static struct worker *worker_get(void)
{
	struct worker *worker = AST_LIST_REMOVE_HEAD(&dispatcher.spare, list);

	if (!worker && (worker = ast_calloc(1, sizeof(*worker)))) {
		init_condition(&worker->wake);
	}
	return worker;
}

int worker_start(void)
{
	struct worker *worker = worker_get();

	if (!worker) {
		return -1;
	}
	atomic_store(&worker->tid, 0);
	/* Under the lock, so that the thread cannot end before its identity is written down. */
	if (ast_pthread_create_background(&worker->thread, NULL, worker_main, worker)) {
		AST_LIST_INSERT_HEAD(&dispatcher.spare, worker, list);
		return -1;
	}
	AST_LIST_INSERT_TAIL(&dispatcher.workers, worker, list);
	dispatcher.worker_count++;
	return 0;
}

size_t workers_fill_up(void)
{
	while (dispatcher.worker_count < dispatcher.base_count && !worker_start()) {
	}
	return dispatcher.base_count - MIN(dispatcher.worker_count, dispatcher.base_count);
}

void workers_join_ended(void)
{
	struct worker *worker;

	while ((worker = AST_LIST_REMOVE_HEAD(&dispatcher.ended, list))) {
		ast_mutex_unlock(&dispatcher.lock);
		pthread_join(worker->thread, NULL);
		ast_mutex_lock(&dispatcher.lock);
		AST_LIST_INSERT_HEAD(&dispatcher.spare, worker, list);
	}
}

void workers_free_spare(void)
{
	struct worker *worker;

	while ((worker = AST_LIST_REMOVE_HEAD(&dispatcher.spare, list))) {
		ast_cond_destroy(&worker->wake);
		ast_free(worker);
	}
}
