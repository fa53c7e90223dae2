/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The observer that tells queue_log of calls that wait in a named line, as Asterisk's Queue() does.
 *
 * The queue is the dialplan's q(name), and calls without one are not logged. The agent is the application. Each call that
 * enters leaves once, whatever the setting is by then:
 *
 *   ENTERQUEUE       (url, empty)|caller|place
 *   CONNECT          seconds waited|unique ID of the call|seconds from the offer to the claim
 *   RINGNOANSWER     milliseconds: the application had claimed the call and was gone; the call waits again
 *   COMPLETECALLER   seconds waited|seconds with the application|place when it came; or COMPLETEAGENT
 *   ABANDON, EXITWITHTIMEOUT, EXITEMPTY (nobody there, or all have declined), WITHDRAW
 *                    place|place when it came|seconds waited
 */

#include "asterisk.h"

#include "asterisk/channel.h"
#include "asterisk/logger.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "background.h"
#include "observers.h"
#include "observers_list.h"
#include "offer_data.h"
#include "queue_log.h"
#include "settings.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/*! So long a line may wait for others that are written with it, in milliseconds. */
#define GATHER_MS 50

/*! The longest text of a line, in bytes. */
#define TEXT_SIZE 264

/*! Writes the lines, one after the other. */
static struct background *writer;

/*! \brief A line to write. */
struct entry {
	char queue[TEXT_SIZE];
	char call[AST_MAX_UNIQUEID];
	char agent[TEXT_SIZE];
	/*! A literal. */
	const char *event;
	char data[TEXT_SIZE + 64];
};

/*! \brief Copy a text without what separates fields and lines. */
static void copy_field(char *to, const char *from, size_t size)
{
	ast_copy_string(to, from, size);
	for (; *to; to++) {
		const unsigned char byte = (unsigned char) *to;

		if (byte < 0x20 || byte == 0x7f || byte == '|') {
			*to = '_';
		}
	}
}

/*! \brief Write a line. In the writer's thread. */
static void write_line(void *data)
{
	struct entry *entry = data;

	ast_queue_log(entry->queue, entry->call, entry->agent, entry->event, "%s", entry->data);
	ast_free(entry);
}

/*!
 * \brief Have a line written.
 *
 * \param agent The application; NULL for none.
 * \param event What has happened, a literal.
 * \param format Its fields.
 */
static void __attribute__((format(printf, 4, 5)))
tell(struct broadcast *broadcast, const char *agent, const char *event, const char *format, ...)
{
	const struct offer *offer = broadcast_data(broadcast);
	struct entry *entry = ast_malloc(sizeof(*entry));
	va_list args;

	if (!entry) {
		return;
	}
	entry->event = event;
	copy_field(entry->queue, offer_text(offer, OFFER_QUEUE), sizeof(entry->queue));
	copy_field(entry->call, broadcast_channel_id(broadcast), sizeof(entry->call));
	copy_field(entry->agent, S_OR(agent, "NONE"), sizeof(entry->agent));
	va_start(args, format);
	vsnprintf(entry->data, sizeof(entry->data), format, args);
	va_end(args);
	background_push(writer, write_line, entry);
}

/*! \brief How long a call has waited since it came, in seconds: until its offer closed, as all that is asked for is then. */
static long long waited_s(const struct broadcast *broadcast)
{
	const struct offer *offer = broadcast_data(broadcast);

	return (broadcast_closed_ns(broadcast) - offer->queue_wait->entered_ns) / NS_PER_S;
}

static void opened(struct broadcast *broadcast)
{
	const struct offer *offer = broadcast_data(broadcast);
	struct queue_wait *wait = offer->queue_wait;
	char caller[TEXT_SIZE];
	struct settings settings;
	int position;

	settings_get(&settings);
	/* One that had not entered when it was offered first does not enter when it is offered again. */
	if (!wait || (offer->is_reoffer ? !wait->position : !settings.queue_log)) {
		return;
	}
	position =
		queue_line_enter(&wait->place, offer_text(offer, OFFER_QUEUE), offer->priority, offer->first_ns);
	if (position && !offer->is_reoffer) {
		wait->position = position;
		copy_field(caller, offer_text(offer, OFFER_CALLER_NUMBER), sizeof(caller));
		tell(broadcast, NULL, "ENTERQUEUE", "|%s|%d", caller, position);
	}
}

/*! \brief How Queue() calls the end of a wait. */
static const char *event_of(enum broadcast_state state)
{
	switch (state) {
	case BROADCAST_EXPIRED:
		return "EXITWITHTIMEOUT";
	case BROADCAST_DECLINED:
		return "EXITEMPTY";
	case BROADCAST_WITHDRAWN:
		return "WITHDRAW";
	default:
		return "ABANDON";
	}
}

static void tell_exit(struct broadcast *broadcast, const char *event, int position)
{
	const struct offer *offer = broadcast_data(broadcast);

	tell(broadcast, NULL, event, "%d|%d|%lld", position, offer->queue_wait->position, waited_s(broadcast));
}

static void closed(struct broadcast *broadcast, enum broadcast_state state)
{
	const struct offer *offer = broadcast_data(broadcast);
	const int position = offer->queue_wait ? queue_line_leave(&offer->queue_wait->place) : 0;
	char call[AST_MAX_UNIQUEID];

	if (!position) {
		return;
	}
	if (state != BROADCAST_CLAIMED) {
		tell_exit(broadcast, event_of(state), position);
		return;
	}
	copy_field(call, broadcast_channel_id(broadcast), sizeof(call));
	tell(broadcast, broadcast_winner_name(broadcast), "CONNECT", "%lld|%s|%lld", waited_s(broadcast), call,
		(long long) (broadcast_closed_ns(broadcast) - broadcast_opened_ns(broadcast)) / NS_PER_S);
}

static void lost(struct broadcast *broadcast, const char *app)
{
	const struct offer *offer = broadcast_data(broadcast);

	if (offer->queue_wait && offer->queue_wait->position) {
		tell(broadcast, app, "RINGNOANSWER", "%lld",
			(long long) (broadcast_clock_ns() - broadcast_closed_ns(broadcast)) / NS_PER_MS);
	}
}

/*! \brief The end of the winner's time with the call; or of a wait whose last winner was lost. */
static void ended(struct broadcast *broadcast, const struct broadcast_session *session)
{
	const struct offer *offer = broadcast_data(broadcast);

	if (!offer->queue_wait || !offer->queue_wait->position) {
		return;
	}
	if (session->has_begun) {
		tell(broadcast, broadcast_winner_name(broadcast),
			session->caller_ended ? "COMPLETECALLER" : "COMPLETEAGENT", "%lld|%lld|%d", waited_s(broadcast),
			(long long) session->talk_ms / 1000, offer->queue_wait->position);
	} else if (atomic_load(&offer->is_lost)) {
		tell_exit(broadcast, session->caller_ended ? "ABANDON" : "EXITEMPTY", 1);
	}
}

int queue_log_start(void)
{
	writer = background_start(GATHER_MS);
	return writer ? 0 : -1;
}

void queue_log_stop(void)
{
	background_stop(writer);
	writer = NULL;
}

const struct broadcast_observer queue_log_observer = {
	.name = "queue_log",
	.opened = opened,
	.lost = lost,
	.closed = closed,
	.ended = ended,
};
