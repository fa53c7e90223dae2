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

#include "token.h"

/*! \brief The longest text of a setting, with its NUL. */
#define CONFIG_TEXT_SIZE 1024

/*! \brief Room for a prefix. */
#define CONFIG_PREFIX_SIZE 65

/*! \brief The settings of one reading: an ao2 object that does not change. */
struct config {
	char servers[CONFIG_TEXT_SIZE];
	char user[CONFIG_TEXT_SIZE];
	char password[CONFIG_TEXT_SIZE];
	char credentials[CONFIG_TEXT_SIZE];
	char tls_ca[CONFIG_TEXT_SIZE];
	int tls;
	char prefix[CONFIG_PREFIX_SIZE];
	/*! Empty: the fleet is off. */
	char node[TOKEN_MAX_NAME + 1];
	/*! The node as a token. */
	char node_token[TOKEN_SIZE];
	/*! The URL of this node's ARI. */
	char ari[CONFIG_TEXT_SIZE];
	/*! How long a call waits for its winner, in milliseconds. */
	int hold_ms;
	/*! How many messages may wait to be published. */
	int queue;
};

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
