/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_BUS_H
#define ARI_RACE_BUS_H

/*! \file
 * \brief Connections to NATS by libnats, read and written in the one event loop. Built without libnats
 * (bus_none.c), there are none.
 *
 * Why not the bus of examples/fleet/c: its libnats has three threads for each connection, which is right for
 * one worker, and not for a thousand in one process whose times are measured.
 */

#include <stdbool.h>
#include <stddef.h>

struct bus_link;
struct ev_loop;

/*! \brief A message of one of a connection's subscriptions. */
struct bus_message {
	const char *subject;
	const char *body; /*!< need not end in a NUL */
	size_t len;
	bool nobody; /*!< nobody listens to what was asked; libnats does not say to which: the subject is empty */
};

/*! \brief Who hears of what a connection brings; both are called in the loop. */
struct bus_owner {
	void (*on_message)(void *data, const struct bus_message *message);
	void (*on_gone)(void *data, const char *why); /*!< it has ended, and not by bus_close() */
	void *data;
};

/*! \brief What is to be done before there can be connections; NULL: nothing. */
const char *bus_missing(void);

/*!
 * \brief Connect; blocks until NATS has answered, two seconds at most.
 *
 * \param url As nats://127.0.0.1:4222, several with commas between them; may have a log-in.
 * \param name Shown by NATS.
 * \param owner Copied.
 * \param[out] why If it cannot be done.
 * \return To free with bus_close(); NULL if it cannot be done.
 */
struct bus_link *bus_open(
	const char *url, const char *name, struct ev_loop *loop, const struct bus_owner *owner, const char **why);

/*! \brief Hear of a subject. \return false if libnats does not take it */
bool bus_subscribe(struct bus_link *link, const char *subject);

/*! \brief Hand a message to the kernel. \param reply Where an answer goes; NULL: none is wanted. */
void bus_publish(struct bus_link *link, const char *subject, const char *reply, const char *body);

/*! \brief Close; what has been published is written before. NULL is harmless. */
void bus_close(struct bus_link *link);

/*! \brief Free what libnats has for all of them, after the last one was closed. */
void bus_end(void);

#endif /* ARI_RACE_BUS_H */
