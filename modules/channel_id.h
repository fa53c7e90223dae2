/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A channel's unique ID, which a masquerade may change at any time.
 */

#ifndef STASIS_BROADCAST_CHANNEL_ID_H
#define STASIS_BROADCAST_CHANNEL_ID_H

#include "asterisk/channel.h"
#include "asterisk/strings.h"

/*!
 * \brief Copy a channel's unique ID as it is now.
 *
 * \param chan The channel; must not be locked by the caller.
 * \param buf Where to put it.
 *
 * \return \a buf.
 *
 * \note Any thread that has a reference to the channel. Locks the channel for a moment.
 */
static inline const char *channel_id_copy(struct ast_channel *chan, char buf[AST_MAX_UNIQUEID])
{
	ast_channel_lock(chan);
	ast_copy_string(buf, ast_channel_uniqueid(chan), AST_MAX_UNIQUEID);
	ast_channel_unlock(chan);
	return buf;
}

#endif /* STASIS_BROADCAST_CHANNEL_ID_H */
