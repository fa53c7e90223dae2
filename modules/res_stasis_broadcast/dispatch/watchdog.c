/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The thread that starts those that send, replaces those that are stuck in a write, and joins those that have ended.
 */

#include "dispatch_private.h"

#include "asterisk/utils.h"
#include "pause_point.h"

/*! A thread is checked when it has been writing one event for this long, in nanoseconds. */
#define STUCK_NS INT64_C(1000000)

/*! Without /proc, a thread is blocked that has used no CPU time for this long in a write, in nanoseconds. */
#define WITHOUT_CPU_NS INT64_C(20000000)

/*! If all threads are stuck, at least so many are started. */
#define FIRST_RELIEF 8

/*! \brief A thread that has been writing for long. */
struct suspect {
	struct worker *worker;
	/*! The write it was found in, by its begin. */
	int64_t writing_ns;
	pthread_t thread;
	pid_t tid;
	int blocked;
};

/*! \brief Find the threads that have been writing the same event for long. With the lock. \return How many. */
static size_t find_suspects_locked(struct suspect *suspects)
{
	const int64_t now = broadcast_clock_ns();
	struct worker *worker;
	size_t count = 0;

	AST_LIST_TRAVERSE(&dispatcher.workers, worker, list)
	{
		int64_t writing_ns = atomic_load_explicit(&worker->writing_ns, memory_order_relaxed);

		if (!worker->stuck && writing_ns && now - writing_ns >= STUCK_NS && count < DISPATCH_MAX_THREADS) {
			struct suspect *suspect = &suspects[count++];

			suspect->worker = worker;
			suspect->writing_ns = writing_ns;
			suspect->thread = worker->thread;
			suspect->tid = atomic_load(&worker->tid);
		}
	}
	return count;
}

/*!
 * \brief Whether a thread is blocked by what its CPU time tells: none was used for long in this write.
 *
 * One that waits for a CPU on a busy machine uses none either, but not for so long.
 */
static int is_without_cpu(const struct suspect *suspect)
{
	struct worker *worker = suspect->worker;
	const int64_t cpu_ns = thread_cpu_ns(suspect->thread);
	const int64_t now = broadcast_clock_ns();

	if (worker->sampled_write_ns != suspect->writing_ns || worker->cpu_ns != cpu_ns) {
		worker->sampled_write_ns = suspect->writing_ns;
		worker->cpu_ns = cpu_ns;
		worker->sampled_ns = now;
	}
	return now - worker->sampled_ns >= WITHOUT_CPU_NS;
}

/*!
 * \brief Whether a thread is blocked, and does not merely take long: on a busy machine all of them do.
 *
 * Only the watchdog joins other threads, so that this one is still there.
 */
static int is_blocked(const struct suspect *suspect)
{
	int blocked = thread_is_blocked(suspect->tid);

	return blocked >= 0 ? blocked : is_without_cpu(suspect);
}

/*! \brief Mark the threads that are blocked in a write, with the lock released while they are checked. */
static void mark_stuck_locked(void)
{
	/* This thread's own: there is one. */
	static struct suspect suspects[DISPATCH_MAX_THREADS];
	size_t count = find_suspects_locked(suspects);

	if (!count) {
		return;
	}
	ast_mutex_unlock(&dispatcher.lock);
	for (size_t i = 0; i < count; i++) {
		suspects[i].blocked = is_blocked(&suspects[i]);
	}
	ast_mutex_lock(&dispatcher.lock);
	for (size_t i = 0; i < count; i++) {
		struct worker *worker = suspects[i].worker;

		/* It may have gone on meanwhile. */
		if (suspects[i].blocked && atomic_load(&worker->writing_ns) == suspects[i].writing_ns) {
			worker->stuck = 1;
			dispatcher.stuck_count++;
		}
	}
}

/*! \brief Whether queues are ready, and nobody idles or is about to come to them. */
static int is_work_waiting_locked(void)
{
	return !dispatcher.stopping && dispatcher.ready_count && !dispatcher.idle_count &&
		!dispatcher.pending_wakeups;
}

/*! \brief How many threads there may be now: as many as there shall be that are not stuck. */
static size_t wanted_locked(void)
{
	return MIN(dispatcher.stuck_count + dispatcher.base_count, (size_t) DISPATCH_MAX_THREADS);
}

/*! \brief The same if all are stuck: the next ones may well be, so twice as many each time; 0 if not all are. */
static size_t wanted_if_all_stuck_locked(void)
{
	size_t more = MIN(dispatcher.ready_count, MAX(dispatcher.worker_count, (size_t) FIRST_RELIEF));

	if (dispatcher.stuck_count < dispatcher.worker_count) {
		return 0;
	}
	return MIN(dispatcher.worker_count + more, (size_t) DISPATCH_MAX_THREADS);
}

/*! \brief Tell the log that no thread can be started, at most once in a while. Without the lock. */
static void warn_no_thread(void)
{
	static struct log_limit limit;

	if (log_limit_pass(&limit, 1, NULL)) {
		ast_log(LOG_ERROR,
			"No thread can be started, and those there are wait for applications that do not read: events "
			"are late. Check the limits of threads and memory\n");
	}
}

/*!
 * \brief Replace threads that are stuck. The lock is released after each, for those who wait for it: so all is counted
 * again each time.
 */
static void relieve_locked(void)
{
	const size_t all_stuck = wanted_if_all_stuck_locked();
	int failed = 0;

	while (!failed && is_work_waiting_locked() && dispatcher.worker_count < MAX(all_stuck, wanted_locked())) {
		failed = worker_start();
		ast_mutex_unlock(&dispatcher.lock);
		pause_point("relief");
		if (failed) {
			warn_no_thread();
		}
		ast_mutex_lock(&dispatcher.lock);
	}
}

void *watchdog_main(void *data attribute_unused)
{
	ast_mutex_lock(&dispatcher.lock);
	if (!dispatcher.stopping) {
		workers_fill_up();
	}
	while (!dispatcher.stopping || dispatcher.worker_count) {
		ast_mutex_unlock(&dispatcher.lock);
		timer_wait();
		ast_mutex_lock(&dispatcher.lock);
		dispatcher.timer_armed = 0;
		workers_join_ended();
		if (!dispatcher.stopping && dispatcher.ready_count) {
			mark_stuck_locked();
			relieve_locked();
			workers_wake();
			workers_signal_woken();
		}
	}
	workers_join_ended();
	ast_mutex_unlock(&dispatcher.lock);
	return NULL;
}
