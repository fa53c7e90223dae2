/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_STAGES_H
#define ARI_RACE_STAGES_H

/*! \file
 * \brief How a run goes from stage to stage: ask, warm up, connect, run, drain, settle, clean up, close.
 */

struct race;

/*!
 * \brief See from the facts whether a stage is over, and begin the next. To be called at the end of each turn
 * of the loop; nothing else changes the stage.
 */
void stages_step(struct race *race);

#endif /* ARI_RACE_STAGES_H */
