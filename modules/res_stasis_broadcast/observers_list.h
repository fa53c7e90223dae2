/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The observers that this module brings. A new one is a file of its own and a line in each of the two lists.
 */

#ifndef RES_STASIS_BROADCAST_OBSERVERS_LIST_H
#define RES_STASIS_BROADCAST_OBSERVERS_LIST_H

#include "observers.h"

extern const struct broadcast_observer ami_events_observer;
extern const struct broadcast_observer call_ended_observer;
extern const struct broadcast_observer cel_observer;
extern const struct broadcast_observer debug_observer;
extern const struct broadcast_observer line_observer;
extern const struct broadcast_observer queue_log_observer;
extern const struct broadcast_observer silence_observer;
extern const struct broadcast_observer stats_observer;
extern const struct broadcast_observer watchers_observer;

#endif /* RES_STASIS_BROADCAST_OBSERVERS_LIST_H */
