/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_CALLER_H
#define ARI_RACE_CALLER_H

/*! \file
 * \brief Makes the calls, at a rate, at a concurrency or both.
 */

struct race;

/*!
 * \brief Make all calls that are due and that --concurrency allows; none if they come from elsewhere. Called
 * at the end of each turn of STAGE_RUN; wakes the loop when the next one is due.
 */
void caller_make_calls(struct race *race);

#endif /* ARI_RACE_CALLER_H */
