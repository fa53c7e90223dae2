/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The thread that looks after those that send: asleep on a timer that costs nothing until it fires,
 * it replaces threads that are stuck, and joins those that have ended.
 */

#include "dispatcher.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

/*! While queues are ready, the threads are looked after this often, in nanoseconds. */
#define WATCH_NS INT64_C(2000000)

/*! A thread that has been writing one event for this long is not counted on any more, in nanoseconds. */
#define STUCK_NS INT64_C(1000000)

/*! If all threads are stuck, at least so many are started. */
#define FIRST_RELIEF 8

/*! So often the log tells that no thread can be started, in nanoseconds. */
#define COMPLAINT_NS INT64_C(10000000000)

/*! Threads at the most: so many applications that do not read at the same time are survived. */
#define MAX_WORKERS 512

/*! As soon as a timer can fire, in nanoseconds. */
#define AT_ONCE_NS 1

/*! \brief Have the watcher look in \a ns nanoseconds; 0: not at all. */
static void set_timer(int64_t ns)
{
	struct itimerspec when = { .it_value = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 } };

	timerfd_settime(dispatcher.timer, 0, &when, NULL);
	dispatcher.timer_runs = ns != 0;
}

void watcher_look(void)
{
	/* With as many threads as there may be, and all of them stuck, there is nothing to look after. */
	if (!dispatcher.timer_runs && dispatcher.stuck_count < MAX_WORKERS) {
		set_timer(WATCH_NS);
	}
}

void watcher_rest(void)
{
	/* Unless somebody waits to be joined. */
	if (dispatcher.timer_runs && AST_LIST_EMPTY(&dispatcher.ended)) {
		set_timer(0);
	}
}

void watcher_call(void)
{
	set_timer(AT_ONCE_NS);
}

/*! \brief Find the threads that have been writing the same event for long. */
static void mark_stuck_locked(void)
{
	struct worker *worker;
	int64_t now = broadcast_clock_ns();

	AST_LIST_TRAVERSE(&dispatcher.workers, worker, list)
	{
		if (!worker->stuck && worker->since_ns && now - worker->since_ns >= STUCK_NS) {
			worker->stuck = 1;
			dispatcher.stuck_count++;
		}
	}
}

/*! \brief How many threads it takes to replace those that are stuck while queues are ready and nobody idles. */
static size_t missing_locked(void)
{
	size_t able = dispatcher.worker_count - dispatcher.stuck_count;
	size_t missing = able < dispatcher.base_count ? dispatcher.base_count - able : 0;

	if (dispatcher.idle_count || dispatcher.calls) {
		return 0;
	}
	if (!able) {
		/* If all are stuck, the next ones may well be: twice as many each time. */
		missing =
			MAX(missing, MIN(dispatcher.ready_count, MAX(dispatcher.worker_count, (size_t) FIRST_RELIEF)));
	}
	return MIN(missing, MAX_WORKERS - dispatcher.worker_count);
}

/*! \brief Replace threads that are stuck. The lock is released after each, for the calls that want it. */
static void relieve_locked(void)
{
	static int64_t complained_ns;
	size_t missing = missing_locked();
	int64_t now;

	while (missing && !dispatcher.stopping) {
		int failed = dispatcher_start_thread();

		ast_mutex_unlock(&dispatcher.lock);
		now = broadcast_clock_ns();
		if (failed && (!complained_ns || now - complained_ns > COMPLAINT_NS)) {
			complained_ns = now;
			ast_log(LOG_ERROR,
				"No thread can be started, and those there are wait for applications that do not read: events "
				"are late. Look at the limits of threads and memory\n");
		}
		ast_mutex_lock(&dispatcher.lock);
		missing = failed ? 0 : missing - 1;
	}
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

void *watcher_main(void *data attribute_unused)
{
	uint64_t fired;

	ast_mutex_lock(&dispatcher.lock);
	while (!dispatcher.stopping || dispatcher.worker_count) {
		ast_mutex_unlock(&dispatcher.lock);
		if (read(dispatcher.timer, &fired, sizeof(fired)) < 0 && errno != EINTR) {
			ast_log(LOG_ERROR, "The dispatcher's timer cannot be read: %s\n", strerror(errno));
		}
		ast_mutex_lock(&dispatcher.lock);
		dispatcher.timer_runs = 0;
		join_ended_locked();
		if (!dispatcher.stopping && dispatcher.ready_count) {
			mark_stuck_locked();
			relieve_locked();
			dispatcher_wake();
			/* Whoever called last may not have come to it yet. */
			if (dispatcher.calls) {
				ast_cond_signal(&dispatcher.work);
			}
		}
	}
	join_ended_locked();
	ast_mutex_unlock(&dispatcher.lock);
	return NULL;
}
