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

#include "options.h"
#include "res_stasis_broadcast/settings_values.h"

/*! \brief The most arguments that the winner can be given. */
#define ARGS_MAX_LIST 128

/*! \brief The most circles that can be written. */
#define ARGS_MAX_ROUNDS 8

/*! \brief The places that the commas separate. */
enum args_field {
	ARGS_TIMEOUT,
	ARGS_FILTER,
	ARGS_LIST,
	ARGS_NOTIFY,
	ARGS_OPTIONS,
	/*! Whatever else is written, commas included. */
	ARGS_TOO_MANY,
	ARGS_FIELDS,
};

/*! \brief What the dialplan asked for. The strings are the caller's, without the blanks around them. */
struct args {
	/*! How long to wait for a claim, in milliseconds: always usable. */
	int timeout_ms;
	/*! The timeout as written if it is not a number, hence the default; NULL if it is one. */
	const char *bad_timeout;
	/*! The timeout as written if it is more than the most, hence the most; NULL if it is not. */
	const char *long_timeout;
	/*! Regular expression for application names; NULL for every application, and with circles. */
	const char *filter;
	/*! How many circles there are; 0 if none are written. */
	size_t rounds;
	/*! How long each of them lasts, in milliseconds; \a timeout_ms is all of it. */
	int round_ms[ARGS_MAX_ROUNDS];
	/*! The filter of each; NULL for every application. */
	const char *round_filters[ARGS_MAX_ROUNDS];
	/*! What is wrong with the circles, so that the call cannot be offered; NULL for nothing. */
	const char *bad_rounds;
	/*! The arguments for the winner, in their order, the empty ones included. */
	char *list[ARGS_MAX_LIST];
	/*! How many of them there are. */
	int count;
	/*! How many more were written, and are left out. */
	size_t left_out;
	/*! Whether to send CallClaimed, as written: an Asterisk truth value, or NULL for the default, which is no. */
	const char *notify;
	/*! The same if it is neither true nor false, hence the default; NULL if it is. */
	const char *bad_notify;
	/*! The options as written; NULL for none. */
	const char *options_text;
	/*! What they mean. */
	struct options options;
	/*! What is written behind the last argument that there is; NULL for nothing. */
	const char *too_many;
};

/*! \brief Whether the field of the timeout has circles. \a timeout may be NULL. */
int args_have_rounds(const char *timeout);

/*!
 * \brief Take quotes and backslashes off a field, as Asterisk does when it splits the arguments, but for a backslash before
 *        an ampersand: in the filters of circles that one is a letter.
 *
 * \return \a text, changed in place.
 */
char *args_unquote(char *text);

/*!
 * \brief Read the fields of StasisBroadcast().
 *
 * \param[out] args Filled in. Borrows the strings of \a fields.
 * \param settings For the time to wait: the default, and the most.
 * \param count How many fields were written; those that were not are as good as empty.
 * \param fields In the order of \ref args_field. An entry may be NULL. The others lose the blanks around
 *        them, and that of the list, and with circles the timeout and the filter, are cut into pieces, all in place.
 *
 * \note Any thread; takes no lock. Nothing can fail: what is not usable becomes the default and is
 *       told in \a args.
 */
void args_parse(struct args *args, const struct settings *settings, size_t count, char *const fields[]);

#endif /* APP_STASIS_BROADCAST_ARGS_H */
