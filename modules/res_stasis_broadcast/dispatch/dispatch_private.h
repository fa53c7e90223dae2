/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the files of the dispatcher share. Each calls only those above it here: timer.c (the watchdog's),
 * thread_state.c, delivery.c (the events of one broadcast), queues.c (what waits for one application), workers.c (the
 * threads that send), watchdog.c (the one that replaces stuck ones), enqueue.c and dispatch.c (what others call).
 */

#ifndef RES_STASIS_BROADCAST_DISPATCH_PRIVATE_H
#define RES_STASIS_BROADCAST_DISPATCH_PRIVATE_H

#include "asterisk.h"

#include <stdatomic.h>

#include "../log_limit.h"
#include "../stats.h"
#include "../stats_types.h"
#include "asterisk/json.h"
#include "asterisk/linkedlists.h"
#include "asterisk/lock.h"
#include "broadcast.h"
#include "dispatch.h"
#include "names.h"
#include "table.h"

/*! Threads at the most: so many applications that do not read at the same time are survived. */
#define DISPATCH_MAX_THREADS 512

/*! \brief How far one recipient's events have come. */
enum stage {
	/*! CallBroadcast waits. */
	STAGE_OFFER,
	/*! CallBroadcast is being written. */
	STAGE_OFFERING,
	/*! CallBroadcast was sent; the event that tells of the end is to come if there will be one. */
	STAGE_OFFERED,
	/*! The event that tells of the end waits, or is being written. */
	STAGE_END,
	/*! Nothing more will be sent. */
	STAGE_DONE,
};

/*! \brief One recipient of an offering. */
struct recipient {
	AST_LIST_ENTRY(recipient) next;
	struct offering *offering;
	/*! Into the offering's names. */
	unsigned int name;
	enum stage stage : 3;
	/*! When CallBroadcast was written, in tenths of a millisecond since it was queued, plus 1; 0: it was not. */
	unsigned int sent : 29;
};

AST_LIST_HEAD_NOLOCK(recipients, recipient);

/*! \brief What one call of delivery_offer() is to send. */
struct offering {
	struct delivery *delivery;
	/*! The one before it; what is reached from here never changes. */
	struct offering *earlier;
	struct names *names;
	/*! The CallBroadcast event. */
	struct ast_json *event;
	/*! How many of the names get it: those that are in no earlier offering. */
	size_t count;
	/*! When it was made. */
	int64_t queued_ns;
	/*! In the order in which they are served. */
	struct recipient recipients[];
};

struct delivery {
	/*! Asked whether the offer is stale. */
	struct broadcast *broadcast;
	/*! Whether a reference to the broadcast is held: from the first event queued to the release after the last one. */
	int holds_broadcast;
	/*! The last one that was made. */
	struct offering *offerings;
	/*! The event that tells of the end, once there is one. */
	struct ast_json *end;
	/*! Whether offers are sent however long ago the broadcast closed. Set before there are any. */
	int keeps_late;
	enum stasis_broadcast_event_kind end_kind;
	/*! Whether delivery_end() was called. */
	int ended;
	/*! Recipients that are in a queue or being written to. */
	size_t queued;
	unsigned int references;
	/*! Whether it is on a list of deferred releases. */
	int deferred;
	AST_LIST_ENTRY(delivery) release;
};

/*! \brief Deliveries of which nothing is queued any more: to release without the lock. */
AST_LIST_HEAD_NOLOCK(deferred_release, delivery);

/*! \brief What waits for one application. Exists only while something does, or is being written. */
struct app_queue {
	struct recipients waiting;
	size_t count;
	enum {
		/*! It was just made. */
		QUEUE_NEW,
		/*! It waits for a thread. */
		QUEUE_READY,
		/*! A thread serves it. */
		QUEUE_SERVED,
	} state;
	/*! Whether a write to the application has failed or taken long: it may be gone. */
	int suspect;
	/*! Events dropped because the queue was full, since the last warning. */
	unsigned int overflowed;
	/*! The same, since they were counted for the application. */
	unsigned int uncounted;
	/*! The thread that writes to it; NULL if none does. */
	const struct worker *writer;
	/*! Of those warnings. */
	struct log_limit log_limit;
	AST_LIST_ENTRY(app_queue) ready;
	uint64_t hash;
	char app[];
};

/*! \brief A thread that sends. It is freed only when the dispatcher stops: a late signal may still reach it. */
struct worker {
	pthread_t thread;
	/*! Its number to the kernel; 0 until it runs. */
	_Atomic pid_t tid;
	/*! Signalled when it is woken. */
	ast_cond_t wake;
	/*! Whether it has been taken off the idle ones to work. */
	int woken;
	/*! When it began to write an event; 0 if it is not writing. Set without the lock as soon as a write returns. */
	_Atomic int64_t writing_ns;
	/*! The watchdog's: in which write, by its begin, it found which CPU time, and when it did so first; nanoseconds. */
	int64_t sampled_write_ns;
	int64_t cpu_ns;
	int64_t sampled_ns;
	/*! Whether it is blocked in a write, and not counted on. */
	int stuck;
	AST_LIST_ENTRY(worker) list;
	/*! The one that went idle before it. */
	AST_LIST_ENTRY(worker) idle;
};

AST_LIST_HEAD_NOLOCK(workers, worker);

/*!
 * \brief The dispatcher.
 *
 * One lock for all of it: it is held for a few instructions a recipient, to set a timer, or to start one thread; never
 * across a write, the making of an event or a log line. No other lock is taken under it.
 */
struct dispatcher {
	ast_mutex_t lock;
	/*! All queues, by application. */
	struct table queues;
	/*! Those that wait for a thread, longest first. */
	AST_LIST_HEAD_NOLOCK(, app_queue) ready;
	size_t ready_count;
	/*! Events in them. What waits behind an event that is being written is not among these. */
	size_t ready_events;
	struct workers workers;
	/*! Threads that have ended and are to be joined. */
	struct workers ended;
	/*! Those that were joined, for the next threads. */
	struct workers spare;
	/*! Those that sleep and that nobody has woken yet, the last one to go idle first. */
	struct workers idle;
	size_t idle_count;
	size_t worker_count;
	/*! Threads that were woken and do not run yet. */
	size_t pending_wakeups;
	/*! Threads that are not counted on. */
	size_t stuck_count;
	/*! How many threads send when none is stuck. */
	size_t base_count;
	int stopping;
	struct stasis_broadcast_stats stats;
	struct stasis_broadcast_event_stats events[STASIS_BROADCAST_EVENT_KINDS];
	struct stasis_broadcast_histogram delivery_time;
	pthread_t watchdog;
	/*! Wakes the watchdog. It costs nothing as long as it does not fire. */
	int timer;
	/*! Whether the timer is running. */
	int timer_armed;
};

extern struct dispatcher dispatcher;

/*
 * timer.c: with the lock, but for timer_wait()
 */

/*! \brief Make the timer, which is not armed. \retval 0 on success, else -1. */
int timer_create_disarmed(void);

/*! \brief Wait until the timer fires. The watchdog's thread, without the lock. */
void timer_wait(void);

/*! \brief Something is ready: have the watchdog check the threads in a while, unless it is going to. */
void watchdog_arm(void);

/*! \brief Nothing is ready: there is nothing to check, unless threads have ended. */
void watchdog_disarm(void);

/*! \brief A thread has ended, or the dispatcher stops: have the watchdog check at once. */
void watchdog_kick(void);

/*
 * thread_state.c: without the lock
 */

/*!
 * \brief Whether a thread is blocked: it neither runs nor waits for a CPU.
 *
 * \param tid Its number to the kernel.
 *
 * \retval 1 if it is, 0 if not, -1 if that cannot be found out (no /proc).
 */
int thread_is_blocked(pid_t tid);

/*! \brief The CPU time that a thread, which has not been joined, has used, in nanoseconds; -1 if it is not known. */
int64_t thread_cpu_ns(pthread_t thread);

/*
 * delivery.c
 */

/*! \brief Queue nothing more of an offering's recipient. With the lock. */
void delivery_settle(struct recipient *recipient, struct deferred_release *deferred);

/*! \brief One recipient more is queued. With the lock. */
void delivery_hold(struct delivery *delivery);

/*! \brief Give back what is not needed any more. Without the lock: broadcasts and events may go with it. */
void delivery_release(struct deferred_release *deferred);

/*! \brief Free an offering. Without the lock. */
void offering_free(struct offering *offering);

/*! \brief Whether the broadcast has closed: its offer could only lead to futile claims, and is not sent. */
int delivery_is_stale(const struct delivery *delivery);

/*
 * queues.c: all of it with the lock
 */

/*! \brief Put a recipient at the end of its application's queue, if there is room. */
void queue_add(struct recipient *recipient, enum stage stage, struct deferred_release *deferred);

/*! \brief Take the first recipient out of a queue that has one. */
struct recipient *queue_take(struct app_queue *queue);

/*! \brief Take the queue that has waited longest for a thread; NULL if none is ready. */
struct app_queue *queue_next_ready(void);

/*! \brief After a turn a queue goes to the end of the ready ones, or away if nothing waits in it. */
void queue_put_back(struct app_queue *queue);

/*! \brief Empty all queues without sending anything. */
void queue_drop_all(struct deferred_release *deferred);

/*
 * workers.c
 */

/*! \brief See to it that what is ready is served. With the lock. */
void workers_wake(void);

/*! \brief The same, and release the lock, which the thread that is woken needs. */
void workers_wake_unlock(void);

/*! \brief Signal those that were woken and do not run yet: who woke them may not have come to it. With the lock. */
void workers_signal_woken(void);

/*! \brief Start one more thread. With the lock. \retval 0 on success, -1 if none can be started. */
int worker_start(void);

/*! \brief Start threads until there are as many as there shall be. With the lock. \return How many cannot be started. */
size_t workers_fill_up(void);

/*! \brief Join threads that have ended. With the lock, which is released meanwhile. */
void workers_join_ended(void);

/*! \brief Free what is kept of threads that were joined. The thread that stops the dispatcher. */
void workers_free_spare(void);

/*! \brief Wake the idle ones, to see whether they are to stay. With the lock. */
void workers_recheck(void);

/*
 * watchdog.c
 */

/*!
 * \brief The watchdog's thread: starts the threads that there shall be, and watches until the dispatcher stops and they have
 * ended. Takes the lock.
 */
void *watchdog_main(void *data);

#endif /* RES_STASIS_BROADCAST_DISPATCH_PRIVATE_H */
