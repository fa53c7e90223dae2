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

/*! \brief With circles, the one that was open at the claim or the end: from 1 on. */
#define VAR_ROUND "BROADCASTROUND"
/*! \brief With bids, the winner's score. */
#define VAR_SCORE "BROADCASTSCORE"

/*!
 * \brief Empty what an earlier broadcast of this channel left. Nothing is told where there is nothing.
 *
 * \note The channel's thread. Locks the channel for a moment; so do the others.
 */
void variables_clear(struct ast_channel *chan);

/*! \brief What there is to tell of a claim, or of an end without one. What is NULL is not told. */
struct variables {
	const char *winner;
	/*! Milliseconds after the offer. */
	const char *time;
	const char *round;
	const char *score;
};

/*! \brief An application has claimed the channel, and is about to get it. */
void variables_set_claimed(struct ast_channel *chan, const struct variables *told);

/*! \brief Winners were lost. \param forget What was told of the last one, if the channel is offered again and has none; else NULL. */
void variables_set_lost(struct ast_channel *chan, const char *lost, const struct variables *forget);

/*! \brief All is over. \param status NULL: as it was set already. \param round NULL: likewise, or there are no circles. */
void variables_set_end(struct ast_channel *chan, const char *stasis, const char *status, const char *round);

#endif /* APP_STASIS_BROADCAST_VARIABLES_H */
