/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The threads that send events: a few, and more while some of them are stuck (watcher.c).
 *
 * An application that does not read holds up its own queue and the thread that writes to it, which is
 * replaced; nobody else, and never a call. docs/ARCHITECTURE.md says why these are not taskprocessors.
 */

#include "dispatcher.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include "asterisk/stasis_app.h"
#include "asterisk/utils.h"
#include "compat.h"
#include "printable.h"

/*!
 * So many events for each thread at work are worth one more thread. With fewer, two threads get in each
 * other's way more than they help (docs/ARCHITECTURE.md), unless some threads are stuck: then the
 * next event may well be for one more application that does not read.
 */
#define WORTH_ANOTHER 150

/*! How long a thread that replaced another stays without work, in nanoseconds. */
#define LINGER_NS INT64_C(10000000000)

struct dispatcher dispatcher;

/*!
 * \brief Call a thread if none is at work or if there is enough for one more; else let the watcher look
 * after those at work.
 *
 * \return Whether one was called, and is to be woken.
 */
static int call_locked(void)
{
	size_t at_work = dispatcher.worker_count - dispatcher.idle_count - dispatcher.stuck_count;
	size_t worth = at_work * (dispatcher.stuck_count ? 1 : WORTH_ANOTHER);
	int called = 0;

	if (!dispatcher.ready_count) {
		return 0;
	}
	if (dispatcher.idle_count && dispatcher.ready_events >= worth) {
		dispatcher.idle_count--;
		dispatcher.calls++;
		called = 1;
	}
	watcher_look();
	return called;
}

void dispatcher_wake(void)
{
	if (call_locked()) {
		ast_cond_signal(&dispatcher.work);
	}
}

void dispatcher_release(void)
{
	int called = call_locked();

	ast_mutex_unlock(&dispatcher.lock);
	if (called) {
		ast_cond_signal(&dispatcher.work);
	}
}

/*!
 * \brief Give an event to an application. Blocks as long as the application's connection does.
 *
 * \param app The application's name.
 * \param event The event.
 * \param may_be_gone Whether to look first if it is still registered: Asterisk would log
 *        a warning for each event to one that is not.
 *
 * \retval 0 on success, -1 if it was not sent.
 */
static int send_event(const char *app, struct ast_json *event, int may_be_gone)
{
	/* Asterisk adds fields at the top of what it is given: each application gets a top of its own. */
	struct ast_json *copy = may_be_gone && !compat_app_is_registered(app) ? NULL : ast_json_copy(event);
	int result = -1;

	if (copy) {
		struct ast_json *name = ast_json_string_create(app);

		/*
		 * Asterisk 16 puts a name of its own in the place of this one, and logs this one afterwards if the
		 * application could not be written to: it has to live until then.
		 */
		ast_json_object_set(copy, "application", ast_json_ref(name));
		result = stasis_app_send(app, copy);
		ast_json_unref(name);
	}
	ast_json_unref(copy);
	return result;
}

/*! \brief Write one event, with the lock released meanwhile. */
static void write_locked(struct worker *worker, struct app_queue *queue, struct ast_json *event)
{
	unsigned int overflowed = queue->overflowed;
	int in_doubt = queue->in_doubt;
	char app[PRINTABLE_SIZE];

	queue->overflowed = 0;
	ast_json_ref(event);
	worker->since_ns = broadcast_clock_ns();
	ast_mutex_unlock(&dispatcher.lock);

	if (overflowed) {
		ast_log(LOG_WARNING,
			"Application '%s' reads too slowly: %u events for it were dropped. Look at its connection, or at "
			"websocket_write_timeout in ari.conf\n",
			printable(queue->app, app, sizeof(app)), overflowed);
	}
	in_doubt = send_event(queue->app, event, in_doubt) != 0;
	ast_json_unref(event);

	ast_mutex_lock(&dispatcher.lock);
	worker->since_ns = 0;
	dispatcher.figures.sent += !in_doubt;
	if (worker->stuck) {
		worker->stuck = 0;
		dispatcher.stuck_count--;
		in_doubt = 1;
	}
	queue->in_doubt |= in_doubt;
}

/*! \brief Serve the first recipient of a queue. */
static void serve_locked(struct worker *worker, struct app_queue *queue, struct deliveries *finished)
{
	struct recipient *recipient = queue_take(queue);
	struct delivery *delivery = recipient->delivery;

	if (recipient->stage == STAGE_CLAIMED) {
		write_locked(worker, queue, delivery->claimed);
		recipient->stage = STAGE_DONE;
	} else if (delivery_is_stale(delivery)) {
		/* Whoever did not hear of the offer is not told that it was claimed. */
		recipient->stage = STAGE_DONE;
		dispatcher.figures.stale++;
	} else {
		write_locked(worker, queue, delivery->offered);
		recipient->stage = STAGE_OFFERED;
		if (delivery->claimed && !dispatcher.stopping) {
			/* In the same turn: what was queued meanwhile may be the next offer of the same channel. */
			recipient->stage = STAGE_CLAIMED;
			write_locked(worker, queue, delivery->claimed);
			recipient->stage = STAGE_DONE;
		}
	}
	delivery_settle(delivery, finished);
}

/*!
 * \brief Wait for a queue to become ready.
 *
 * \return Whether to stay: a thread beyond the base number goes after it had nothing to do for long.
 */
static int idle_locked(void)
{
	int64_t until = broadcast_clock_ns() + LINGER_NS;
	struct timespec end = { .tv_sec = until / 1000000000, .tv_nsec = until % 1000000000 };
	int stay = 1;

	dispatcher.idle_count++;
	while (stay && !dispatcher.calls && !dispatcher.stopping) {
		if (dispatcher.worker_count <= dispatcher.base_count) {
			ast_cond_wait(&dispatcher.work, &dispatcher.lock);
		} else if (ast_cond_timedwait(&dispatcher.work, &dispatcher.lock, &end)) {
			stay = dispatcher.worker_count <= dispatcher.base_count;
		}
	}
	if (dispatcher.calls) {
		/* Whoever called has taken it off the idle ones. */
		dispatcher.calls--;
		return 1;
	}
	dispatcher.idle_count--;
	return stay;
}

/*! \brief Serve ready queues, one recipient at a time, until there is nothing more to do. */
static void work_locked(struct worker *worker)
{
	struct deliveries finished = AST_LIST_HEAD_NOLOCK_INIT_VALUE;
	struct app_queue *queue;

	while ((queue = queue_next_ready())) {
		dispatcher_wake();
		/* The end of the dispatcher empties queues that are ready. */
		if (queue->count) {
			serve_locked(worker, queue, &finished);
		}
		queue_put_back(queue);
		if (!AST_LIST_EMPTY(&finished)) {
			ast_mutex_unlock(&dispatcher.lock);
			delivery_free_all(&finished);
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
		watcher_rest();
	} while (!dispatcher.stopping && idle_locked());
	AST_LIST_REMOVE(&dispatcher.workers, worker, list);
	AST_LIST_INSERT_TAIL(&dispatcher.ended, worker, list);
	dispatcher.worker_count--;
	watcher_call();
	ast_mutex_unlock(&dispatcher.lock);
	return NULL;
}

int dispatcher_start_thread(void)
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

/*! \brief A condition whose timed waits go by the monotonic clock. */
static void init_condition(ast_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	ast_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

/*! \brief How many threads there shall be: \a wanted, or for 0 one a core, 2 to 8. */
static size_t base_count(int wanted)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (wanted) {
		return wanted;
	}
	return cores < 2 ? 2 : MIN(cores, 8);
}

/*! \brief Give back what the threads synchronize with. */
static void free_means(void)
{
	if (dispatcher.timer >= 0) {
		close(dispatcher.timer);
	}
	ast_cond_destroy(&dispatcher.work);
	ast_mutex_destroy(&dispatcher.lock);
}

/*! \brief Start what threads are missing. \return How many there are not to be had. */
static size_t fill_up_locked(void)
{
	while (dispatcher.worker_count < dispatcher.base_count && !dispatcher_start_thread()) {
	}
	return dispatcher.base_count - MIN(dispatcher.worker_count, dispatcher.base_count);
}

void dispatcher_set_threads(int threads)
{
	size_t missing;

	ast_mutex_lock(&dispatcher.lock);
	dispatcher.base_count = base_count(threads);
	missing = fill_up_locked();
	/* Those that are too many now go after a while without work. */
	ast_cond_broadcast(&dispatcher.work);
	ast_mutex_unlock(&dispatcher.lock);
	if (missing) {
		ast_log(LOG_WARNING,
			"%zu of the threads that dispatch_threads asks for cannot be started. Look at the limits of threads "
			"and memory\n",
			missing);
	}
}

int dispatcher_start(int threads)
{
	memset(&dispatcher, 0, sizeof(dispatcher));
	ast_mutex_init(&dispatcher.lock);
	init_condition(&dispatcher.work);
	dispatcher.base_count = base_count(threads);
	dispatcher.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (dispatcher.timer < 0 || ast_pthread_create(&dispatcher.watcher, NULL, watcher_main, NULL)) {
		free_means();
		return -1;
	}
	ast_mutex_lock(&dispatcher.lock);
	fill_up_locked();
	if (dispatcher.worker_count) {
		ast_mutex_unlock(&dispatcher.lock);
		return 0;
	}
	ast_mutex_unlock(&dispatcher.lock);
	dispatcher_stop();
	return -1;
}

void dispatcher_stop(void)
{
	struct deliveries finished = AST_LIST_HEAD_NOLOCK_INIT_VALUE;

	ast_mutex_lock(&dispatcher.lock);
	dispatcher.stopping = 1;
	queue_drop_all(&finished);
	ast_cond_broadcast(&dispatcher.work);
	watcher_call();
	ast_mutex_unlock(&dispatcher.lock);
	delivery_free_all(&finished);

	pthread_join(dispatcher.watcher, NULL);
	free_means();
}

void dispatcher_look(struct stasis_broadcast_figures *figures)
{
	ast_mutex_lock(&dispatcher.lock);
	*figures = dispatcher.figures;
	figures->queues = dispatcher.queues.count;
	figures->threads = dispatcher.worker_count;
	ast_mutex_unlock(&dispatcher.lock);
}
