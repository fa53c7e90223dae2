/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief NATS: libnats hears on threads of its own; what it has heard is handed over to the loop.
 */

#ifndef FLEET_BUS_H
#define FLEET_BUS_H

#include <jansson.h>
#include <stdbool.h>

/*! \brief Room for a name as a token: one of 256 bytes, of which each is written as %XX. */
#define TOKEN_SIZE 769

struct bus;

/*! \brief What came, in the order in which it came. */
struct bus_message {
	struct bus_message *next;
	enum {
		BUS_CONNECTED, /*!< at first, or again */
		BUS_LOST,
		BUS_GIVEN_UP, /*!< as BUS_LOST, and it does not come back by itself; the body has the "error" */
		BUS_OFFER,    /*!< an event about a call */
		BUS_NODE,
		BUS_ANSWER
	} kind;
	char token[TOKEN_SIZE]; /*!< of the node; of an answer, the number of the request */
	json_t *body;           /*!< NULL: nobody listens there */
};

/*! \brief How to reach NATS, and as whom. */
struct bus_options {
	const char *servers;         /*!< with commas between them */
	const char *user, *password; /*!< NULL: none */
	const char *prefix;
	const char *app, *worker;
};

/*!
 * \brief Connect, as soon as there is a server, and stay connected.
 *
 * \param wake Called on any thread when there is something for bus_next().
 * \return NULL when libnats refuses the options.
 */
struct bus *bus_open(const struct bus_options *options, void (*wake)(void *data), void *data);

/*! \brief Connect again, after BUS_GIVEN_UP. That comes again if it is in vain. */
void bus_reconnect(struct bus *bus);

/*! \brief The next message, to be freed with bus_free(); NULL if there is none. */
struct bus_message *bus_next(struct bus *bus);

void bus_free(struct bus_message *message);

/*! \brief Say that we are there for so many ms; 0 says that we are not. */
void bus_hello(struct bus *bus, int ttl_ms);

/*! \brief Ask all nodes to tell of themselves. */
void bus_ping(struct bus *bus);

/*!
 * \brief Ask a node. The answer comes as BUS_ANSWER with this number.
 *
 * \param verb claim, decline or take.
 * \param body The reference goes to it; `worker` is added.
 */
void bus_ask(struct bus *bus, const char *verb, const char *node, unsigned number, json_t *body);

/*! \brief Send what is still to be sent, and disconnect. */
void bus_close(struct bus *bus);

#endif
