/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Applications that do not answer: who they are, and whether they are offered calls (setting silent_apps).
 */

#ifndef RES_STASIS_BROADCAST_SILENCE_H
#define RES_STASIS_BROADCAST_SILENCE_H

#include "names.h"

/*!
 * \brief Leave silent applications out of those that a call is offered to, if the setting says so and others are left.
 *
 * One call each \c silent_retry is offered to a silent one all the same: it may have come back, and could not answer else.
 *
 * \param names The applications; the reference is taken. May be NULL.
 *
 * \return A reference to \a names or to a shorter list; \a names if memory ran out.
 *
 * \note Any thread. Takes the lock of the stats if there is a silent application.
 */
struct names *silence_leave_out(struct names *names);

/*! \brief Whether there are silent ones to leave out. \note Any thread. Takes the lock of the stats for a moment. */
int silence_leaves_out(void);

#endif /* RES_STASIS_BROADCAST_SILENCE_H */
