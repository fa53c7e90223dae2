/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A channel's name for a log line.
 */

#ifndef STASIS_BROADCAST_CHANNEL_TEXT_H
#define STASIS_BROADCAST_CHANNEL_TEXT_H

#include "asterisk/channel.h"

#include "printable.h"

/*!
 * \brief A channel's name, made printable: that of a Local channel is free text of who made it.
 *
 * \param chan The channel.
 * \param buf Where to put it.
 *
 * \return \a buf.
 *
 * \note Any thread that has a reference to the channel; takes no lock.
 */
static inline const char *channel_text(const struct ast_channel *chan, char buf[PRINTABLE_SIZE])
{
	return printable(ast_channel_name(chan), buf, PRINTABLE_SIZE);
}

#endif /* STASIS_BROADCAST_CHANNEL_TEXT_H */
