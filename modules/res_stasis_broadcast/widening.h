/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Whom a call is offered to at first, and when to more: circles, and k first (SPEC section 8).
 *
 * The policy alone: that the recipients of an open broadcast can grow is core's. It is all done by the thread that runs
 * the channel, in its wait.
 */

#ifndef RES_STASIS_BROADCAST_WIDENING_H
#define RES_STASIS_BROADCAST_WIDENING_H

#include "broadcast.h"

struct ast_channel;
struct delivery;
struct offer_request;

/*! \brief What is known of whom to offer a call to, and of who is to come. For one thread at a time. */
struct widening;

/*!
 * \brief Prepare to offer a call to those that a request asks for.
 *
 * \param request What is asked for; its filters are set with widening_set_filter() before anything else.
 *
 * \return What to give back with widening_free(); NULL without memory.
 *
 * \note Any thread; takes no lock but that of the settings.
 */
struct widening *widening_create(const struct offer_request *request);

/*! \brief Give it back; it may be NULL. Any thread; takes the dispatcher's lock. */
void widening_free(struct widening *widening);

/*! \brief How many circles there are; 1 without circles. */
size_t widening_rounds(const struct widening *widening);

/*! \brief Set the filter of a circle, counted from 0; NULL: every application. The reference is taken. */
void widening_set_filter(struct widening *widening, size_t round, struct app_filter *filter);

/*! \brief The filter of a circle, borrowed. */
struct app_filter *widening_filter(const struct widening *widening, size_t round);

/*!
 * \brief The text of all filters.
 *
 * \param[out] text As the dialplan can write it: with an ampersand between them, and a backslash before one that is a
 *             letter. Lives as long as \a widening. NULL for a single filter, which has its own.
 *
 * \retval 0 on success, -1 if memory ran out.
 */
int widening_filter_text(struct widening *widening, const char **text);

/*!
 * \brief Open the first circle in which anybody is, and those before it.
 *
 * \param widening With its filters.
 * \param chan The channel, for the log.
 * \param continues An earlier broadcast of the call that this one goes on with, in the circle that it had come to: those
 *        that it was offered to are the first ones. NULL: none.
 *
 * \return Whom to offer it to at first, to give back with names_unref(); NULL without memory.
 *
 * \note The channel's thread. Takes the directory's lock for a moment.
 */
struct names *widening_begin(
	struct widening *widening, const struct ast_channel *chan, struct broadcast *continues);

/*! \brief Whether there is still anybody to come: of the open circle, or a circle. */
int widening_has_more(const struct widening *widening);

/*!
 * \brief Let a broadcast that was just made follow it: admit the circles that are open, and note which one it has come to.
 *
 * \param widening After widening_begin().
 * \param broadcast Its broadcast, which nobody else knows of yet.
 * \param delivery Where further offers go; a reference is taken. NULL if there is nobody.
 *
 * \note The channel's thread. Takes the lock of the broadcast, and of the dispatcher.
 */
void widening_follow(struct widening *widening, struct broadcast *broadcast, struct delivery *delivery);

/*!
 * \brief Do what is due: offer the call to more applications, or open the next circle.
 *
 * \param widening After widening_follow().
 * \param chan The channel; not locked by the caller.
 * \param broadcast Its broadcast.
 * \param is_exhausted Whether all that it was offered to have declined.
 *
 * \return Whether something was done: then there may be more to do at once.
 *
 * \note The channel's thread. Takes the locks of the channel, the directory, the broadcast and the dispatcher for a moment
 *       each, one after the other.
 */
int widening_advance(
	struct widening *widening, struct ast_channel *chan, struct broadcast *broadcast, int is_exhausted);

/*! \brief When there is something to do by time, of broadcast_clock_ns(); INT64_MAX: never. */
int64_t widening_next_ns(const struct widening *widening);

/*!
 * \brief Learn of a claim how long claims take: from the offer to the winner on, so that steps to others do not count.
 *
 * \param widening After widening_follow().
 * \param broadcast Its broadcast, which was claimed.
 *
 * \note The channel's thread. Takes no lock but the broadcast's.
 */
void widening_note_claim(const struct widening *widening, struct broadcast *broadcast);

/*! \brief Ask for the same filters and circles as before, in a request whose other fields are set. What it points to is borrowed. */
void widening_request(const struct widening *widening, struct offer_request *request);

#endif /* RES_STASIS_BROADCAST_WIDENING_H */
