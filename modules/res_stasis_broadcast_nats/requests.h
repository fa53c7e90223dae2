/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is to be read in a message that came from the bus (docs/FLEET.md).
 */

#ifndef RES_STASIS_BROADCAST_NATS_REQUESTS_H
#define RES_STASIS_BROADCAST_NATS_REQUESTS_H

#include <stddef.h>

#include "bus.h"
#include "token.h"
#include "workers.h"

/*! \brief Room for a channel's ID. */
#define REQUEST_ID_SIZE 160

/*! \brief A message that was understood. */
struct request {
	/*! The application, of the subject. */
	char app[TOKEN_MAX_NAME + 1];
	/*! Who of it asks. */
	char worker[WORKERS_MAX_ID + 1];
	/*! The channel; empty: none. */
	char channel_id[REQUEST_ID_SIZE];
	/*! Which broadcast; 0: whichever it is. */
	unsigned long serial;
	/*! Whether the offer is none of this load of the module: it is over. */
	int is_over;
	/*! Whether it is of another node that has our name, which answers. */
	int is_others;
	int score;
	/*! For the list. */
	long limit;
	/*! For a hello. */
	long long ttl_ms;
};

/*! \brief What a request has to have. */
enum request_part {
	REQUEST_WORKER = 1 << 0,
	REQUEST_CHANNEL = 1 << 1,
	REQUEST_SCORE = 1 << 2,
	REQUEST_TTL = 1 << 3,
};

/*!
 * \brief Read a message.
 *
 * \param message The message. Its subject ends with the application.
 * \param parts What it has to have, of enum request_part.
 * \param[out] request What it says.
 *
 * \retval NULL on success, else what is wrong, as a text for who has sent it. It is counted then.
 *
 * \note Any thread; takes no lock.
 */
const char *request_read(const struct bus_message *message, unsigned int parts, struct request *request);

/*!
 * \brief Whether an answer to a message can be sent; if not, it is counted as not understood.
 *
 * Not to a subject of the fleet's own: who may only ask would have us speak there.
 *
 * \note Any thread.
 */
int request_has_reply(const struct bus_message *message);

#endif /* RES_STASIS_BROADCAST_NATS_REQUESTS_H */
