/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_WARM_UP_H
#define ARI_RACE_WARM_UP_H

/*! \file
 * \brief The beginning of a run: is that an Asterisk with ARI, and does it take all the connections?
 */

#include <stdbool.h>

#define SESSION_HINT \
	"http.conf's sessionlimit, 100 unless set, counts every WebSocket and every HTTP connection"

struct race;

/*! \brief Ask Asterisk for its version. The answer sets race->asked, or gives the race up. */
void warm_up_ask(struct race *race);

/*! \brief Open the connections for claims, and try each. */
void warm_up_claims(struct race *race);

/*! \brief Open the first connections for originates and hang-ups, and try each. */
void warm_up_others(struct race *race);

/*! \brief Try a request over the WebSocket of each application that answers offers. */
void warm_up_sockets(struct race *race);

/*! \brief Whether all that have been begun stand; gives the race up if one was cut. */
bool warm_up_done(struct race *race);

#endif /* ARI_RACE_WARM_UP_H */
