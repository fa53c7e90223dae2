/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The calls that are ours, or may be in a moment: what is asked for each, and when it is over.
 */

#ifndef FLEET_CALLS_H
#define FLEET_CALLS_H

#include "bus.h"
#include "node.h"

/*! \brief How long a hello counts. */
#define HELLO_TTL_MS 30000

/*! \brief What is done with calls. */
struct calls_options {
	int capacity;     /*!< so many at once */
	const char *play; /*!< what callers hear, as ARI names media */
};

/*! \brief Set up. All of it belongs to the caller and stays. */
void calls_init(struct bus *bus, struct node_owner *owner, const struct calls_options *options);

/*! \brief Something came from NATS. Not freed. */
void calls_on_message(const struct bus_message *message);

/*! \brief Take no more calls: offers are declined. */
void calls_stop(void);

/*! \brief How many there are, those included that may be ours in a moment. */
int calls_count(void);

/*! \brief How many calls are ours, or will be: without what we have only asked for. */
int calls_held(void);

#endif
