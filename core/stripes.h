/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Stripes: what all threads count in has a place for each core, so that cores do not take one cache line from each other.
 */

#ifndef CORE_STRIPES_H
#define CORE_STRIPES_H

/*! How many there are; with more cores, some share one. */
#define STRIPES 16

/*! What belongs to one stripe begins at a multiple of this, in bytes. */
#define STRIPE_ALIGNMENT 64

/*!
 * \brief The stripe of the core that the caller runs on: less than \c STRIPES.
 *
 * \note Any thread; takes no lock. It may run on another core right after: keep the number as long as the place has to be
 *       the same.
 */
unsigned int stripe_here(void);

#endif /* CORE_STRIPES_H */
