/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_RUN_H
#define ARI_RACE_RUN_H

/*! \file
 * \brief One run, from its connections to its report.
 */

struct race;

/*!
 * \brief Run it all and report, in the calling thread.
 * \param race All zero but for its options.
 * \return the exit status
 */
int run(struct race *race);

#endif /* ARI_RACE_RUN_H */
