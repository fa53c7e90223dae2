/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The connection to the bus: made and renewed, and what is published by it.
 */

#ifndef RES_STASIS_BROADCAST_NATS_CONNECTION_H
#define RES_STASIS_BROADCAST_NATS_CONNECTION_H

#include <stddef.h>
#include <stdint.h>

#include "bus.h"

struct config;
struct event_text;
struct fleet_app;

/*! \brief Who has the connection made. */
struct connection_user {
	/*! Have the messages that are wanted. \retval 0 on success. The thread that publishes. */
	int (*subscribe)(struct bus *bus, const struct config *config);
	/*! The connection has come. Any thread. */
	void (*connected)(void);
};

/*
 * For the thread that publishes only:
 */

/*! \brief End the connection, and make one with the settings of now, if there are any. \param user Whose; static. */
void connection_renew(const struct connection_user *user);

/*! \brief End it for good. */
void connection_end(void);

/*!
 * \brief Try again if it could not be made.
 *
 * \return When to call it again, on the monotonic clock in nanoseconds; INT64_MAX: never.
 */
int64_t connection_attend(void);

/*! \brief Publish a message. */
void connection_publish(const char *subject, const char *data, size_t length);

/*! \brief Publish an event. \param until_ns Until when it can be claimed; 0: it cannot. \param now_ns The time of now. */
void connection_publish_event(
	const struct fleet_app *app, const struct event_text *text, int64_t until_ns, int64_t now_ns);

/*! \brief Send what was published. */
void connection_flush(void);

/*
 * For any thread:
 */

/*! \brief What is known of the connection. */
struct connection_state {
	/*! 1: connected, 0: not now, -1: there is to be none. */
	int is_connected;
	/*! The server, or why there is no connection. */
	char text[BUS_TEXT_SIZE];
	/*! Since when, in seconds. */
	int64_t for_s;
};

/*! \brief How long a message may be that the server takes, in bytes. Any thread; takes no lock. */
size_t connection_longest(void);

/*! \brief Get it. Takes a lock for a moment. */
void connection_get_state(struct connection_state *state);

#endif /* RES_STASIS_BROADCAST_NATS_CONNECTION_H */
