/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Who has no say in any broadcast: what the settings and names decide before the core is asked.
 */

#include "asterisk.h"

#include "directory.h"
#include "refusal.h"
#include "settings.h"

int is_refused(struct broadcast *broadcast, const char *app_name, enum broadcast_request request)
{
	const struct broadcast_answer answer = {
		.app = app_name,
		.request = request,
		.result = BROADCAST_FORBIDDEN,
		.reason = "excluded, a watcher, or its name cannot be told of calls",
	};

	/* Most claims come too late, and need neither the directory nor the lock to be told so. */
	if (broadcast_closed_ns(broadcast) || !directory_excludes(app_name) ||
		broadcast_state(broadcast) != BROADCAST_OPEN) {
		return 0;
	}
	observers_answered(broadcast, &answer);
	return 1;
}

int may_not_take(const char *app_name)
{
	struct settings settings;

	settings_get(&settings);
	return directory_excludes(app_name) || (!settings.any_claimant && !directory_has(app_name));
}
