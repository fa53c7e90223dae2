/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What each setting of stasis_broadcast_nats.conf means. Plain C.
 */

#ifndef RES_STASIS_BROADCAST_NATS_CONFIG_VALUES_H
#define RES_STASIS_BROADCAST_NATS_CONFIG_VALUES_H

#include "config.h"

/*! \brief Room for a reason. */
#define CONFIG_REASON_SIZE 160

/*! \brief Set everything to its default. */
void config_set_defaults(struct config *config);

/*!
 * \brief Set one setting.
 *
 * \param name The setting's name, in any case.
 * \param value What the file says.
 * \param[out] reason Why not, as the end of a sentence that begins with the setting and its value.
 *
 * \retval 0 on success, -1 if it cannot be used.
 */
int config_set_value(
	struct config *config, const char *name, const char *value, char reason[CONFIG_REASON_SIZE]);

/*! \brief Whether a connection that was made with the one need not be made again for the other. */
int config_connects_alike(const struct config *one, const struct config *other);

#endif /* RES_STASIS_BROADCAST_NATS_CONFIG_VALUES_H */
