/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is known of a call on offer, copied once, so that nobody has to ask its channel.
 */

#include "asterisk.h"

#include "asterisk/channel.h"
/* After channel.h, from which it needs string fields on Asterisk 16. */
#include "asterisk/cel.h"
#include "asterisk/json.h"
#include "asterisk/strings.h"
#include "asterisk/time.h"
#include "asterisk/utils.h"

#include "dispatch/dispatch.h"
#include "offer_data.h"
#include "settings.h"

/*! The longest text that is kept of a channel, in bytes. */
#define TEXT_LIMIT 256

/*! \brief Find the texts of a channel. With its lock. */
static void find_texts(struct ast_channel *chan, const char *queue, const char *texts[OFFER_TEXTS])
{
	const struct ast_party_id *caller = &ast_channel_caller(chan)->id;

	texts[OFFER_CHANNEL_NAME] = ast_channel_name(chan);
	texts[OFFER_CALLER_NAME] = S_COR(caller->name.valid, caller->name.str, "");
	texts[OFFER_CALLER_NUMBER] = S_COR(caller->number.valid, caller->number.str, "");
	texts[OFFER_CALLED] = ast_channel_exten(chan);
	texts[OFFER_QUEUE] = S_OR(queue, "");
}

/*! \brief Copy texts into an offer that has room for them. */
static void set_texts(struct offer *offer, const char *const texts[OFFER_TEXTS])
{
	char *next = offer->texts;

	for (size_t i = 0; i < OFFER_TEXTS; i++) {
		size_t length = strnlen(texts[i], TEXT_LIMIT);

		memcpy(next, texts[i], length);
		next[length] = '\0';
		offer->text_at[i] = (unsigned short) (next - offer->texts);
		next += length + 1;
	}
}

/*! \brief What goes on from a channel's last offer. */
struct beginnings {
	int64_t first_ns;
	int64_t entered_ns;
	int queue_position;
};

/*! \brief When the channel's wait began: with its last broadcast, unless an application has had it since. */
static struct beginnings find_beginnings(struct broadcast *last, int is_reoffer)
{
	struct beginnings begin = { .first_ns = broadcast_clock_ns() };

	begin.entered_ns = begin.first_ns;
	if (last) {
		const struct offer *offer = broadcast_data(last);

		if (broadcast_state(last) != BROADCAST_CLAIMED || atomic_load(&offer->is_lost)) {
			begin.first_ns = offer->first_ns;
		}
		if (is_reoffer && offer->queue_wait) {
			begin.entered_ns = offer->queue_wait->entered_ns;
			begin.queue_position = offer->queue_wait->position;
		}
	}
	return begin;
}

/*! \brief Keep the channel for CEL, if that is to hear of it. */
static void keep_for_cel(struct offer *offer, struct ast_channel *chan)
{
	struct settings settings;

	settings_get(&settings);
	if (offer->channel_stays && settings.cel_events && ast_cel_check_enabled()) {
		offer->cel_channel = ast_channel_ref(chan);
	}
}

/*! \brief Make room for what queue_log keeps, if the call waits in a line. \retval 0 on success, -1 without memory. */
static int queue_wait_create(struct offer *offer, const struct beginnings *begin)
{
	if (ast_strlen_zero(offer_text(offer, OFFER_QUEUE))) {
		return 0;
	}
	offer->queue_wait = ast_calloc(1, sizeof(*offer->queue_wait));
	if (!offer->queue_wait) {
		return -1;
	}
	offer->queue_wait->entered_ns = begin->entered_ns;
	offer->queue_wait->position = begin->queue_position;
	return 0;
}

static int64_t now_us(void)
{
	const struct timeval now = ast_tvnow();

	return (int64_t) now.tv_sec * 1000000 + now.tv_usec;
}

/*! \brief Note what is asked for. */
static void keep_request(struct offer *offer, const struct offer_request *request)
{
	offer->tell_end = request->tell_end;
	offer->has_priority = request->has_priority;
	offer->priority = request->priority;
	offer->has_first = request->has_first;
	offer->first = request->first;
	offer->first_step_ms = request->first_step_ms;
	offer->bid_window_ms = (unsigned short) MAX(0, MIN(request->bid_window_ms, BROADCAST_MAX_BID_WINDOW_MS));
	offer->rounds = (unsigned char) MAX(request->rounds, 1);
	offer->channel_stays = request->channel_stays;
}

struct offer *offer_create(
	struct ast_channel *chan, const struct offer_request *request, struct broadcast *last)
{
	/* A moved offer leaves out the lost ones, too, but is another caller's. */
	const int is_reoffer = request->excluded && !request->is_continued;
	const struct beginnings begin = find_beginnings(last, is_reoffer);
	const char *texts[OFFER_TEXTS];
	struct offer *offer;
	size_t size = 0;

	ast_channel_lock(chan);
	find_texts(chan, request->queue, texts);
	for (size_t i = 0; i < OFFER_TEXTS; i++) {
		size += strnlen(texts[i], TEXT_LIMIT) + 1;
	}
	offer = ast_calloc(1, offsetof(struct offer, texts) + size);
	if (offer) {
		set_texts(offer, texts);
	}
	ast_channel_unlock(chan);
	if (offer && queue_wait_create(offer, &begin)) {
		ast_free(offer);
		return NULL;
	}
	if (offer) {
		keep_request(offer, request);
		atomic_init(&offer->round, 1);
		offer->created_us = now_us();
		offer->first_ns = begin.first_ns;
		offer->is_reoffer = is_reoffer;
		keep_for_cel(offer, chan);
	}
	return offer;
}

void offer_events_clear(struct offer_events *events)
{
	delivery_unref(events->to_recipients);
	delivery_unref(events->to_watchers);
	names_unref(events->watchers);
	ast_json_unref(events->offered);
	*events = (struct offer_events){ 0 };
}

void offer_free(void *data)
{
	struct offer *offer = data;

	if (offer->queue_wait) {
		queue_line_leave(&offer->queue_wait->place);
		ast_free(offer->queue_wait);
	}
	ast_channel_cleanup(offer->cel_channel);
	offer_events_clear(&offer->events);
	ast_free(atomic_load(&offer->worker));
	ast_free(offer);
}

int64_t offer_waited_ms(const struct offer *offer)
{
	return (broadcast_clock_ns() - offer->first_ns) / 1000000;
}
