/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A thread for what an observer wants done and may not do itself: what writes to a log or a data base can block,
 * and an observer may be called with locks of channels held.
 */

#ifndef RES_STASIS_BROADCAST_BACKGROUND_H
#define RES_STASIS_BROADCAST_BACKGROUND_H

struct ast_taskprocessor;

/*!
 * \brief Start a thread that does one task after the other.
 *
 * \param name Its name, for \c core \c show \c taskprocessors.
 *
 * \return What to end with background_stop(); NULL without memory, or without a thread.
 *
 * \note The thread that loads the module.
 */
struct ast_taskprocessor *background_start(const char *name);

/*!
 * \brief Have a task done.
 *
 * \param background What background_start() gave.
 * \param task What to do, in the other thread. It frees \a data with ast_free(), and returns 0.
 * \param data On the heap; taken, also on failure, when it is freed.
 *
 * \note Any thread, in an observer as well: it neither blocks nor locks a channel.
 */
void background_push(struct ast_taskprocessor *background, int (*task)(void *data), void *data);

/*!
 * \brief End the thread when it has done all that it was given, and has left our code.
 *
 * \param background May be NULL.
 *
 * \note The thread that unloads the module, when nobody gives it anything any more.
 */
void background_stop(struct ast_taskprocessor *background);

#endif /* RES_STASIS_BROADCAST_BACKGROUND_H */
