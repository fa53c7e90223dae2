/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Which applications were there a moment ago, for who needs only some of many (SPEC section 8).
 *
 * Asterisk takes 2.4 ms to list a thousand, for each call. A call that goes to a few at first needs no more to begin with.
 */

#ifndef RES_STASIS_BROADCAST_RECENT_H
#define RES_STASIS_BROADCAST_RECENT_H

struct names;

/*!
 * \brief The applications that an offer may go to, as they were at most 100 ms ago.
 *
 * Up to 200 are as cheap to ask for, and always those of now.
 *
 * \param[out] is_now 1: these are the applications of now, as directory_names() has them. 0: some may be gone, and some may
 *        have come.
 *
 * \return A list to give back with names_unref(); NULL without memory.
 *
 * \note Any thread. Takes a lock of its own for a moment, and locks as directory_names() now and then.
 */
struct names *recent_names(int *is_now);

/*! \brief Forget what is kept. Called by the thread that unloads the module, when nobody asks any more. */
void recent_forget(void);

#endif /* RES_STASIS_BROADCAST_RECENT_H */
