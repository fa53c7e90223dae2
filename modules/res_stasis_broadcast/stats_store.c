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

#include "asterisk/utils.h"

static void forget_app(struct stats_entry *entry)
{
	const struct stats_app *app = (struct stats_app *) entry;

	stats.silent_count -= app->is_silent;
	stats.row_count -= stats_app_has_row(app);
	for (size_t i = 0; i < STRIPES; i++) {
		ast_free(app->answers[i]);
	}
}

struct stats stats = {
	.lock = AST_MUTEX_INIT_VALUE,
	.stripes = { [0 ... STRIPES - 1] = { .lock = AST_MUTEX_INIT_VALUE } },
	.apps = { .size = sizeof(struct stats_app), .forget = forget_app },
	.queues = { .size = sizeof(struct stats_queue) },
};

int64_t stats_app_heard_ns(const struct stats_app *app)
{
	int64_t heard_ns = 0;

	for (size_t i = 0; i < STRIPES; i++) {
		struct stats_answers *answers = atomic_load(&app->answers[i]);

		heard_ns = answers ? MAX(heard_ns, atomic_load(&answers->heard_ns)) : heard_ns;
	}
	return heard_ns;
}

void stats_lock_all(void)
{
	ast_mutex_lock(&stats.lock);
	stats_lock_stripes();
}

void stats_unlock_all(void)
{
	stats_unlock_stripes();
	ast_mutex_unlock(&stats.lock);
}

void stats_lock_stripes(void)
{
	for (size_t i = 0; i < STRIPES; i++) {
		ast_mutex_lock(&stats.stripes[i].lock);
	}
}

void stats_unlock_stripes(void)
{
	for (size_t i = 0; i < STRIPES; i++) {
		ast_mutex_unlock(&stats.stripes[i].lock);
	}
}
