/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Where everything that is counted is kept.
 */

#include "stats_store.h"

struct stats stats = {
	.lock = AST_MUTEX_INIT_VALUE,
	.apps = { .size = sizeof(struct stats_app) },
	.queues = { .size = sizeof(struct stats_queue) },
};
