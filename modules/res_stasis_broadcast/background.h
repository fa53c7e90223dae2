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

/*! \brief The thread, and what it has to do. */
struct background;

/*!
 * \brief Get ready for tasks, which a thread does one after the other. It is started at the first of them: most never have any,
 * and who loads the module waits for each thread that is started.
 *
 * \param gather_ms How long it waits for more, from the first task on, in milliseconds: to be woken for each costs more than
 *        most tasks.
 *
 * \return What to end with background_stop(); NULL without memory.
 *
 * \note The thread that loads the module.
 */
struct background *background_start(int gather_ms);

/*!
 * \brief Have a task done. As long as no thread can be started it waits, for the next task or background_stop().
 *
 * \param background What background_start() gave.
 * \param task What to do, in the other thread. It frees \a data with ast_free().
 * \param data On the heap; taken, also on failure, when it is freed.
 *
 * \note Any thread, in an observer as well: it neither blocks nor locks a channel. Takes the lock of the tasks.
 */
void background_push(struct background *background, void (*task)(void *data), void *data);

/*!
 * \brief End the thread when all that it was given is done.
 *
 * \param background May be NULL.
 *
 * \note The thread that unloads the module, when nobody gives it anything any more.
 */
void background_stop(struct background *background);

#endif /* RES_STASIS_BROADCAST_BACKGROUND_H */
