/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A channel that waits, serviced: what it says is read, and what the dialplan will want is put back.
 */

#ifndef RES_STASIS_BROADCAST_SERVICING_H
#define RES_STASIS_BROADCAST_SERVICING_H

#include "asterisk/frame.h"
#include "asterisk/linkedlists.h"

struct ast_channel;

/*! \brief The servicing of one channel during a wait. */
struct servicing {
	/*! Borrowed. */
	struct ast_channel *chan;
	/*! Frames to put back, the last one first. */
	AST_LIST_HEAD_NOLOCK(, ast_frame) list;
	size_t count;
	/*! How many were too many. */
	size_t dropped;
	/*! Whether digits were read whole before. */
	int whole_digits_before;
};

/*! \brief Begin to service a channel, in its thread. Locks it for a moment. */
void servicing_begin(struct servicing *servicing, struct ast_channel *chan);

/*!
 * \brief Read what the channel has, so that music and tones go on; keep what the dialplan will want.
 *
 * \retval 0 if the channel goes on, -1 if it has hung up or is taken elsewhere.
 *
 * \note The channel's thread, when there is something to read.
 */
int servicing_read(struct servicing *servicing);

/*! \brief Put back what was kept. The channel's thread; locks it for a moment, and logs if frames were dropped. */
void servicing_end(struct servicing *servicing);

#endif /* RES_STASIS_BROADCAST_SERVICING_H */
