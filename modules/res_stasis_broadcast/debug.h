/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What core set debug 1 tells of a call, but for what observers hear.
 */

#ifndef RES_STASIS_BROADCAST_DEBUG_H
#define RES_STASIS_BROADCAST_DEBUG_H

#include "observers.h"

/*!
 * \brief Tell of a claim, a decline or a bid for a channel of which no broadcast is known.
 *
 * \param channel_id The channel's unique ID, as it was asked for.
 * \param app The application.
 * \param request What was asked for.
 *
 * \note Any thread; takes no lock.
 */
void debug_unknown(const char *channel_id, const char *app, enum broadcast_request request);

#endif /* RES_STASIS_BROADCAST_DEBUG_H */
