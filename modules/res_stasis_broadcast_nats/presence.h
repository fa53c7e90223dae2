/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What nodes and workers tell each other of themselves.
 */

#ifndef RES_STASIS_BROADCAST_NATS_PRESENCE_H
#define RES_STASIS_BROADCAST_NATS_PRESENCE_H

#include <stdint.h>

struct bus_message;

/*! \brief The connection has come: tell of this node at once, and ask the workers for a hello. Any thread. */
void presence_connected(void);

/*!
 * \brief Tell of this node, if that is due.
 *
 * \return When to call it again, on the monotonic clock in nanoseconds.
 *
 * \note The thread that publishes.
 */
int64_t presence_attend(void);

/*!
 * \brief Take a worker's hello or good-bye.
 *
 * \param message What came. Borrowed.
 *
 * \note The thread of its subject; takes locks for moments.
 */
void on_hello(const struct bus_message *message);

/*! \brief As on_hello(): somebody asks who is there. */
void on_ping(const struct bus_message *message);

/*! \brief As on_hello(): a node tells of itself, perhaps one with our name. */
void on_node(const struct bus_message *message);

/*! \brief Forget that another node had our name, which is another one now, or was told by an earlier load. Any thread. */
void presence_forget_clash(void);

/*!
 * \brief Whether an offer is of another node that has our name and was heard of lately: that one answers, and we do not.
 *
 * \param offer What names the offer.
 *
 * \note Any thread; takes a lock for a moment.
 */
int presence_is_others(const char *offer);

/*! \brief How many seconds ago another node with our name was heard; -1: never. Any thread. */
int64_t presence_clash_s(void);

#endif /* RES_STASIS_BROADCAST_NATS_PRESENCE_H */
