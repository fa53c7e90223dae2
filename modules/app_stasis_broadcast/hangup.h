/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Whether a channel was hung up, and by whom.
 */

#ifndef APP_STASIS_BROADCAST_HANGUP_H
#define APP_STASIS_BROADCAST_HANGUP_H

struct ast_channel;

/*!
 * \brief Whether the caller is gone, so that the dialplan must not go on.
 *
 * A redirect and TIMEOUT(absolute) raise the same flags as a hang-up, but the call goes on elsewhere.
 *
 * \note Any thread that has a reference to the channel. Locks the channel for a moment.
 */
int hangup_is_final(struct ast_channel *chan);

/*!
 * \brief Whether the caller has hung up: its channel was told so by its own device or peer.
 *
 * Who hangs it up from here, as an application does with ARI, sets another flag.
 *
 * \note As hangup_is_final().
 */
int hangup_is_callers(struct ast_channel *chan);

#endif /* APP_STASIS_BROADCAST_HANGUP_H */
