/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The dispatcher as a whole: start, stop, how many threads, what it has done.
 */

#include "dispatch_private.h"

#include <unistd.h>

#include "asterisk/utils.h"

/*! An application is stalled when one event has been written to it for this long, in nanoseconds. */
#define STALLED_NS INT64_C(50000000)

struct dispatcher dispatcher;

/*! \brief How many threads there shall be: \a wanted, or for 0 one a core, 2 to 8. */
static size_t base_count(int wanted)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (wanted) {
		return wanted;
	}
	return cores < 2 ? 2 : MIN(cores, 8);
}

/*! \brief Destroy what the threads synchronize with. */
static void destroy_sync(void)
{
	if (dispatcher.timer >= 0) {
		close(dispatcher.timer);
	}
	ast_mutex_destroy(&dispatcher.lock);
}

void dispatch_set_threads(int threads)
{
	size_t missing;

	ast_mutex_lock(&dispatcher.lock);
	dispatcher.base_count = base_count(threads);
	missing = workers_fill_up();
	/* Those that are too many now go after a while without work. */
	workers_recheck();
	ast_mutex_unlock(&dispatcher.lock);
	if (missing) {
		ast_log(LOG_WARNING,
			"%zu of the threads that dispatch_threads asks for cannot be started. Check the limits of threads "
			"and memory\n",
			missing);
	}
}

int dispatch_start(int threads)
{
	int is_served;

	memset(&dispatcher, 0, sizeof(dispatcher));
	ast_mutex_init(&dispatcher.lock);
	dispatcher.base_count = base_count(threads);
	if (timer_create_disarmed() || ast_pthread_create(&dispatcher.watchdog, NULL, watchdog_main, NULL)) {
		destroy_sync();
		return -1;
	}
	ast_mutex_lock(&dispatcher.lock);
	/* The others are the watchdog's to start: who loads the module waits for this. */
	is_served = dispatcher.worker_count || !worker_start();
	ast_mutex_unlock(&dispatcher.lock);
	if (!is_served) {
		dispatch_stop();
		return -1;
	}
	return 0;
}

void dispatch_stop(void)
{
	struct deferred_release deferred = AST_LIST_HEAD_NOLOCK_INIT_VALUE;

	ast_mutex_lock(&dispatcher.lock);
	dispatcher.stopping = 1;
	queue_drop_all(&deferred);
	workers_recheck();
	watchdog_kick();
	ast_mutex_unlock(&dispatcher.lock);
	delivery_release(&deferred);

	pthread_join(dispatcher.watchdog, NULL);
	workers_free_spare();
	destroy_sync();
}

/*!
 * \brief Whether a thread is stuck in writing to an application. With the lock.
 *
 * The watchdog checks threads only when others have to stand in for them: a write that takes long is one, too.
 */
static int is_stalled(const struct app_queue *queue)
{
	const int64_t writing_ns =
		queue->writer ? atomic_load_explicit(&queue->writer->writing_ns, memory_order_relaxed) : 0;

	return writing_ns && (queue->writer->stuck || broadcast_clock_ns() - writing_ns >= STALLED_NS);
}

/*! \brief Count the applications that do not read. With the lock. */
static void count_stalled(void *thing, void *data)
{
	*(size_t *) data += is_stalled(thing);
}

void dispatch_get_totals(struct stasis_broadcast_totals *totals)
{
	totals->stalled_apps = 0;
	ast_mutex_lock(&dispatcher.lock);
	memcpy(totals->events, dispatcher.events, sizeof(totals->events));
	totals->delivery_time = dispatcher.delivery_time;
	totals->queued_events = dispatcher.stats.queued;
	totals->threads = dispatcher.worker_count;
	table_each(&dispatcher.queues, count_stalled, &totals->stalled_apps);
	ast_mutex_unlock(&dispatcher.lock);
}

/*! \brief Who visits the queues. */
struct visitor {
	void (*visit)(const struct dispatch_queue *queue, void *data);
	void *data;
};

static void visit_queue(void *thing, void *data)
{
	const struct app_queue *queue = thing;
	const struct visitor *visitor = data;
	const struct dispatch_queue described = {
		.app = queue->app,
		.queued = queue->count,
		.dropped = queue->uncounted,
		.is_stalled = is_stalled(queue),
	};

	visitor->visit(&described, visitor->data);
}

void dispatch_each_queue(void (*visit)(const struct dispatch_queue *queue, void *data), void *data)
{
	struct visitor visitor = { .visit = visit, .data = data };

	ast_mutex_lock(&dispatcher.lock);
	table_each(&dispatcher.queues, visit_queue, &visitor);
	ast_mutex_unlock(&dispatcher.lock);
}

void dispatch_get_stats(struct stasis_broadcast_stats *stats)
{
	ast_mutex_lock(&dispatcher.lock);
	*stats = dispatcher.stats;
	stats->queues = dispatcher.queues.count;
	stats->threads = dispatcher.worker_count;
	ast_mutex_unlock(&dispatcher.lock);
}
