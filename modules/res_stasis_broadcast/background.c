/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A thread for what an observer wants done and may not do itself.
 */

#include "asterisk.h"

#include "asterisk/lock.h"
#include "asterisk/taskprocessor.h"
#include "asterisk/utils.h"

#include "background.h"

/*! So many tasks may wait before Asterisk takes the whole system for overloaded: a slow disk is no reason. */
#define HIGH_WATER 1000000

struct ast_taskprocessor *background_start(const char *name)
{
	struct ast_taskprocessor *background = ast_taskprocessor_get(name, TPS_REF_DEFAULT);

	if (background) {
		ast_taskprocessor_alert_set_levels(background, -1, HIGH_WATER);
	}
	return background;
}

void background_push(struct ast_taskprocessor *background, int (*task)(void *data), void *data)
{
	if (ast_taskprocessor_push(background, task, data)) {
		ast_free(data);
	}
}

/*! \brief What tells that nothing is left to do. */
struct rest {
	ast_mutex_t lock;
	ast_cond_t reached;
	int is_reached;
};

/*! \brief The last task. In the other thread. */
static int reach_rest(void *data)
{
	struct rest *rest = data;

	ast_mutex_lock(&rest->lock);
	rest->is_reached = 1;
	ast_cond_signal(&rest->reached);
	ast_mutex_unlock(&rest->lock);
	return 0;
}

void background_stop(struct ast_taskprocessor *background)
{
	struct rest rest = { .is_reached = 0 };

	if (!background) {
		return;
	}
	ast_mutex_init(&rest.lock);
	ast_cond_init(&rest.reached, NULL);
	if (!ast_taskprocessor_push(background, reach_rest, &rest)) {
		ast_mutex_lock(&rest.lock);
		while (!rest.is_reached) {
			ast_cond_wait(&rest.reached, &rest.lock);
		}
		ast_mutex_unlock(&rest.lock);
	}
	/* Waits for its thread: our code has been left. */
	ast_taskprocessor_unreference(background);
	ast_cond_destroy(&rest.reached);
	ast_mutex_destroy(&rest.lock);
}
