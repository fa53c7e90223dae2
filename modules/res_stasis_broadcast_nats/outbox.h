/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is to be published, and the one thread that talks to the bus: nobody else ever waits for it.
 */

#ifndef RES_STASIS_BROADCAST_NATS_OUTBOX_H
#define RES_STASIS_BROADCAST_NATS_OUTBOX_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct config;
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

/*!
 * \brief Start the thread.
 *
 * \retval 0 on success, -1 if it cannot be created.
 *
 * \note The thread that loads the module.
 */
int outbox_start(void);

/*! \brief End it, and the connection. The thread that unloads the module. Waits for the thread. */
void outbox_stop(void);

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
