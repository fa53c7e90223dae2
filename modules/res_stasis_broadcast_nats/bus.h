/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief All that this module needs of a message bus: a few functions, behind which is libnats.
 *
 * Nothing but bus_nats.c knows the library.
 */

#ifndef RES_STASIS_BROADCAST_NATS_BUS_H
#define RES_STASIS_BROADCAST_NATS_BUS_H

#include <stddef.h>

/*! \brief A connection to the bus. */
struct bus;

/*! \brief Room for a reason, or for the name of a server. */
#define BUS_TEXT_SIZE 256

/*! \brief A message that came. All of it is borrowed for the call. */
struct bus_message {
	/*! Ended by a NUL. */
	const char *subject;
	/*! Where an answer goes; NULL: nobody waits for one. */
	const char *reply;
	/*! Not ended by a NUL. */
	const char *data;
	size_t length;
};

/*! \brief Takes a message, in the thread of its subscription. */
typedef void (*bus_handler)(const struct bus_message *message);

/*! \brief What a connection is made with. Borrowed for the call of bus_open(). */
struct bus_options {
	/*! URLs of servers, separated by commas. */
	const char *servers;
	/*! Empty: none. */
	const char *user;
	const char *password;
	/*! A file with credentials; empty: none. */
	const char *credentials;
	/*! Whether the connection is to be encrypted; so it is, too, if a URL of servers begins with tls:// */
	int tls;
	/*! A file with the certificates that the server's is checked with; empty: those of the system. */
	const char *tls_ca;
	/*! What the servers call the connection in their lists. */
	const char *name;
	/*!
	 * Called with 1 when the connection has come, with the server's URL without a password; with 0 when it has gone, with
	 * the reason; and with -1 if it does not come back by itself, as when the servers do not let us in. In a thread of
	 * the library's or in bus_open(); not after bus_close().
	 */
	void (*changed)(int state, const char *text);
	/*! Called when messages were dropped that came faster than they were taken. As above. */
	void (*overrun)(void);
	/*! Called when the server does not let us publish or hear something, with what it says. As above. */
	void (*refused)(const char *text);
};

/*!
 * \brief Whether the library that is there can do what is asked for, with the files that it needs.
 *
 * \retval NULL if so, else why not, for the log.
 *
 * \note Any thread.
 */
const char *bus_check(const struct bus_options *options);

/*!
 * \brief Begin to connect, and stay connected: the library connects again whenever the connection is lost.
 *
 * \param options What it is made with.
 * \param[out] reason Why it is NULL.
 *
 * \return A connection, whether there is a server or not; NULL if there cannot be one.
 *
 * \note The thread that publishes. Blocks while the first try lasts: up to some seconds for each server.
 */
struct bus *bus_open(const struct bus_options *options, char reason[BUS_TEXT_SIZE]);

/*!
 * \brief Have messages.
 *
 * \param subject May have wildcards of NATS's.
 * \param handler Called for one message after the other, in a thread of the subscription's own.
 *
 * \retval 0 on success, -1 without memory or thread.
 *
 * \note The thread that has opened it.
 */
int bus_subscribe(struct bus *bus, const char *subject, bus_handler handler);

/*!
 * \brief How long a message may be that the server takes, in bytes; 0 as long as it has not told.
 *
 * \note The thread that has opened it.
 */
size_t bus_longest(struct bus *bus);

/*! \brief Of bus_publish(): the server takes no messages that are so long. */
#define BUS_TOO_LONG (-2)

/*!
 * \brief Send a message, or keep it for bus_flush().
 *
 * \param subject Well-formed: the library does not check it.
 *
 * \retval 0 on success, BUS_TOO_LONG, or -1 if it is not sent for another reason.
 *
 * \note The thread that has opened it. Blocks at most 100 ms.
 */
int bus_publish(struct bus *bus, const char *subject, const char *data, size_t length);

/*! \brief Send what was kept. \retval 0 on success, else -1. The thread that has opened it. Blocks as bus_publish(). */
int bus_flush(struct bus *bus);

/*!
 * \brief End the connection. When this returns, no handler and no callback runs any more.
 *
 * \param is_last Whether there is to be no other one: the library's threads end, too.
 *
 * \note The thread that has opened it.
 */
void bus_close(struct bus *bus, int is_last);

#endif /* RES_STASIS_BROADCAST_NATS_BUS_H */
