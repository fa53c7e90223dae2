/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is asked for when a channel is offered, and what is kept of it for as long as it is on offer.
 */

#ifndef RES_STASIS_BROADCAST_OFFER_DATA_H
#define RES_STASIS_BROADCAST_OFFER_DATA_H

#include <stdatomic.h>
#include <stdint.h>

#include "broadcast.h"
#include "queue_line.h"

struct ast_channel;
struct ast_json;
struct delivery;
struct names;
struct widening;

/*! \brief What is asked for. All of it is borrowed. */
struct offer_request {
	/*! How long a claim can succeed, in milliseconds. */
	int timeout_ms;
	/*! When that ends, if it is what is left of an earlier broadcast's time, of broadcast_clock_ns(); 0: counted from the offer. */
	int64_t deadline_ns;
	/*! As stasis_app_broadcast_channel() takes it; NULL or empty: all applications. Without circles. */
	const char *app_filter;
	/*! How many circles there are; 0: none, and \a app_filter holds. */
	size_t rounds;
	/*! How long each lasts, in milliseconds. */
	int round_ms[BROADCAST_MAX_ROUNDS];
	/*! The filter of each, as \a app_filter. */
	const char *round_filters[BROADCAST_MAX_ROUNDS];
	/*! Whether the recipients get CallClaimed or CallWithdrawn as well. */
	int tell_end;
	/*! Whether the channel's thread stays until the broadcast has closed. */
	int channel_stays;
	/*! Whether it takes the place of a broadcast that is counted for \c max_open already. */
	int is_continued;
	/*! The earlier broadcast of the call that it goes on with, in the circle that this had come to; NULL: none. */
	struct broadcast *continues;
	/*! Applications that neither hear of it nor may claim it; NULL: none. */
	struct names *excluded;
	/*! Whether the dialplan says how many hear of it at first. */
	int has_first;
	/*! How many; 0: all. */
	int first;
	/*! How long until the next ones do, in milliseconds; 0: the default. */
	int first_step_ms;
	/*! How long bids are collected from the first one on, in milliseconds; 0: the first claim wins. */
	int bid_window_ms;
	/*! The name of the line that it waits in; NULL or empty: none. */
	const char *queue;
	/*! Whether the dialplan gives a priority. */
	int has_priority;
	/*! Its priority in line, higher first; 0 if none is given. */
	int priority;
};

/*! \brief What is needed for the events of a broadcast, see call_ended.c. Each may be NULL. */
struct offer_events {
	/*! To the recipients. For all but who opens it by delivery_ref_at() and delivery_take(). */
	struct delivery *to_recipients;
	/*! To the watchers. */
	struct delivery *to_watchers;
	/*! The watchers. */
	struct names *watchers;
	/*! CallBroadcast, without \c application. */
	struct ast_json *offered;
};

/*! \brief What queue_log keeps of a call. Only for who opens or closes its broadcast. */
struct queue_wait {
	struct queue_place place;
	/*! The place in line when it came, from 1 on; 0: queue_log has not told of it. */
	int position;
	/*! When the dialplan asked for it: the offers after a lost winner are one with the first. Of broadcast_clock_ns(). */
	int64_t entered_ns;
};

/*! \brief The texts that an offer keeps. */
enum offer_text {
	OFFER_CHANNEL_NAME,
	OFFER_CALLER_NAME,
	OFFER_CALLER_NUMBER,
	OFFER_CALLED,
	/*! The name of the line. */
	OFFER_QUEUE,
	OFFER_TEXTS,
};

/*!
 * \brief The data of a broadcast (broadcast_data()). What is not said to change stays as it was when it was made.
 *
 * A claimed call keeps it until its session is over: it is packed.
 */
struct offer {
	/*! Until the close, and then all NULL. For who opens or closes it; call_ended.c only once others know of it. */
	struct offer_events events;
	/*! Whom to offer it to later; NULL if nobody, or while the channel's thread has it in its wait. */
	_Atomic(struct widening *) widening;
	/*! When the channel was offered first: several broadcasts in a row are one wait. Of broadcast_clock_ns(). */
	int64_t first_ns;
	/*! NULL if it waits in no line that has a name. */
	struct queue_wait *queue_wait;
	/*! The channel, a reference, until the close, if CEL is to hear of it. Only for who opens or closes it. */
	struct ast_channel *cel_channel;
	/*! When it was offered by this broadcast, in microseconds since 1970. */
	int64_t created_us;
	/*! Who of the winning application has the call, if another source than ARI has told; set once. */
	_Atomic(char *) worker;
	/*! Of the request, as the next ones. */
	int priority;
	int first;
	int first_step_ms;
	/*! When the circle that is open is over, in milliseconds after \c first_ns. For the thread that runs the channel. */
	int round_end_ms;
	unsigned short bid_window_ms;
	/*! Where each text but the first one begins, see offer_text(). */
	unsigned short text_at[OFFER_TEXTS - 1];
	/*! How many circles there are; 1 without circles. */
	unsigned char rounds;
	/*! The circle that is open, from 1 on. */
	atomic_uchar round;
	/*! Whether its winner was gone before it had the call. Changes once, from 0 to 1. */
	atomic_uchar is_lost;
	/*! Whether the recipients hear how it ends. */
	unsigned char tell_end : 1;
	unsigned char has_priority : 1;
	unsigned char has_first : 1;
	/*! As the request says it. */
	unsigned char channel_stays : 1;
	/*! Whether it is offered again because its winner was lost. */
	unsigned char is_reoffer : 1;
	/*! The texts. */
	char texts[];
};

/*!
 * \brief Note what there is to know of a channel that is about to be offered.
 *
 * \param chan The channel; not locked by the caller.
 * \param request What is asked for.
 * \param last The broadcast that was made of the channel last; NULL: none. Borrowed.
 *
 * \return What to give back with offer_free(); NULL without memory.
 *
 * \note The channel's thread. Locks the channel for a moment.
 */
struct offer *offer_create(
	struct ast_channel *chan, const struct offer_request *request, struct broadcast *last);

/*! \brief Give back what is kept for events. Any thread; takes the dispatcher's lock. */
void offer_events_clear(struct offer_events *events);

/*! \brief Give an offer back, but for its \c widening. Any thread; takes the dispatcher's lock. */
void offer_free(void *offer);

/*!
 * \brief A text as the channel had it when it was offered; empty if there is none.
 *
 * It is the caller's: to be escaped. Lives as long as the offer. Any thread.
 */
static inline const char *offer_text(const struct offer *offer, enum offer_text which)
{
	return offer->texts + (which ? offer->text_at[which - 1] : 0);
}

/*! \brief How long the channel of a broadcast has waited since it was offered first, in milliseconds. */
int64_t offer_waited_ms(const struct offer *offer);

#endif /* RES_STASIS_BROADCAST_OFFER_DATA_H */
