/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_TARGET_H
#define ARI_RACE_TARGET_H

/*! \file
 * \brief The Asterisk that is loaded: where its HTTP server is, and how to log in.
 */

struct target {
	int port;
	char name[256];          /*!< as in the URL */
	char address[64];        /*!< that name as a number, found once */
	char host[280];          /*!< Host header: name and port */
	char prefix[256];        /*!< http.conf's prefix, without a slash at the end; mostly empty */
	char authorization[700]; /*!< value of the Authorization header */
};

/*!
 * \brief Take a URL and a log-in apart.
 * \return NULL, or what is wrong with the URL.
 */
const char *target_parse(struct target *target, const char *url, const char *user, const char *password);

/*!
 * \brief Find the address of the name and try to connect; blocks for two seconds at most.
 * \return NULL if somebody listens there, or why not.
 */
const char *target_probe(struct target *target);

#endif /* ARI_RACE_TARGET_H */
