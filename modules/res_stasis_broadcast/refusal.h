/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Who has no say in any broadcast: what the settings and names decide before the core is asked.
 */

#ifndef RES_STASIS_BROADCAST_REFUSAL_H
#define RES_STASIS_BROADCAST_REFUSAL_H

#include "observers.h"

/*!
 * \brief Whether an application may have no say, whatever the policy is; who has won still hears that it has.
 *
 * The core does not know of the setting \c exclude, so that the observers are told here.
 *
 * \note Any thread. Takes the locks of the directory and the broadcast for a moment.
 */
int is_refused(struct broadcast *broadcast, const char *app_name, enum broadcast_request request);

/*! \brief Whether an application may not ask for the next call in line, whichever that is. Any thread. */
int may_not_take(const char *app_name);

#endif /* RES_STASIS_BROADCAST_REFUSAL_H */
