/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_CALLER_H
#define ARI_RACE_CALLER_H

/*! \file
 * \brief Makes the calls, at a rate, at a concurrency or both; or watches those that come from
 * elsewhere, and knows when there have been enough.
 */

#include <stdbool.h>

struct race;

/*! \brief Begin to make calls. */
void caller_start(struct race *race);

/*! \brief Whether one more call may begin. */
bool caller_may_begin(const struct race *race);

/*! \brief A call from elsewhere has begun. */
void caller_call_begun(struct race *race);

/*! \brief A call has ended: there may be room for the next. */
void caller_call_over(struct race *race);

#endif /* ARI_RACE_CALLER_H */
