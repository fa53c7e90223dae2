/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is to be published, and whatever else the thread that publishes is to do.
 */

#include "asterisk.h"

#include "asterisk/astobj2.h"
#include "asterisk/linkedlists.h"
#include "asterisk/lock.h"
#include "asterisk/utils.h"

#include "counters.h"
#include "outbox.h"

/*! So many messages are taken in one turn: those that come ahead of events do not wait for longer. */
#define BATCH 256

/*! So many answers may wait, whatever the settings say of events. */
#define MOST_MESSAGES 10000

/*! Protects all that follows. */
AST_MUTEX_DEFINE_STATIC(outbox_lock);
/*! For the thread, with the monotonic clock. */
static ast_cond_t changed;
static struct outgoing_list messages;
static struct outgoing_list events;
static size_t message_count;
static size_t event_count;
static size_t most_events = 10000;
/*! Whether there is something to do besides. */
static int is_woken;
static int must_reconnect;
static int is_stopping;

void event_text_unref(struct event_text *text)
{
	if (text && atomic_fetch_sub(&text->references, 1) == 1) {
		ast_free(text);
	}
}

void outgoing_free(struct outgoing *outgoing)
{
	ao2_cleanup(outgoing->app);
	event_text_unref(outgoing->text);
	ast_free(outgoing);
}

/*! \brief Put one behind the others. \param outgoing Taken. \param most How many there may be. \retval 0 on success, -1 if there are so many. */
static int put(
	struct outgoing_list *list, size_t *count_of_list, const size_t *most, struct outgoing *outgoing)
{
	int is_full;

	ast_mutex_lock(&outbox_lock);
	is_full = *count_of_list >= *most || is_stopping;
	if (!is_full) {
		AST_LIST_INSERT_TAIL(list, outgoing, list);
		(*count_of_list)++;
		ast_cond_signal(&changed);
	}
	ast_mutex_unlock(&outbox_lock);
	if (is_full) {
		count(COUNTER_OVERFLOWED);
		outgoing_free(outgoing);
	}
	return is_full ? -1 : 0;
}

int outbox_put_event(struct fleet_app *app, struct event_text *text, int64_t until_ns)
{
	struct outgoing *outgoing = ast_calloc(1, sizeof(*outgoing));

	if (!outgoing) {
		return -1;
	}
	outgoing->app = ao2_bump(app);
	atomic_fetch_add(&text->references, 1);
	outgoing->text = text;
	outgoing->until_ns = until_ns;
	return put(&events, &event_count, &most_events, outgoing);
}

int outbox_put_message(const char *subject, const char *data, size_t length)
{
	static const size_t most_messages = MOST_MESSAGES;
	const size_t subject_length = strlen(subject);
	struct outgoing *outgoing = ast_calloc(1, sizeof(*outgoing) + subject_length + 1 + length);

	if (!outgoing) {
		return -1;
	}
	memcpy(outgoing->data, subject, subject_length + 1);
	memcpy(outgoing->data + subject_length + 1, data, length);
	outgoing->subject_length = subject_length;
	outgoing->length = length;
	return put(&messages, &message_count, &most_messages, outgoing);
}

void outbox_set_limit(size_t events_at_most)
{
	ast_mutex_lock(&outbox_lock);
	most_events = events_at_most;
	ast_mutex_unlock(&outbox_lock);
}

size_t outbox_count(void)
{
	size_t waiting;

	ast_mutex_lock(&outbox_lock);
	waiting = message_count + event_count;
	ast_mutex_unlock(&outbox_lock);
	return waiting;
}

void outbox_wake(void)
{
	ast_mutex_lock(&outbox_lock);
	is_woken = 1;
	ast_cond_signal(&changed);
	ast_mutex_unlock(&outbox_lock);
}

void outbox_reconnect(void)
{
	ast_mutex_lock(&outbox_lock);
	must_reconnect = 1;
	ast_cond_signal(&changed);
	ast_mutex_unlock(&outbox_lock);
}

/*! \brief Take the first of a list to another one. With the lock. */
static void take_locked(
	struct outgoing_list *from, size_t *count_of_list, struct outgoing_list *to, size_t room)
{
	struct outgoing *outgoing;

	while (room-- && (outgoing = AST_LIST_REMOVE_HEAD(from, list))) {
		(*count_of_list)--;
		AST_LIST_INSERT_TAIL(to, outgoing, list);
	}
}

/*! \brief Wait until there is something to do. With the lock. */
static void wait_locked(int64_t until_ns)
{
	const struct timespec end = { .tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000 };

	while (!is_woken && !must_reconnect && !is_stopping && !message_count && !event_count) {
		if (until_ns == INT64_MAX) {
			ast_cond_wait(&changed, &outbox_lock);
		} else if (ast_cond_timedwait(&changed, &outbox_lock, &end)) {
			break;
		}
	}
	is_woken = 0;
}

void outbox_wait(int64_t until_ns, struct outbox_work *work)
{
	AST_LIST_HEAD_INIT_NOLOCK(&work->batch);
	ast_mutex_lock(&outbox_lock);
	wait_locked(until_ns);
	take_locked(&messages, &message_count, &work->batch, SIZE_MAX);
	take_locked(&events, &event_count, &work->batch, BATCH);
	work->reconnect = must_reconnect;
	must_reconnect = 0;
	work->stop = is_stopping;
	ast_mutex_unlock(&outbox_lock);
}

void outbox_open(void)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	ast_cond_init(&changed, &attributes);
	pthread_condattr_destroy(&attributes);
	is_stopping = 0;
}

void outbox_shut(void)
{
	ast_mutex_lock(&outbox_lock);
	is_stopping = 1;
	ast_cond_signal(&changed);
	ast_mutex_unlock(&outbox_lock);
}

void outbox_clear(void)
{
	struct outgoing *outgoing;

	while ((outgoing = AST_LIST_REMOVE_HEAD(&messages, list)) ||
		(outgoing = AST_LIST_REMOVE_HEAD(&events, list))) {
		outgoing_free(outgoing);
	}
	message_count = event_count = 0;
	/* The condition stays: a broadcast that closes now may still wake the thread that was. */
}
