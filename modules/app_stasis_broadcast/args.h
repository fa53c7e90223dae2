/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the arguments of StasisBroadcast() mean.
 *
 * Plain C: the commas are split by Asterisk's rules before, the log lines are written after.
 */

#ifndef APP_STASIS_BROADCAST_ARGS_H
#define APP_STASIS_BROADCAST_ARGS_H

#include <stddef.h>

#include "res_stasis_broadcast/settings_values.h"

/*! \brief The most arguments that the winner can be given. */
#define ARGS_MAX_LIST 128

/*! \brief The places that the commas separate. */
enum args_field {
	ARGS_TIMEOUT,
	ARGS_FILTER,
	ARGS_LIST,
	ARGS_NOTIFY,
	ARGS_FIELDS,
};

/*! \brief What the dialplan asked for. The strings are the caller's. */
struct args {
	/*! How long to wait for a claim, in milliseconds: always usable. */
	int timeout_ms;
	/*! The timeout as written if it was not usable, hence the default; NULL if it was. */
	const char *bad_timeout;
	/*! Regular expression for application names; NULL for every application. */
	const char *filter;
	/*! The arguments for the winner, in their order, the empty ones included. */
	char *list[ARGS_MAX_LIST];
	/*! How many of them there are. */
	int count;
	/*! How many more were written, and are left out. */
	size_t left_out;
	/*! Whether to send CallClaimed, as written: an Asterisk truth value, or NULL. */
	const char *notify;
};

/*!
 * \brief Read the fields of StasisBroadcast().
 *
 * \param[out] args Filled in. Borrows the strings of \a fields.
 * \param settings For the time to wait: the default, and the most.
 * \param count How many fields were written; those that were not are as good as empty.
 * \param fields In the order of \ref args_field. An entry may be NULL. That of the list is cut into
 *        pieces in place.
 *
 * \note Any thread; takes no lock. Nothing can fail: what is not usable becomes the default and is
 *       told in \a args.
 */
void args_parse(struct args *args, const struct settings *settings, size_t count, char *const fields[]);

#endif /* APP_STASIS_BROADCAST_ARGS_H */
