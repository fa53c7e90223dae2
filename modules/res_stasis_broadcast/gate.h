/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Who is inside: every function of the API is entered and left here, so that the module can be unloaded in
 * order.
 */

#ifndef RES_STASIS_BROADCAST_GATE_H
#define RES_STASIS_BROADCAST_GATE_H

#include "registry.h"

/*! \brief All broadcasts. Only for who is inside. */
extern struct registry *broadcasts;

/*!
 * \brief Come in: what is needed stays as it is until gate_leave().
 *
 * \retval 0 if the caller is in and has to leave again, -1 if it may not enter: the module is unloaded,
 *         and if it stays mapped, it answers as if it were not there.
 *
 * \note Any thread; takes a lock for a moment if the gate is shut. A thread that is inside may enter once more, unless it is.
 */
int gate_enter(void);

/*! \brief The other half of gate_enter(). Any thread; takes a lock for a moment if the gate is shut. */
void gate_leave(void);

/*! \brief Whether nobody may enter any more: who makes a broadcast then has to end it. Any thread; takes no lock. */
int gate_is_closed(void);

/*!
 * \brief Let threads in.
 *
 * \retval 0 on success, -1 if memory ran out.
 *
 * \note Called once by the thread that loads the module, when everything that is needed inside is there.
 */
int gate_open(void);

/*!
 * \brief Let nobody in any more, end every broadcast, and wait until nobody is inside.
 *
 * \return Whether somebody was inside when it was called.
 *
 * \note Called by the thread that unloads the module. Waits without holding a lock.
 */
int gate_close(void);

/*! \brief Free what gate_open() made. Called by the thread that unloads the module, after gate_close(). */
void gate_destroy(void);

#endif /* RES_STASIS_BROADCAST_GATE_H */
