/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Channel ID to broadcast: at most one for each channel.
 *
 * Constant time with 100 000 entries. The table is cut into parts with a lock each, so that claims
 * of different channels do not meet on a lock.
 */

#ifndef CORE_REGISTRY_H
#define CORE_REGISTRY_H

#include <stddef.h>

#include "broadcast.h"

/*! \brief The table. It holds a reference to each of its broadcasts. */
struct registry;

/*! \brief Make an empty table. \return The table, to free with registry_destroy(), or NULL without memory. */
struct registry *registry_create(void);

/*! \brief Free a table that no other thread uses any more; its broadcasts are withdrawn. May be NULL. */
void registry_destroy(struct registry *registry);

/*!
 * \brief Put a broadcast in. One of the same channel that was there is taken out and withdrawn (rule 6). If it is claimed,
 * registry_find(), registry_take() and registry_remove() find it on (rule 11).
 *
 * \param registry The table.
 * \param broadcast The broadcast, of which the table takes a reference of its own.
 *
 * \retval 0 on success, -1 if memory ran out: then nothing has changed.
 *
 * \note Any thread. Takes the lock of one part of the table, then, without it, that of the broadcast
 *       that was there.
 */
int registry_put(struct registry *registry, struct broadcast *broadcast);

/*!
 * \brief Find the broadcast of a channel.
 *
 * \return A reference, to give back with broadcast_unref(); NULL if there is none.
 *
 * \note Any thread. Takes the lock of one part of the table.
 */
struct broadcast *registry_get(struct registry *registry, const char *channel_id);

/*!
 * \brief Find a broadcast also if its channel's ID is that of another one by now.
 *
 * \param registry The table.
 * \param channel_id The unique ID of the channel.
 * \param serial The broadcast's.
 *
 * \return A reference, to give back with broadcast_unref(); NULL if it is not there any more.
 *
 * \note Any thread. Takes the lock of one part of the table.
 */
struct broadcast *registry_find(struct registry *registry, const char *channel_id, unsigned long serial);

/*!
 * \brief Take the broadcast of a channel out, and withdraw it if it is still open.
 *
 * \param registry The table.
 * \param channel_id The unique ID of the channel.
 * \param serial Only the broadcast with this serial (rule 11); 0: whichever it is.
 *
 * \return A reference, to give back with broadcast_unref(); NULL if there was none.
 *
 * \note Any thread. Takes the lock of one part, then, without it, that of the broadcast.
 */
struct broadcast *registry_take(struct registry *registry, const char *channel_id, unsigned long serial);

/*!
 * \brief Take this very broadcast out and withdraw it if it is still open. A later broadcast of the
 *        same channel is left alone.
 *
 * \note Any thread. Locks as registry_take().
 */
void registry_remove(struct registry *registry, struct broadcast *broadcast);

/*!
 * \brief Take all broadcasts out and withdraw those that are still open. Needs no memory.
 *
 * \note Any thread. Takes the locks of the parts one after the other, and without them those of the broadcasts: one
 *       that is put in meanwhile may stay.
 */
void registry_withdraw_all(struct registry *registry);

/*! \brief How many broadcasts there are. Any thread; takes no lock. */
size_t registry_count(const struct registry *registry);

/*!
 * \brief All broadcasts, each with a reference.
 *
 * \param registry The table.
 * \param[out] count How many were found.
 *
 * \return An array to free(), after each broadcast in it was given back; NULL if there is none or
 *         memory ran out.
 *
 * \note Any thread. Takes the locks of the parts one after the other: a broadcast that is put in or
 *       taken out meanwhile may be seen or not.
 */
struct broadcast **registry_list(struct registry *registry, size_t *count);

#endif /* CORE_REGISTRY_H */
