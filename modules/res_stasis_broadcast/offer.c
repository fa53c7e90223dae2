/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Offering a channel: who hears of it, and with which event.
 */

#include "asterisk.h"

#include <errno.h>
#include <stdatomic.h>

#include "asterisk/channel.h"
#include "asterisk/json.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "attach.h"
#include "candidates.h"
#include "channel_id.h"
#include "channel_text.h"
#include "directory.h"
#include "dispatch/dispatch.h"
#include "events.h"
#include "gate.h"
#include "line.h"
#include "log_limit.h"
#include "offer.h"
#include "pause_point.h"
#include "printable.h"
#include "settings.h"
#include "stats_store.h"
#include "watchers.h"
#include "widening.h"

/*!
 * \brief The filter with a text.
 *
 * \param invalid_is_none Whether a text that cannot be used is as good as an empty one.
 * \param[out] filter A reference; NULL for an empty text, which everybody passes.
 * \retval 0 on success, -1 if the text cannot be used; the log then says why.
 */
static int find_filter(
	const struct ast_channel *chan, const char *text, int invalid_is_none, struct app_filter **filter)
{
	char reason[192];
	char shown[PRINTABLE_SIZE];
	char where[PRINTABLE_SIZE];

	*filter = NULL;
	if (ast_strlen_zero(text)) {
		return 0;
	}
	*filter = app_filter_get(text, reason, sizeof(reason));
	if (*filter) {
		return 0;
	}
	ast_log(LOG_WARNING,
		"%s: application filter '%s' cannot be used: %s. The call is offered to %s; correct the filter\n",
		channel_text(chan, where), printable(text, shown, sizeof(shown)), reason,
		invalid_is_none ? "all applications (invalid_filter = broadcast)" : "nobody");
	return invalid_is_none ? 0 : -1;
}

/*! \brief All filters of a request. \retval 0 on success, -1 if one of them cannot be used; the log then says why. */
static int find_filters(const struct ast_channel *chan, const struct offer_request *request,
	int invalid_is_none, struct widening *widening)
{
	for (size_t i = 0; i < widening_rounds(widening); i++) {
		const char *text = request->rounds ? request->round_filters[i] : request->app_filter;
		struct app_filter *filter;

		if (find_filter(chan, text, invalid_is_none, &filter)) {
			return -1;
		}
		widening_set_filter(widening, i, filter);
	}
	return 0;
}

/*!
 * \brief Let the channel, observers, claims and who takes the next find a broadcast, in this order: an earlier one of the
 * channel has ended before it is told of, it is told of before anything can happen to it, and who takes it can ask for it.
 *
 * \retval 0 on success, -1 if memory ran out.
 */
static int publish(struct ast_channel *chan, struct broadcast *broadcast)
{
	if (attach(chan, broadcast)) {
		return -1;
	}
	broadcast_announce(broadcast);
	if (registry_put(broadcasts, broadcast)) {
		return -1;
	}
	pause_point("offer_found");
	if (fail_point("offer_line") || line_join(broadcast)) {
		return -1;
	}
	if (gate_is_closed()) {
		/* All others have been ended by the thread that unloads the module. */
		broadcast_close(broadcast, BROADCAST_GONE);
	}
	return 0;
}

/*! \brief Prepare the deliveries of a new broadcast's events. \retval 0 on success, -1 if memory ran out. */
static int prepare_deliveries(struct broadcast *broadcast, const struct broadcast_terms *terms)
{
	struct offer *offer = broadcast_data(broadcast);
	struct offer_events *events = &offer->events;

	if (!events->offered) {
		return 0;
	}
	if (names_count(terms->recipients)) {
		events->to_recipients = delivery_create(broadcast);
	}
	if (names_count(events->watchers)) {
		events->to_watchers = watchers_delivery(broadcast);
	}
	return (names_count(terms->recipients) && !events->to_recipients) ||
			(names_count(events->watchers) && !events->to_watchers)
		? -1
		: 0;
}

/*! \brief Free the data of a broadcast. */
static void free_data(void *data)
{
	struct offer *offer = data;

	widening_free(atomic_load(&offer->widening));
	offer_free(offer);
}

/*!
 * \brief Make a broadcast with the event that tells of it.
 *
 * \param offer Its data; taken, also on failure.
 *
 * \return A reference; NULL without memory, or with \c errno \c EBUSY if too many are open.
 */
static struct broadcast *make(struct broadcast_terms *terms, struct offer *offer)
{
	struct broadcast *broadcast;

	terms->data = offer;
	terms->free_data = free_data;
	broadcast = broadcast_create(terms);
	if (!broadcast) {
		int why = errno;

		offer_free(offer);
		errno = why;
		return NULL;
	}
	if (prepare_deliveries(broadcast, terms)) {
		broadcast_unref(broadcast);
		errno = ENOMEM;
		return NULL;
	}
	return broadcast;
}

/*! \brief Keep a widening for the wait if it is of use there, else give it back. */
static void keep_widening(struct widening *widening, struct offer *offer)
{
	if (widening_has_more(widening) || widening_rounds(widening) > 1) {
		atomic_store(&offer->widening, widening);
	} else {
		widening_free(widening);
	}
}

/*!
 * \brief Whether a broadcast that memory does not suffice for has a winner nevertheless, who found it before that was known.
 * That one was told so: the call is its.
 */
static int has_winner(struct broadcast *broadcast)
{
	return broadcast_close(broadcast, BROADCAST_HUNG_UP) == BROADCAST_CLAIMED;
}

/*! \brief Queue its CallBroadcast, if it goes to anybody. \retval 0 on success, -1 if memory ran out. */
static int tell_recipients(
	struct broadcast *broadcast, struct delivery *delivery, struct names *recipients, struct ast_json *event)
{
	/* Bids that it has from an earlier broadcast decide it at once, and nobody need hear of it. */
	if (!delivery || broadcast_state(broadcast) != BROADCAST_OPEN) {
		return 0;
	}
	pause_point("offer_told");
	return fail_point("offer_delivery") ? -1 : delivery_offer(delivery, recipients, ast_json_ref(event));
}

/*!
 * \brief Offer a channel to recipients that are known; to nobody, if there are none, so that a wait ends at once.
 *
 * \param offer The data of the broadcast; taken, also on failure.
 * \param widening Whom to offer it to later; taken, also on failure.
 * \param event CallBroadcast, borrowed; NULL if there are none.
 */
static enum offer_refusal offer_to(struct ast_channel *chan, struct broadcast_terms *terms,
	struct offer *offer, struct widening *widening, struct ast_json *event, struct broadcast **broadcast)
{
	struct broadcast *made = make(terms, offer);
	enum offer_refusal refusal = OFFER_ERROR;
	struct delivery *delivery;

	if (!made) {
		refusal = errno == EBUSY ? OFFER_CONGESTION : OFFER_ERROR;
		widening_free(widening);
		return refusal;
	}
	/* The broadcast gives its own reference up when it closes, which can be at any time from now on. */
	delivery = offer->events.to_recipients ? delivery_ref(offer->events.to_recipients) : NULL;
	widening_follow(widening, made, delivery);
	keep_widening(widening, offer);
	if ((!publish(chan, made) && !tell_recipients(made, delivery, terms->recipients, event)) ||
		has_winner(made)) {
		*broadcast = broadcast_ref(made);
		refusal = OFFER_OK;
	} else {
		detach(chan);
	}
	delivery_unref(delivery);
	broadcast_unref(made);
	return refusal;
}

/*! \brief Tell that a filter matches nobody who is there: it may well be a mistake in it. */
static void tell_no_match(const struct ast_channel *chan, const struct broadcast_terms *terms)
{
	const char *filter = terms->filter_text ? terms->filter_text : app_filter_text(terms->filter);
	char where[PRINTABLE_SIZE];
	char shown[PRINTABLE_SIZE];

	if (*filter && !terms->excluded) {
		ast_verb(3, "%s: no application now matches the filter '%s'\n", channel_text(chan, where),
			printable(filter, shown, sizeof(shown)));
	}
}

static void log_no_memory(const struct ast_channel *chan)
{
	char where[PRINTABLE_SIZE];

	ast_log(LOG_ERROR, "%s: cannot be offered: out of memory\n", channel_text(chan, where));
}

/*! \brief Offer a channel on terms that lack only the data. \param widening Taken. */
static enum offer_refusal offer_on(struct ast_channel *chan, struct broadcast_terms *terms,
	const struct offer_request *request, struct widening *widening, struct broadcast **broadcast)
{
	struct broadcast *last = attached(chan);
	struct offer *offer = offer_create(chan, request, last);
	enum events_failure failure = EVENTS_OUT_OF_MEMORY;
	enum offer_refusal refusal = OFFER_ERROR;
	struct ast_json *event = NULL;

	broadcast_unref(last);
	if (terms->recipients && !names_count(terms->recipients)) {
		tell_no_match(chan, terms);
	}
	if (offer) {
		offer->events.watchers = directory_watchers();
		if (names_count(terms->recipients) || names_count(offer->events.watchers)) {
			event = events_call_broadcast(chan, terms->timeout_ms, offer, &failure);
			offer->events.offered = event ? ast_json_ref(event) : NULL;
		}
	}
	if (offer && terms->recipients && (event || !names_count(terms->recipients))) {
		failure = EVENTS_OUT_OF_MEMORY;
		refusal = offer_to(chan, terms, offer, widening, event, broadcast);
	} else {
		stats_count_refusal(STASIS_BROADCAST_ENDED_ERROR);
		widening_free(widening);
		if (offer) {
			offer_free(offer);
		}
	}
	if (refusal == OFFER_ERROR && failure == EVENTS_OUT_OF_MEMORY) {
		log_no_memory(chan);
	}
	ast_json_unref(event);
	return refusal;
}

/*! \brief Warn of calls that are too many: in a rush, one line for many of them. */
static void warn_full(const struct ast_channel *chan, size_t max_open)
{
	static struct log_limit limit;
	unsigned int suppressed;
	char where[PRINTABLE_SIZE];

	if (log_limit_pass(&limit, 1, &suppressed)) {
		ast_log(LOG_WARNING,
			"%s: not offered: max_open (%zu) reached, %u refused since the last warning. Raise max_open in "
			"stasis_broadcast.conf, or see why calls are not claimed\n",
			channel_text(chan, where), max_open, suppressed + 1);
	}
}

/*! \brief Whether there is room for one more, before the work of offering it is done. */
static int has_room(struct ast_channel *chan, const char *channel_id, size_t max_open)
{
	struct broadcast *last;

	/* Asked again when the broadcast is made: this saves those that are too many the work before. */
	if (!max_open || broadcast_open_count() < max_open) {
		return 1;
	}
	last = attached(chan);
	if (last && broadcast_state(last) == BROADCAST_OPEN) {
		/* It makes room for the next one. One that has closed stays: by it the next one knows since when the call waits. */
		detach_replaced(chan, channel_id);
	}
	broadcast_unref(last);
	return broadcast_open_count() < max_open;
}

/*! \brief Offer a channel to those that a widening, which has its filters, begins with. \param widening Taken. */
static enum offer_refusal offer_widening(struct ast_channel *chan, struct broadcast_terms *terms,
	const struct offer_request *request, struct widening *widening, struct broadcast **broadcast)
{
	enum offer_refusal refusal;

	/* The terms outlive what they borrow of the widening no longer than this. */
	terms->filter = widening_filter(widening, 0);
	if (!widening_filter_text(widening, &terms->filter_text)) {
		terms->recipients = widening_begin(widening, chan, request->continues);
	}
	terms->more_to_come = terms->recipients && widening_has_more(widening);
	if (terms->bids_of && terms->recipients) {
		/* Without memory nobody's bid counts again: no list would say that all do. */
		terms->bidders = candidates_registered(terms->recipients);
		terms->bids_of = terms->bidders ? terms->bids_of : NULL;
	}
	refusal = offer_on(chan, terms, request, widening, broadcast);
	names_unref(terms->bidders);
	names_unref(terms->recipients);
	return refusal;
}

/*! \brief What is known of the terms before there is a widening. It borrows of the request. */
static struct broadcast_terms begin_terms(
	const struct offer_request *request, const struct settings *settings)
{
	struct broadcast *before = request->continues;

	return (struct broadcast_terms){
		.timeout_ms = MIN(MAX(request->timeout_ms, 0), BROADCAST_MAX_TIMEOUT_MS),
		.deadline_ns = request->deadline_ns,
		.excluded = request->excluded,
		.any_claimant = settings->any_claimant,
		.bid_window_ms = request->bid_window_ms,
		.bids_of = before && broadcast_state(before) == BROADCAST_CLAIMED ? before : NULL,
		.max_open = request->is_continued ? 0 : settings->max_open,
	};
}

enum offer_refusal offer_channel(
	struct ast_channel *chan, const struct offer_request *request, struct broadcast **broadcast)
{
	struct widening *widening = widening_create(request);
	char channel_id[AST_MAX_UNIQUEID];
	struct settings settings;
	struct broadcast_terms terms;
	enum offer_refusal refusal = OFFER_CONGESTION;

	*broadcast = NULL;
	settings_get(&settings);
	terms = begin_terms(request, &settings);
	/* One copy under the lock: a masquerade may change it at any time. */
	terms.channel_id = channel_id_copy(chan, channel_id);
	if (!widening) {
		stats_count_refusal(STASIS_BROADCAST_ENDED_ERROR);
		log_no_memory(chan);
		return OFFER_ERROR;
	}
	if (find_filters(chan, request, settings.invalid_is_none, widening)) {
		widening_free(widening);
		stats_count_refusal(STASIS_BROADCAST_ENDED_INVALIDFILTER);
		return OFFER_INVALID_FILTER;
	}
	if (has_room(chan, terms.channel_id, terms.max_open)) {
		refusal = offer_widening(chan, &terms, request, widening, broadcast);
	} else {
		widening_free(widening);
	}
	if (refusal == OFFER_CONGESTION) {
		stats_count_refusal(STASIS_BROADCAST_ENDED_CONGESTION);
		warn_full(chan, terms.max_open);
	}
	return refusal;
}

/*! \brief What to ask for, to go on with a broadcast. What it points to is borrowed of both. \param widening May be NULL. */
static struct offer_request request_to_continue(struct broadcast *broadcast, const struct widening *widening)
{
	const struct offer *offer = broadcast_data(broadcast);
	struct offer_request request = {
		.timeout_ms = broadcast_remaining_ms(broadcast),
		.deadline_ns = broadcast_deadline_ns(broadcast),
		.app_filter = broadcast_filter_text(broadcast),
		.tell_end = offer->tell_end,
		.channel_stays = offer->channel_stays,
		.is_continued = 1,
		.continues = broadcast,
		.excluded = broadcast_excluded(broadcast),
		.queue = offer_text(offer, OFFER_QUEUE),
		.has_priority = offer->has_priority,
		.priority = offer->priority,
		.has_first = offer->has_first,
		.first = offer->first,
		.first_step_ms = offer->first_step_ms,
		.bid_window_ms = offer->bid_window_ms,
	};

	if (widening) {
		widening_request(widening, &request);
	}
	return request;
}

/*! \brief Withdraw an offer and make it again. \param[in,out] broadcast The one, and the other if that could be made. */
static enum offer_refusal move_in_line(
	struct ast_channel *chan, struct broadcast **broadcast, const struct offer_request *request)
{
	struct broadcast *old = *broadcast;
	enum offer_refusal refusal;

	if (broadcast_close(old, BROADCAST_REPLACED) != BROADCAST_REPLACED) {
		return OFFER_OK;
	}
	refusal = offer_channel(chan, request, broadcast);
	registry_remove(broadcasts, old);
	if (refusal == OFFER_OK) {
		broadcast_unref(old);
	} else {
		*broadcast = old;
	}
	return refusal;
}

/*! \brief End an offer whose channel cannot be offered again: nobody is to wait for its new ID. */
static enum offer_refusal give_up_move(struct broadcast *broadcast)
{
	if (broadcast_close(broadcast, BROADCAST_GONE) != BROADCAST_GONE) {
		return OFFER_OK;
	}
	registry_remove(broadcasts, broadcast);
	return OFFER_ERROR;
}

enum offer_refusal offer_move(
	struct ast_channel *chan, struct broadcast **broadcast, const struct widening *widening)
{
	const struct offer_request request = request_to_continue(*broadcast, widening);
	char channel_id[AST_MAX_UNIQUEID];
	enum offer_refusal refusal;

	if (broadcast_state(*broadcast) == BROADCAST_OPEN && !events_can_be_told(chan)) {
		return give_up_move(*broadcast);
	}
	/* Who hears that it is replaced hears by what. In this thread, so that the next offer comes after it. */
	broadcast_set_moved(*broadcast, channel_id_copy(chan, channel_id));
	line_move_begin();
	refusal = move_in_line(chan, broadcast, &request);
	line_move_end();
	return refusal;
}

const char *offer_refusal_status(enum offer_refusal refusal)
{
	switch (refusal) {
	case OFFER_INVALID_FILTER:
		return "INVALIDFILTER";
	case OFFER_CONGESTION:
		return "CONGESTION";
	default:
		return "ERROR";
	}
}
