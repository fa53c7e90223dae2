/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The observer that tells queue_log of calls that wait in a named line, as Asterisk's Queue() does.
 */

#ifndef RES_STASIS_BROADCAST_QUEUE_LOG_H
#define RES_STASIS_BROADCAST_QUEUE_LOG_H

/*!
 * \brief Make what a thread of its own writes the log with: it may be a file or a data base, and observers must not block.
 *
 * \retval 0 on success, -1 without memory.
 *
 * \note The thread that loads the module, before the observer is added.
 */
int queue_log_start(void);

/*! \brief End it when all is written. The thread that unloads the module, after the observer was removed. */
void queue_log_stop(void);

#endif /* RES_STASIS_BROADCAST_QUEUE_LOG_H */
