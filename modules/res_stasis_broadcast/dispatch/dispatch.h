/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The dispatcher: who is sent which event, in which order, by which thread.
 *
 * What is queued is sent by threads of the dispatcher. Nobody who calls these functions waits for an application.
 */

#ifndef RES_STASIS_BROADCAST_DISPATCH_H
#define RES_STASIS_BROADCAST_DISPATCH_H

#include <stddef.h>

struct ast_json;
struct broadcast;
struct names;
struct stasis_broadcast_stats;
struct stasis_broadcast_totals;

/*! \brief The events of one broadcast on their way to its recipients, reference-counted. */
struct delivery;

/*!
 * \brief Start the threads that send events: one, and the others come at once, but without the caller.
 *
 * \param threads How many while none is stuck; 0: one a core, 2 to 8.
 *
 * \retval 0 on success, -1 if that failed.
 *
 * \note The thread that loads the module.
 */
int dispatch_start(int threads);

/*! \brief Have another number of threads, as in dispatch_start(). Any thread; takes the dispatcher's lock. */
void dispatch_set_threads(int threads);

/*!
 * \brief Drop what is queued and end the threads; waits for events that are being written.
 *
 * \note The thread that unloads the module, when no other thread is in a function of the dispatcher.
 */
void dispatch_stop(void);

/*!
 * \brief What the dispatcher has done and is doing.
 *
 * \param[out] stats Filled in, but for the number of broadcasts.
 *
 * \note Any thread; takes the dispatcher's lock.
 */
void dispatch_get_stats(struct stasis_broadcast_stats *stats);

/*!
 * \brief The dispatcher's part of what is counted: events by type, how long CallBroadcast took, what waits, threads,
 *        and applications that a thread is stuck in writing to.
 *
 * \param[out] totals These fields of it are filled in.
 *
 * \note Any thread; takes the dispatcher's lock.
 */
void dispatch_get_totals(struct stasis_broadcast_totals *totals);

/*! \brief What waits for one application. */
struct dispatch_queue {
	/*! Borrowed for the call of the visitor. */
	const char *app;
	size_t queued;
	/*! Events that were dropped since stats_count_dropped() was called last. */
	unsigned int dropped;
	/*! Whether a thread is stuck in writing to it. */
	int is_stalled;
};

/*!
 * \brief Visit each application that events wait for.
 *
 * \param visit Called with the dispatcher's lock: it must not take time, nor another lock.
 * \param data For \a visit.
 *
 * \note Any thread; takes the dispatcher's lock.
 */
void dispatch_each_queue(void (*visit)(const struct dispatch_queue *queue, void *data), void *data);

/*!
 * \brief Prepare the delivery of a broadcast's events.
 *
 * \param broadcast Its broadcast. A reference is kept only while events are queued, so that the broadcast may refer to
 *        the delivery: who offers and ends has a reference of its own.
 *
 * \return A delivery with one reference; NULL if memory ran out.
 *
 * \note Any thread; takes no lock.
 */
struct delivery *delivery_create(struct broadcast *broadcast);

/*!
 * \brief Have every event of a delivery sent, an offer as well whose broadcast has closed meanwhile: for watchers, who
 *        want to know and not to claim.
 *
 * \note The thread that made it, before anybody else has it.
 */
void delivery_keep_late(struct delivery *delivery);

/*! \brief Take one more reference. \return \a delivery. Any thread; takes the dispatcher's lock. */
struct delivery *delivery_ref(struct delivery *delivery);

/*!
 * \brief Give a reference back; what is queued is sent all the same. \a delivery may be NULL.
 *
 * \note Any thread. Takes the dispatcher's lock.
 */
void delivery_unref(struct delivery *delivery);

/*!
 * \brief Queue CallBroadcast for recipients, in an order that is shuffled for this call, so that none is favoured.
 *
 * May be called again with others when the recipients have become more; who is in an earlier list is skipped. After
 * delivery_end() nobody hears of it any more. Returns at once: nothing is written in the calling thread.
 *
 * \param delivery The delivery.
 * \param recipients Who gets the event, none of them twice; a reference is taken.
 * \param event The CallBroadcast event without \c application; the reference is taken, also on failure.
 *
 * \retval 0 on success, -1 if memory ran out: then nothing was queued.
 *
 * \note Any thread that has a reference to the broadcast. Takes the dispatcher's lock.
 */
int delivery_offer(struct delivery *delivery, struct names *recipients, struct ast_json *event);

/*!
 * \brief Queue the event that tells of the end (CallClaimed, CallWithdrawn) for each recipient that got, or is still going to get,
 *        CallBroadcast; it never overtakes that one (SPEC section 4).
 *
 * For none if broadcast_is_followed(): the channel is on offer again, and who is offered it would take it for over.
 * The second call for a delivery, and those after it, queue nothing.
 *
 * \param delivery The delivery.
 * \param event The event without \c application; the reference is taken.
 *
 * \note Any thread that has a reference to the broadcast. Takes the dispatcher's lock.
 */
void delivery_end(struct delivery *delivery, struct ast_json *event);

/*! \brief How far the CallBroadcast of one recipient has come. */
enum delivery_stage {
	/*! It waits. Once the broadcast has closed, it is going to be dropped. */
	DELIVERY_QUEUED,
	/*! It is being written: for long, if the application does not read. */
	DELIVERY_WRITING,
	DELIVERY_SENT,
	/*! It was not sent, and will not be. */
	DELIVERY_DROPPED,
};

/*! \brief One recipient of a delivery. */
struct delivery_recipient {
	/*! Borrowed for the call of the visitor. */
	const char *app;
	enum delivery_stage stage;
	/*! How long it took from the offer to the application, in milliseconds, if it was sent. */
	double sent_ms;
};

/*!
 * \brief Visit each recipient of a delivery.
 *
 * \param delivery The delivery.
 * \param visit Called without a lock.
 * \param data For \a visit.
 *
 * \retval 0 on success, -1 if memory ran out.
 *
 * \note Any thread that has a reference. Takes the dispatcher's lock.
 */
int delivery_describe(struct delivery *delivery,
	void (*visit)(const struct delivery_recipient *recipient, void *data), void *data);

/*!
 * \brief Take a reference to a delivery where another thread may take it away with delivery_take().
 *
 * \return A reference, or NULL if it was taken away. Any thread; takes the dispatcher's lock.
 */
struct delivery *delivery_ref_at(struct delivery *const *place);

/*! \brief Take a delivery away from where other threads may find it, with its reference; NULL if there is none. */
struct delivery *delivery_take(struct delivery **place);

#endif /* RES_STASIS_BROADCAST_DISPATCH_H */
