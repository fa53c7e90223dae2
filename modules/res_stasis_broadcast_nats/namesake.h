/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Another node that has our name, which hears the same claims.
 */

#ifndef RES_STASIS_BROADCAST_NATS_NAMESAKE_H
#define RES_STASIS_BROADCAST_NATS_NAMESAKE_H

#include <stdint.h>

/*!
 * \brief Note that another node with our name has told of itself.
 *
 * \param instance What its offers' names begin with. Borrowed.
 * \param ari Where it says that its ARI is, for the log. Borrowed.
 *
 * \retval 1 if the log was told now, 0 if that was not long ago.
 *
 * \note Any thread; takes a lock for a moment.
 */
int namesake_heard(const char *instance, const char *ari);

/*!
 * \brief Whether an offer is of another node that has our name and was heard of lately: that one answers, and we do not.
 *
 * \param offer What names the offer. Borrowed.
 *
 * \note Any thread; takes a lock for a moment.
 */
int namesake_has_made(const char *offer);

/*! \brief Forget that another node had our name, which is another one now, or was told by an earlier load. Any thread. */
void namesake_forget(void);

/*! \brief How many seconds ago another node with our name was heard; -1: never. Any thread. */
int64_t namesake_heard_s(void);

#endif /* RES_STASIS_BROADCAST_NATS_NAMESAKE_H */
