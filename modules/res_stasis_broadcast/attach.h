/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The tie between a channel and the broadcast of it, so that neither is mistaken for another's (rules 8, 11).
 */

#ifndef RES_STASIS_BROADCAST_ATTACH_H
#define RES_STASIS_BROADCAST_ATTACH_H

#include "asterisk/channel.h"

#include "broadcast.h"

/*!
 * \brief Tie a broadcast to its channel, so that it does not outlive it. Earlier ones of this channel end.
 *
 * \param chan The channel; must not be locked by the caller.
 * \param broadcast The broadcast; a reference is taken.
 *
 * \retval 0 on success, -1 if memory ran out.
 *
 * \note The channel's thread. Locks the channel for a moment; then, without it, takes locks of the core.
 */
int attach(struct ast_channel *chan, struct broadcast *broadcast);

/*!
 * \brief Untie what is tied to a channel, and end it.
 *
 * \note Any thread that has a reference to the channel. Locks as attach().
 */
void detach(struct ast_channel *chan);

/*!
 * \brief Untie the channel's broadcasts since it is going to be on offer again, and have those who are to hear how they
 *        ended hear it before anything that is queued after this call.
 *
 * \param chan The channel; must not be locked by the caller.
 * \param replaced_by The ID that the next broadcast has. Borrowed.
 *
 * \note The channel's thread. Locks as attach().
 */
void detach_replaced(struct ast_channel *chan, const char *replaced_by);

/*!
 * \brief The broadcast that was made of a channel last, whatever the channel's unique ID is by now (rule 11).
 *
 * \return A reference, to give back with broadcast_unref(); NULL if there is none.
 *
 * \note Any thread that has a reference to the channel. Locks the channel for a moment.
 */
struct broadcast *attached(struct ast_channel *chan);

/*!
 * \brief The unique ID that the channel of a broadcast has now, whatever it was offered under (rule 12).
 *
 * Goes through all channels: for a request about one broadcast, not for lists.
 *
 * \param broadcast The broadcast.
 * \param buf Where to put the ID.
 *
 * \return \a buf; NULL if no channel is tied to it any more.
 *
 * \note Any thread. Locks the channels one after the other.
 */
const char *attached_channel_id(struct broadcast *broadcast, char buf[AST_MAX_UNIQUEID]);

/*!
 * \brief Untie all channels, so that none calls into a module that is gone.
 *
 * \return How many are still tied: those of channels that are being destroyed, which cannot be found.
 *
 * \note Called by the thread that unloads the module, after gate_close().
 */
int detach_all(void);

#endif /* RES_STASIS_BROADCAST_ATTACH_H */
