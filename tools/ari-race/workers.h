/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_WORKERS_H
#define ARI_RACE_WORKERS_H

/*! \file
 * \brief With --nats: the applications as workers of a fleet, by the protocol of docs/FLEET.md. Each says hello,
 * hears offers, and asks the node that offers for the call. What comes after that is not NATS's.
 */

#include "event_socket.h"

struct claim;
struct workers;

/*!
 * \brief Share the applications of a race out among connections to NATS; does not connect.
 * \param race Borrowed; its facts say what happens.
 * \param on_event Called for offers, and what else the nodes tell of calls.
 * \return to free with workers_destroy()
 */
struct workers *workers_create(struct race *race, event_cb on_event);

/*! \brief Connect some more of them, and say hello for each. \return Whether all are connected. */
bool workers_connect(struct workers *workers);

/*! \brief Ask the nodes whether they know the applications, until all nodes know all of them. */
void workers_make_known(struct workers *workers);

/*! \brief Whether all nodes know all applications. */
bool workers_known(const struct workers *workers);

/*! \brief How many connections to NATS there are. */
size_t workers_connections(const struct workers *workers);

/*!
 * \brief Send a claim's request to the node that made the offer.
 *
 * \param verb claim, bid or decline.
 * \param score For a bid; negative: there is none.
 * \param done Called once, in the loop. The status of its answer is 503 if NATS says that the node is not there.
 */
void workers_ask(
	struct workers *workers, struct claim *claim, const char *verb, int score, http_answer_cb done);

/*! \brief Give up requests that were made before \a oldest_ns. \return how many */
size_t workers_give_up(struct workers *workers, uint64_t oldest_ns);

/*! \brief Say good-bye for all applications, and disconnect. Harmless if it has been done. */
void workers_leave(struct workers *workers);

/*! \brief Free them, before the loop is closed; no \c done is called any more. */
void workers_destroy(struct workers *workers);

#endif /* ARI_RACE_WORKERS_H */
