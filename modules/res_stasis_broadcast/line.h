/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief All broadcasts, first in line first: higher priority, then longer since the first offer (SPEC section 8).
 */

#ifndef RES_STASIS_BROADCAST_LINE_H
#define RES_STASIS_BROADCAST_LINE_H

#include "in_line.h"
#include "offer_data.h"

struct ast_json;

/*! \brief A broadcast and its place in line. */
struct line {
	struct broadcast *broadcast;
	const struct offer *offer;
	struct in_line_place place;
	int is_open;
};

/*!
 * \brief All broadcasts in line, and those that are not on offer any more behind them.
 *
 * \param[out] count How many there are.
 * \param[out] open How many of them are open.
 *
 * \return To give back with line_free(); NULL without memory.
 *
 * \note Any thread, inside the gate. Takes locks of the core, one after the other.
 */
struct line *line_get(size_t *count, size_t *open);

/*! \brief Give back what line_get() gave. Any thread; inside the gate or not. */
void line_free(struct line *line, size_t count);

/*!
 * \brief Have a line that calls on offer can join.
 *
 * \retval 0 on success, -1 if memory ran out.
 *
 * \note The thread that loads the module, before anybody is let in.
 */
int line_start(void);

/*! \brief Free it. The thread that unloads the module, when nobody is inside and the observer was removed. May be called without line_start(). */
void line_stop(void);

/*!
 * \brief Put a broadcast in line, from now on until it closes: it can be taken.
 *
 * \param broadcast One that was announced, whose data is an offer.
 *
 * \retval 0 on success, -1 if memory ran out.
 *
 * \note The channel's thread, inside the gate. Takes the line's lock, then the broadcast's.
 */
int line_join(struct broadcast *broadcast);

/*!
 * \brief Between these a call is on offer no more and not yet again: who takes the next one waits for it.
 *
 * \note The channel's thread, inside the gate. The second takes the line's lock.
 */
void line_move_begin(void);
void line_move_end(void);

/*!
 * \brief Claim, of the broadcasts that are open, the first in line that an application may have (SPEC section 8), as
 *        take_first() does.
 *
 * \param app_name The application, which is registered. Borrowed.
 * \param[out] was_busy As in take_first().
 *
 * \return The broadcast, which is the application's now, to give back with broadcast_unref(); NULL if there is none.
 *
 * \note Any thread, inside the gate. Where a broadcast collects bids, its claim waits for the award.
 */
struct broadcast *line_take(const char *app_name, int *was_busy);

/*! \brief As line_take(), with another claim: take_first_by() (core/take.h). */
struct broadcast *line_take_by(const char *app_name,
	enum broadcast_result (*claim)(struct broadcast *broadcast, void *data), void *data, int *was_busy);

/*!
 * \brief Describe broadcasts in the order of the line: those that are open first, of them the one with the higher
 *        priority, then the one whose channel was offered first (SPEC section 5).
 *
 * What is answered is as true as the moment in which each was checked: others come and go meanwhile.
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
