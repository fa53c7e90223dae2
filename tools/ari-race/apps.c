/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The applications that ari-race plays.
 */

#include "apps.h"
#include "memory.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum role role_of(const struct apps *apps, const struct options *options, size_t index)
{
	if (index >= apps->readers) {
		return ROLE_STALLED;
	}
	if (index >= apps->readers - (size_t) options->decliners) {
		return ROLE_DECLINER;
	}
	return index < apps->claimers ? ROLE_CLAIMER : ROLE_WATCHER;
}

static void init_app(struct apps *apps, const struct options *options, size_t index)
{
	struct app *app = &apps->all[index];
	size_t size = strlen(options->app_prefix) + 24;

	app->index = index;
	app->name = xcalloc(1, size);
	snprintf(app->name, size, "%s%zu", options->app_prefix, index + 1);
	app->role = role_of(apps, options, index);
	if (app->role != ROLE_STALLED) {
		app->delay = hist_create();
	}
}

void apps_open(struct apps *apps, const struct options *options)
{
	size_t free_apps;

	apps->count = (size_t) options->apps;
	apps->readers = apps->count - (size_t) options->stalled;
	free_apps = apps->readers - (size_t) options->decliners;
	apps->claimers = options->claim_mode == CLAIM_FIRST ? (size_t) options->claimers : free_apps;
	apps->active = apps->claimers + (size_t) options->decliners;
	apps->prefix = options->app_prefix;
	apps->all = xcalloc(apps->count, sizeof(*apps->all));
	for (size_t i = 0; i < apps->count; i++) {
		init_app(apps, options, i);
	}
}

void apps_close(struct apps *apps)
{
	for (size_t i = 0; i < apps->count; i++) {
		free(apps->all[i].name);
		free(apps->all[i].delay);
	}
	free(apps->all);
}

struct app *apps_find(const struct apps *apps, const char *name)
{
	size_t len = strlen(apps->prefix);
	unsigned long number;

	if (strncmp(name, apps->prefix, len)) {
		return NULL;
	}
	number = strtoul(name + len, NULL, 10);
	if (number < 1 || number > apps->count || strcmp(apps->all[number - 1].name, name)) {
		return NULL;
	}
	return &apps->all[number - 1];
}

const char *role_name(enum role role)
{
	static const char *const names[] = {
		[ROLE_CLAIMER] = "claimer",
		[ROLE_WATCHER] = "watcher",
		[ROLE_DECLINER] = "decliner",
		[ROLE_STALLED] = "stalled",
	};

	return names[role];
}
