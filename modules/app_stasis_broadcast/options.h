/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the options of StasisBroadcast() mean: b(window), k(n[:ms]), p(priority) and q(name).
 *
 * Plain C, as args.h.
 */

#ifndef APP_STASIS_BROADCAST_OPTIONS_H
#define APP_STASIS_BROADCAST_OPTIONS_H

#include <stddef.h>

/*! \brief The longest window of bids, in milliseconds. */
#define OPTIONS_MAX_BID_WINDOW_MS 5000

/*! \brief The most applications that k() can say. */
#define OPTIONS_MAX_FIRST 1000000

/*! \brief The longest step of k(), in milliseconds. */
#define OPTIONS_MAX_FIRST_STEP_MS 60000

/*! \brief The highest priority; the lowest is as far below 0. */
#define OPTIONS_MAX_PRIORITY 1000000

/*! \brief The longest name of a line, in bytes. */
#define OPTIONS_MAX_QUEUE 80

/*! \brief So many options that cannot be used are told one by one. */
#define OPTIONS_MAX_PROBLEMS 4

/*! \brief An option that cannot be used, and is as good as not written. */
struct options_problem {
	/*! The option as written, with what is in its parentheses. Not terminated. */
	const char *text;
	size_t length;
	/*! What is wrong with it: "is ...". */
	const char *reason;
};

/*! \brief What the options say. */
struct options {
	/*! How long bids are collected, in milliseconds; 0 if none are. */
	int bid_window_ms;
	/*! Whether it is said how many applications hear of the call at first. */
	int has_first;
	/*! How many; 0: all. */
	int first;
	/*! How long until the next ones do, in milliseconds; 0 if it is not said. */
	int first_step_ms;
	/*! The name of the line; "" for none. */
	char queue[OPTIONS_MAX_QUEUE + 1];
	/*! Whether a priority is given. */
	int has_priority;
	/*! The priority, higher first; 0 if none is given. */
	int priority;
	/*! The first of those that cannot be used, in their order. */
	struct options_problem problems[OPTIONS_MAX_PROBLEMS];
	size_t problem_count;
	/*! How many more there are. */
	size_t more_problems;
};

/*!
 * \brief Read the options.
 *
 * \param[out] options Filled in. The texts of its problems are parts of \a text.
 * \param text The options as written; NULL for none.
 *
 * \note Any thread; takes no lock. Nothing can fail: what is not usable is left out and told in \a options.
 */
void options_parse(struct options *options, const char *text);

#endif /* APP_STASIS_BROADCAST_OPTIONS_H */
