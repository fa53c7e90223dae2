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

struct ast_channel;

/*! \brief As Asterisk's own application sets it: SUCCESS, FAILED or TIMEOUT. */
#define VAR_STASIS "STASISSTATUS"
/*! \brief Why the broadcast ended. */
#define VAR_STATUS "BROADCASTSTATUS"
/*! \brief The application that has the channel, or had it last. */
#define VAR_WINNER "BROADCASTWINNER"
/*! \brief Milliseconds from offer to claim. */
#define VAR_TIME "BROADCASTTIME"
/*! \brief Applications that claimed the channel and were gone before they had it, with "&" between. */
#define VAR_LOST "BROADCASTLOST"

/*!
 * \brief Empty what an earlier broadcast of this channel left. Nothing is told where there is nothing.
 *
 * \note The channel's thread. Locks the channel for a moment; so do the others.
 */
void variables_clear(struct ast_channel *chan);

/*! \brief An application has claimed the channel, so many milliseconds after the offer, and is about to get it. */
void variables_set_claimed(struct ast_channel *chan, const char *winner, const char *time);

/*! \brief Winners were lost. \param again Whether the channel is offered again, and has no winner for now. */
void variables_set_lost(struct ast_channel *chan, const char *lost, int again);

/*! \brief All is over. \param status NULL: as it was set already. */
void variables_set_end(struct ast_channel *chan, const char *stasis, const char *status);

#endif /* APP_STASIS_BROADCAST_VARIABLES_H */
