/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The lines that calls wait in, by their names: who is at which place.
 *
 * In line is: higher priority, then longer since the first offer (SPEC section 8).
 */

#ifndef RES_STASIS_BROADCAST_QUEUE_LINE_H
#define RES_STASIS_BROADCAST_QUEUE_LINE_H

#include <stdint.h>

struct queue_line;

/*! \brief A call's place, in its offer. All zero: in no line. Only queue_line.c changes it. */
struct queue_place {
	/*! The line that it is in; NULL: none. */
	struct queue_line *line;
	struct queue_place *ahead;
	struct queue_place *behind;
	int priority;
	int64_t since_ns;
};

/*!
 * \brief Get in line.
 *
 * \param place Not in line.
 * \param name The line's name.
 * \param priority Higher first.
 * \param since_ns Earlier first among equals.
 *
 * \return The place in line, from 1 on; 0 without memory: it is in no line then.
 *
 * \note Any thread. Takes the lock of the lines. Walks past those that come after it.
 */
int queue_line_enter(struct queue_place *place, const char *name, int priority, int64_t since_ns);

/*!
 * \brief Leave it.
 *
 * \return The place in line; 0 if it was in none.
 *
 * \note Any thread, but not two for one place. Takes the lock of the lines. Walks past those that are ahead of it.
 */
int queue_line_leave(struct queue_place *place);

#endif /* RES_STASIS_BROADCAST_QUEUE_LINE_H */
