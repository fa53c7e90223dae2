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

#endif /* RES_STASIS_BROADCAST_NATS_PRESENCE_H */
