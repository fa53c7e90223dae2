/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the files of the dispatcher share: delivery.c (the events of one broadcast), queues.c
 * (what waits for one application), dispatcher.c (the threads that send) and watcher.c (the one that
 * looks after them).
 */

#ifndef RES_STASIS_BROADCAST_DISPATCHER_H
#define RES_STASIS_BROADCAST_DISPATCHER_H

#include "private.h"

#include "asterisk/linkedlists.h"
#include "asterisk/lock.h"
#include "figures.h"
#include "table.h"

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
	enum {
		/*! It was just made. */
		QUEUE_NEW,
		/*! It waits for a thread. */
		QUEUE_READY,
		/*! A thread serves it. */
		QUEUE_SERVED,
	} state;
	/*! Whether a write to the application has failed or taken long: it may be gone. */
	int in_doubt;
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
	/*! Whether that was so long ago that it is not counted on. */
	int stuck;
	AST_LIST_ENTRY(worker) list;
};

AST_LIST_HEAD_NOLOCK(workers, worker);

/*!
 * \brief The dispatcher.
 *
 * One lock for all of it: it is held for a few instructions a recipient, to set a timer, or to start one
 * thread; never across a write, the making of an event or a log line. No other lock is taken under it.
 */
struct dispatcher {
	ast_mutex_t lock;
	/*! Signalled for each one in \c calls. */
	ast_cond_t work;
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
	size_t worker_count;
	/*! Threads that sleep and that nobody has called yet. */
	size_t idle_count;
	/*! Threads that were called and have not woken up yet. */
	size_t calls;
	/*! Threads that are not counted on. */
	size_t stuck_count;
	/*! How many threads send when none is stuck. */
	size_t base_count;
	int stopping;
	struct stasis_broadcast_figures figures;
	pthread_t watcher;
	/*! Wakes the thread that watches over the others. A timer costs nothing as long as it does not fire. */
	int timer;
	/*! Whether the timer is running. */
	int timer_runs;
};

extern struct dispatcher dispatcher;

/*
 * delivery.c
 */

/*! \brief Free deliveries that nobody needs. Without the lock: a broadcast may go with them. */
void delivery_free_all(struct deliveries *finished);

/*! \brief One recipient less is queued; the last one may finish the delivery. With the lock. */
void delivery_settle(struct delivery *delivery, struct deliveries *finished);

/*! \brief Whether the broadcast closed so long ago that its offer is not worth sending. */
int delivery_is_stale(const struct delivery *delivery);

/*
 * queues.c: all of it with the lock
 */

/*! \brief Put a recipient at the end of its application's queue, if there is room. */
void queue_add(struct recipient *recipient, enum stage stage, struct deliveries *finished);

/*! \brief Take the first recipient out of a queue that has one. */
struct recipient *queue_take(struct app_queue *queue);

/*! \brief Take the queue that has waited longest for a thread; NULL if none is ready. */
struct app_queue *queue_next_ready(void);

/*! \brief After a turn a queue goes to the end of the ready ones, or away if nothing waits in it. */
void queue_put_back(struct app_queue *queue);

/*! \brief Empty all queues without sending anything. */
void queue_drop_all(struct deliveries *finished);

/*
 * dispatcher.c
 */

/*! \brief See to it that what is ready is served. With the lock. */
void dispatcher_wake(void);

/*! \brief The same, and release the lock, which the thread that wakes needs. */
void dispatcher_release(void);

/*!
 * \brief Start one more thread. With the lock.
 *
 * \retval 0 on success, -1 if there is none to be had.
 */
int dispatcher_start_thread(void);

/*
 * watcher.c: all of it with the lock, but for watcher_main()
 */

/*! \brief Something is ready: look after the threads in a while, if that is not planned yet. */
void watcher_look(void);

/*! \brief Nothing is ready: there is nothing to look after. */
void watcher_rest(void);

/*! \brief A thread has ended, or the dispatcher ends: look at once. */
void watcher_call(void);

/*! \brief The watcher's thread, until the dispatcher stops and the other threads have ended. */
void *watcher_main(void *data);

#endif /* RES_STASIS_BROADCAST_DISPATCHER_H */
