/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_CLEANUP_H
#define ARI_RACE_CLEANUP_H

/*! \file
 * \brief The end of a run: hangs up what is left, and asks about the stalled applications.
 */

struct race;

/*! \brief Send these requests; race->clean_up_left says how many are unanswered. */
void cleanup_start(struct race *race);

#endif /* ARI_RACE_CLEANUP_H */
