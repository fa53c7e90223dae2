/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is to be published, and whatever else the thread that publishes is to do: a queue, which nobody waits for.
 */

#ifndef RES_STASIS_BROADCAST_NATS_OUTBOX_H
#define RES_STASIS_BROADCAST_NATS_OUTBOX_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "asterisk/linkedlists.h"

struct fleet_app;

/*! \brief What an event has in common for all who get it. Counted; does not change. */
struct event_text {
	atomic_uint references;
	size_t length;
	/*! A JSON object without its first brace. */
	char text[];
};

/*! \brief Give a reference back. \a text may be NULL. */
void event_text_unref(struct event_text *text);

/*! \brief A message that waits. */
struct outgoing {
	AST_LIST_ENTRY(outgoing) list;
	/*! Of an event: whose it is, what it says, and until when; else NULL. */
	struct fleet_app *app;
	struct event_text *text;
	int64_t until_ns;
	/*! Of another message: its subject, which is followed by a NUL and what it says. */
	size_t subject_length;
	size_t length;
	char data[];
};

AST_LIST_HEAD_NOLOCK(outgoing_list, outgoing);

/*! \brief What the thread that publishes has to do. */
struct outbox_work {
	/*! Messages in the order in which they go; the thread's own, to be freed with outgoing_free(). */
	struct outgoing_list batch;
	/*! Whether the connection is to be made again. */
	int reconnect;
	/*! Whether it is to end. */
	int stop;
};

/*! \brief Let messages in. The thread that loads the module, while there is no thread that publishes. */
void outbox_open(void);

/*! \brief Let no more in, and have outbox_wait() say that it is over. The thread that unloads the module. */
void outbox_shut(void);

/*! \brief Forget what waits. The thread that unloads the module, when that which publishes has ended. */
void outbox_clear(void);

/*!
 * \brief Wait until there is something to do, and take it.
 *
 * \param until_ns How long at the most: a time on the monotonic clock in nanoseconds; INT64_MAX: for as long as it takes.
 * \param[out] work What there is to do; perhaps nothing.
 *
 * \note The thread that publishes; takes a lock for a moment.
 */
void outbox_wait(int64_t until_ns, struct outbox_work *work);

/*! \brief Free a message. Any thread. */
void outgoing_free(struct outgoing *outgoing);

/*! \brief Connect with the settings of now, or end the connection if there are none. Any thread. */
void outbox_reconnect(void);

/*! \brief Have the thread see whether there is something to do. Any thread; takes a lock for a moment. */
void outbox_wake(void);

/*!
 * \brief Queue an event for an application.
 *
 * \param app Whose it is; a reference is taken.
 * \param text What it says; a reference is taken.
 * \param until_ns Until when it is worth sending, on the monotonic clock in nanoseconds; 0: always.
 *
 * \retval 0 on success, -1 if the queue is full or memory ran out.
 *
 * \note Any thread; takes a lock for a moment.
 */
int outbox_put_event(struct fleet_app *app, struct event_text *text, int64_t until_ns);

/*!
 * \brief Queue a message, ahead of all events.
 *
 * \param subject Where to. Copied.
 * \param data What it says. Copied.
 *
 * \retval 0 on success, -1 as above.
 *
 * \note Any thread; takes a lock for a moment.
 */
int outbox_put_message(const char *subject, const char *data, size_t length);

/*! \brief Set how many events may wait: the setting \c queue. Any thread; takes a lock for a moment. */
void outbox_set_limit(size_t events_at_most);

/*! \brief How much waits. Any thread; takes a lock for a moment. */
size_t outbox_count(void);

#endif /* RES_STASIS_BROADCAST_NATS_OUTBOX_H */
