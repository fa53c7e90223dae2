/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Which channel CEL is told of when a winner was lost: see cel.c.
 */

#ifndef RES_STASIS_BROADCAST_CEL_H
#define RES_STASIS_BROADCAST_CEL_H

struct ast_channel;

/*!
 * \brief Note the channel whose winner this thread is about to tell the observers of as lost.
 *
 * \param chan The channel, borrowed until the next call; NULL: none, or CEL is not to hear of it.
 *
 * \note The channel's thread. Holds for this thread alone; takes no lock.
 */
void cel_set_lost_channel(struct ast_channel *chan);

#endif /* RES_STASIS_BROADCAST_CEL_H */
