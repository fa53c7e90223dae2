/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Waiting for a claim, in the channel's thread.
 */

#ifndef RES_STASIS_BROADCAST_WAIT_H
#define RES_STASIS_BROADCAST_WAIT_H

#include "broadcast.h"

struct ast_channel;

/*! \brief How a wait ended. */
struct wait_result {
	/*! The state of the broadcast; open if the wait was shorter than its time. */
	enum broadcast_state state;
	/*! The BROADCASTSTATUS; NULL while it is open. */
	const char *status;
};

/*!
 * \brief Wait on a broadcast until it closes, or a time is over, and follow the channel if a masquerade gives it
 *        another ID (rule 12).
 *
 * \param chan The channel; not locked by the caller.
 * \param[in,out] broadcast The broadcast, a reference; the one that has taken its place after a masquerade.
 * \param timeout_ms The longest wait, in milliseconds.
 *
 * \note The channel's thread, inside the gate.
 */
struct wait_result wait_on_channel(struct ast_channel *chan, struct broadcast **broadcast, int timeout_ms);

#endif /* RES_STASIS_BROADCAST_WAIT_H */
