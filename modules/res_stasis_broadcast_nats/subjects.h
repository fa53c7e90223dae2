/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What this node hears on the bus: which subjects, and who takes their messages (docs/FLEET.md).
 */

#ifndef RES_STASIS_BROADCAST_NATS_SUBJECTS_H
#define RES_STASIS_BROADCAST_NATS_SUBJECTS_H

struct bus;
struct config;

/*!
 * \brief Have the messages of all subjects from now on.
 *
 * \param bus The connection.
 * \param config The prefix, and the node's name. Borrowed.
 *
 * \retval 0 on success, -1 without memory or thread.
 *
 * \note The thread that publishes.
 */
int subjects_subscribe(struct bus *bus, const struct config *config);

#endif /* RES_STASIS_BROADCAST_NATS_SUBJECTS_H */
