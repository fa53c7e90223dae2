/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief An operator takes a broadcast back: its dialplan goes on at once.
 */

#include "withdraw.h"

#include "gate.h"

int withdraw(const char *channel_id)
{
	struct broadcast *broadcast = registry_get(broadcasts, channel_id);
	enum broadcast_state state;

	if (!broadcast) {
		return BROADCAST_CLOSED;
	}
	state = broadcast_close(broadcast, BROADCAST_WITHDRAWN);
	broadcast_unref(broadcast);
	switch (state) {
	case BROADCAST_WITHDRAWN:
		return BROADCAST_OK;
	case BROADCAST_CLAIMED:
		return BROADCAST_TAKEN;
	default:
		return BROADCAST_CLOSED;
	}
}
