/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_OPTIONS_H
#define ARI_RACE_OPTIONS_H

/*! \file
 * \brief What the user asked for, from the command line and the environment.
 */

#include "target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_VARIABLES_MAX 32
#define OPTIONS_TARGETS_MAX 16

enum claim_mode {
	CLAIM_FIRST,  /*!< the first N applications claim every call */
	CLAIM_ALL,    /*!< every application that is free to does */
	CLAIM_RANDOM, /*!< N of them, chosen for each call again */
};

struct options {
	struct target targets[OPTIONS_TARGETS_MAX]; /*!< one, or with --nats several */
	size_t target_count;
	const char *url;
	char *user;     /*!< to free */
	char *password; /*!< to free */

	char *nats; /*!< servers of NATS; NULL: applications are on WebSockets. To free */
	const char *nats_prefix;

	int64_t apps;
	const char *app_prefix;
	int64_t apps_per_connection;
	const char *claimers_text;
	enum claim_mode claim_mode;
	int64_t claimers; /*!< applications that may claim; with CLAIM_RANDOM, how many of them do */
	int64_t decliners;
	int64_t stalled;
	int64_t stalled_buffer; /*!< bytes of SO_RCVBUF; 0: the system's */
	int64_t think_ns;
	int64_t spread_ns;
	double
		think_sigma; /*!< of the logarithm of think times, whose median is think_ns then; 0: by spread_ns */
	bool bid;        /*!< claimers bid, with a score at random */
	int64_t hold_ns;
	int64_t seed;
	int64_t rest_ns; /*!< from when all applications are there to the first call */

	const char *calls_from_text;
	bool elsewhere;
	int64_t calls; /*!< 0: no limit */
	double rate;   /*!< calls per second; 0: as fast as concurrency lets them */
	int64_t concurrency;
	int64_t duration_ns; /*!< 0: no limit */
	const char *endpoint;
	const char *other;
	int64_t timeout_ns;
	const char *filter;
	const char *args;
	bool notify;
	const char *variables[OPTIONS_VARIABLES_MAX]; /*!< NAME=VALUE */
	size_t variable_count;

	const char *claims_over_text;
	bool over_websocket; /*!< claims and declines go over the applications' own WebSockets */
	int64_t http_connections;
	int64_t answer_timeout_ns;
	int64_t settle_ns;

	const char *json;
	const char *history;
	bool quiet;
};

/*!
 * \brief Read the command line. Prints help, version or the one line that says what is wrong.
 *
 * \param[out] options To free with options_free() in any case.
 * \return -1 to go on, or the exit status to end with.
 */
int options_parse(struct options *options, int argc, char **argv);

/*! \brief Check what belongs together, and fill in what follows from it. \return as options_parse() */
int options_check(struct options *options);

/*! \brief Print "ari-race: " and a line to standard error. \return 2, the exit status for bad arguments */
int options_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*! \brief Free what the options own. */
void options_free(struct options *options);

/*! \brief Print the help text to standard output. */
void usage_print(void);

#endif /* ARI_RACE_OPTIONS_H */
