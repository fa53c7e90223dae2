/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Broadcasts as others see them: in JSON, and in the dialplan.
 */

#ifndef RES_STASIS_BROADCAST_DESCRIBE_H
#define RES_STASIS_BROADCAST_DESCRIBE_H

#include "broadcast.h"

struct ast_channel;
struct ast_json;

/*!
 * \brief A broadcast with the fields of SPEC section 5.
 *
 * \return A JSON object, or NULL.
 *
 * \note Any thread. Takes the broadcast's lock.
 */
struct ast_json *describe_broadcast(struct broadcast *broadcast);

/*!
 * \brief The BROADCASTSTATUS of a broadcast that has closed.
 *
 * \note Any thread. Takes the broadcast's lock.
 */
const char *describe_status(struct broadcast *broadcast, enum broadcast_state state);

/*!
 * \brief Tell the dialplan how a broadcast went, in \c BROADCASTSTATUS.
 *
 * The public return codes cannot tell a decline from a timeout; the variable does.
 *
 * \note Any thread that has a reference to the channel. Locks the channel for a moment.
 */
void describe_set_status(struct ast_channel *chan, const char *status);

#endif /* RES_STASIS_BROADCAST_DESCRIBE_H */
