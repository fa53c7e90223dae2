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
