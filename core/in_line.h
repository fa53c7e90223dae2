/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The broadcasts that are open, in the order of the line: higher priority, then longer since the first offer
 * (SPEC section 8).
 *
 * Who is first is known at any time: coming, going and going on from a place take time with the logarithm of how many
 * there are. Only what is open is in it, so that a claimed call costs nothing here.
 */

#ifndef CORE_IN_LINE_H
#define CORE_IN_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "broadcast.h"

/*! \brief The line. It holds a reference to each of its broadcasts. */
struct in_line;

/*! \brief A place in line. No two broadcasts have the same one. */
struct in_line_place {
	/*! Higher first. */
	int priority;
	/*! When the channel was offered first, of broadcast_clock_ns(): earlier first. */
	int64_t since_ns;
	/*! broadcast_serial(): lower first. */
	unsigned long serial;
};

/*! \brief How far somebody who walks along the line has come. All zero: not begun. */
struct in_line_walk {
	struct in_line_place last;
	int has_begun;
};

/*! \brief Less than 0 if \a one is in front of \a other, more than 0 if it is behind, 0 if it is the same place. */
int in_line_compare(const struct in_line_place *one, const struct in_line_place *other);

/*! \brief Make an empty line. \return The line, to free with in_line_destroy(), or NULL without memory. */
struct in_line *in_line_create(void);

/*! \brief Free a line that no other thread uses any more, and give its broadcasts back. May be NULL. */
void in_line_destroy(struct in_line *line);

/*!
 * \brief Put a broadcast in. Nothing happens if it has closed.
 *
 * \param line The line.
 * \param broadcast The broadcast, of which the line takes a reference of its own. Who closes it later has to have it leave.
 * \param priority Its priority.
 * \param since_ns When its channel was offered first.
 *
 * \retval 0 on success, -1 if memory ran out: then nothing has changed.
 *
 * \note Any thread. Takes the lock of the line, then, without it, that of the broadcast.
 */
int in_line_join(struct in_line *line, struct broadcast *broadcast, int priority, int64_t since_ns);

/*!
 * \brief Take a broadcast out that has closed; nothing happens if it is not in line.
 *
 * It may be in the middle of in_line_join() in another thread: then that one takes it out.
 *
 * \param line The line.
 * \param broadcast The broadcast; the caller has a reference of its own.
 * \param priority, since_ns As in in_line_join().
 *
 * \note Any thread, also with locks of Asterisk's channels. Takes the lock of the line.
 */
void in_line_leave(struct in_line *line, struct broadcast *broadcast, int priority, int64_t since_ns);

/*!
 * \brief Say that a call is about to leave the line and to come back as another broadcast: who takes the next one waits for
 * it, instead of being told that there is none.
 *
 * \note Any thread; takes no lock. in_line_move_end() has to follow, come back or not, and soon.
 */
void in_line_move_begin(struct in_line *line);

/*! \brief Say that in_line_move_begin() is over. \note Any thread. Takes the lock of the line. */
void in_line_move_end(struct in_line *line);

/*! \brief How often in_line_move_end() was called. \note Any thread; takes no lock. */
unsigned long in_line_moved(struct in_line *line);

/*!
 * \brief Wait until no call is between in_line_move_begin() and in_line_move_end().
 *
 * \param line The line.
 * \param moved What in_line_moved() was before.
 * \param until_ns How long at the most, of broadcast_clock_ns().
 *
 * \return Whether a call may have come back since then; never when the time is over, as there may always be one that moves.
 *
 * \note Any thread that may wait. Takes the lock of the line if there is one to wait for.
 */
int in_line_await_moves(struct in_line *line, unsigned long moved, int64_t until_ns);

/*!
 * \brief The next ones behind a place.
 *
 * \param line The line.
 * \param[in,out] walk How far the caller has come; it need not have come to a place that is still taken.
 * \param[out] next Each with a reference, to give back with broadcast_unref(). They may close at any time.
 * \param most Room in \a next.
 *
 * \return How many there are; less than \a most: the line ends with them.
 *
 * \note Any thread. Takes the lock of the line.
 */
size_t in_line_next(struct in_line *line, struct in_line_walk *walk, struct broadcast **next, size_t most);

#endif /* CORE_IN_LINE_H */
