/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Applications that a call may be offered to, taken off in an order at random.
 */

#ifndef RES_STASIS_BROADCAST_CANDIDATES_H
#define RES_STASIS_BROADCAST_CANDIDATES_H

#include <stddef.h>
#include <stdint.h>

#include "names.h"

struct app_filter;
struct ast_channel;

/*! \brief Applications, some of which are taken. All zero: none. For one thread at a time. */
struct candidates {
	struct names *names;
	/*! Which come in which order, those that are taken first; NULL: all of the list, in its order. */
	unsigned int *order;
	size_t count;
	size_t taken;
};

/*!
 * \brief The applications that are there now and may have a call.
 *
 * \param chan The channel, for the log.
 * \param filter The filter; NULL: all.
 * \param excluded Who may not; NULL: nobody.
 *
 * \return A list to give back with names_unref(); NULL without memory.
 *
 * \note The channel's thread. Takes the locks of the directory and the filter for a moment.
 */
struct names *candidates_find(
	const struct ast_channel *chan, struct app_filter *filter, const struct names *excluded);

/*!
 * \brief The applications that were there a moment ago and may have a call: cheaper where there are many (recent.h).
 *
 * \param chan, filter, excluded As candidates_find() has them.
 * \param[out] is_now 1: it is what candidates_find() gives. 0: some may be gone (ask candidates_are_there()), and some may
 *        have come.
 *
 * \return A list to give back with names_unref(); NULL without memory.
 *
 * \note The channel's thread. Locks as candidates_find(), those of recent_names(), and that of the stats.
 */
struct names *candidates_find_recent(
	const struct ast_channel *chan, struct app_filter *filter, const struct names *excluded, int *is_now);

/*!
 * \brief Whether all of a list are there now, and are offered calls.
 *
 * \note Any thread. Takes locks of the directory, the filters and Asterisk for a moment, for each of them.
 */
int candidates_are_there(const struct names *names);

/*!
 * \brief Have those of a list that are not known already.
 *
 * \param candidates An empty one.
 * \param names The list; the reference is taken, also on failure.
 * \param known Who is left out; NULL: nobody.
 * \param is_random Whether they are to come in an order at random; else as in the list.
 *
 * \retval 0 on success, -1 if memory ran out.
 *
 * \note Any thread; takes no lock. Costs a few bytes for each name, and no copy of it.
 */
int candidates_fill(
	struct candidates *candidates, struct names *names, const struct names *known, int is_random);

/*!
 * \brief Take some.
 *
 * \param candidates The applications.
 * \param count How many, of those that are left.
 *
 * \return A list to give back with names_unref(); NULL if memory ran out.
 */
struct names *candidates_take(struct candidates *candidates, size_t count);

/*! \brief How many are left. */
size_t candidates_left(const struct candidates *candidates);

/*! \brief How many were taken. */
size_t candidates_taken(const struct candidates *candidates);

/*! \brief Forget them all. */
void candidates_clear(struct candidates *candidates);

/*!
 * \brief Those of a list that are there now, but for some.
 *
 * \param names The list.
 * \param excluded Who is left out; NULL: nobody.
 *
 * \return A list to give back with names_unref(); NULL if memory ran out.
 *
 * \note Any thread. Takes the directory's lock for a moment.
 */
struct names *candidates_still_there(const struct names *names, const struct names *excluded);

/*!
 * \brief Those of a list that would have a call at once: they are registered with Asterisk, or no source says that they come
 *        only for it.
 *
 * \return A list to give back with names_unref(); NULL if memory ran out.
 *
 * \note Any thread. Takes locks of Asterisk's and of the sources for a moment.
 */
struct names *candidates_registered(const struct names *names);

/*! \brief One list, then another, which have nobody in common. \return A list to give back; NULL if memory ran out. */
struct names *candidates_join(const struct names *first, const struct names *more);

#endif /* RES_STASIS_BROADCAST_CANDIDATES_H */
