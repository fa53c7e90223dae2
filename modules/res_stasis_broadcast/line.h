/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */
/*! \file
 * \brief The line: which of the broadcasts comes first.
 */

#ifndef RES_STASIS_BROADCAST_LINE_H
#define RES_STASIS_BROADCAST_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "broadcast.h"

struct ast_json;

/*! \brief A broadcast and what its place depends on, copied once: an order must not change while it is made. */
struct line_place {
	struct broadcast *broadcast;
	int is_closed;
	int priority;
	int64_t first_ns;
	unsigned long serial;
};

/*! \brief For qsort(): the place that comes first is less. Any thread; takes no lock. */
int line_compare(const void *left, const void *right);

/*!
 * \brief All broadcasts at one moment, in no order, each with a reference.
 *
 * \param[out] count How many.
 *
 * \return An array to give back with line_release(); NULL if there is none or memory ran out.
 *
 * \note Any thread, inside the gate. Takes the locks of the registry's parts one after the other.
 */
struct line_place *line_snapshot(size_t *count);

/*! \brief Give a snapshot back; it may be NULL. */
void line_release(struct line_place *places, size_t count);

/*!
 * \brief Claim, of the broadcasts that are open, the first in line that an application may have (SPEC section 8).
 *
 * The claim of each in turn decides; no lock is held for longer than one of them. If all that there were went to others
 * meanwhile, the line is looked at again: nobody gets nothing while there is a call that it may have.
 *
 * \param app_name The application, which is registered. Borrowed.
 *
 * \return The broadcast, which is the application's now, to give back with broadcast_unref(); NULL if there is none.
 *
 * \note Any thread, inside the gate. Where a broadcast collects bids, its claim waits for the award.
 */
struct broadcast *line_take(const char *app_name);

/*!
 * \brief Describe broadcasts in the order of the line: those that are open first, of them the one with the higher
 *        priority, then the one whose channel was offered first (SPEC section 5).
 *
 * What is answered is as true as the moment in which each was looked at: others come and go meanwhile.
 *
 * \param app_name Only those that this application may claim now; NULL: all.
 * \param limit As many at the most: only these cost more than their place in the order.
 *
 * \return A JSON array; NULL without memory.
 *
 * \note Any thread, inside the gate. Takes the locks of the registry's parts and of single broadcasts one after the
 *       other, never two at once.
 */
struct ast_json *line_describe(const char *app_name, size_t limit);

#endif /* RES_STASIS_BROADCAST_LINE_H */
