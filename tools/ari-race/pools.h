/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_POOLS_H
#define ARI_RACE_POOLS_H

/*! \file
 * \brief The pools of HTTP connections of a run, for claims and one for each node, and the care for them once a second.
 */

struct options;
struct race;

/*! \brief The most connections that all pools may have together. */
int pools_size(const struct options *options);

/*! \brief Make the pools; opens no connection yet. The loop has to be open. */
void pools_open(struct race *race);

/*! \brief From now on, idle connections are kept alive. Once the pools are warm: a thousand applications may take long to come. */
void pools_keep_alive(struct race *race);

/*!
 * \brief From now on, once a second: requests that wait too long count as unanswered, and if nothing comes from
 * Asterisk at all the race is given up.
 */
void pools_check(struct race *race);

/*! \brief Give the race up if a pool has found its server unusable. Called at the end of each turn. */
void pools_find_trouble(struct race *race);

#endif /* ARI_RACE_POOLS_H */
