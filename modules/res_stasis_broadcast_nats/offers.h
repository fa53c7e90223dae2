/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The fleet as a source of applications, and its events.
 */

#ifndef RES_STASIS_BROADCAST_NATS_OFFERS_H
#define RES_STASIS_BROADCAST_NATS_OFFERS_H

#include "res_stasis_broadcast/source_types.h"

/*! \brief The fleet, for stasis_broadcast_source_add(). */
extern const struct stasis_broadcast_source fleet_source;

/*! \brief Forget the texts that are kept. The thread that unloads the module, when nobody sends any more. */
void offers_forget(void);

#endif /* RES_STASIS_BROADCAST_NATS_OFFERS_H */
