/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The settings of the fleet: stasis_broadcast_nats.conf.
 */

#ifndef RES_STASIS_BROADCAST_NATS_CONFIG_H
#define RES_STASIS_BROADCAST_NATS_CONFIG_H

#include "config_values.h"

/*!
 * \brief Read the file.
 *
 * \return The settings, a reference; NULL if something is wrong, of which the log tells, or memory ran out. Without a file,
 *         those of a fleet that is off.
 *
 * \note The thread that loads or reloads the module.
 */
struct config *config_read(void);

/*! \brief Have these settings from now on. \param config A reference is taken; NULL: none. */
void config_set(struct config *config);

/*! \brief The settings of now, a reference; NULL: none. Any thread; takes a lock for a moment. */
struct config *config_get(void);

/*! \brief How long a call waits for its winner, in milliseconds. Any thread; takes no lock. */
int config_hold_ms(void);

#endif /* RES_STASIS_BROADCAST_NATS_CONFIG_H */
