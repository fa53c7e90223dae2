/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The channel variables in which StasisBroadcast() tells the dialplan what became of a call.
 */

#ifndef APP_STASIS_BROADCAST_VARIABLES_H
#define APP_STASIS_BROADCAST_VARIABLES_H

#include <stddef.h>

struct ast_channel;

/*! \brief As Asterisk's own application sets it: SUCCESS, FAILED or TIMEOUT. */
#define VAR_STASIS "STASISSTATUS"
/*! \brief Why the broadcast ended. Set by our resource module, which alone knows; else by us. */
#define VAR_STATUS "BROADCASTSTATUS"
/*! \brief The application that has the channel, or had it last. */
#define VAR_WINNER "BROADCASTWINNER"
/*! \brief Milliseconds from offer to claim. */
#define VAR_TIME "BROADCASTTIME"
/*! \brief Applications that claimed the channel and were gone before they had it, with "&" between. */
#define VAR_LOST "BROADCASTLOST"

/*!
 * \brief Copy a channel variable.
 *
 * \param chan The channel; not locked by the caller.
 * \param name Its name.
 * \param buf Where to put it; "" if it is not set.
 * \param size Size of \a buf in bytes.
 *
 * \return \a buf.
 *
 * \note The channel's thread. Locks the channel for a moment.
 */
const char *variables_get(struct ast_channel *chan, const char *name, char *buf, size_t size);

/*!
 * \brief Remove what an earlier broadcast of this channel left.
 *
 * \note The channel's thread. Locks the channel for a moment.
 */
void variables_clear(struct ast_channel *chan);

#endif /* APP_STASIS_BROADCAST_VARIABLES_H */
