/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Which stripe is the caller's.
 */

#include "stripes.h"

#include <sched.h>

unsigned int stripe_here(void)
{
	const int core = sched_getcpu();

	return core < 0 ? 0 : (unsigned int) core % STRIPES;
}
