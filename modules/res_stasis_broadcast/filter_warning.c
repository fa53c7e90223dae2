/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The warning that a filter takes too long to match: a caller who writes filters cannot fill the log.
 */

#include "asterisk.h"

#include "asterisk/channel.h"
#include "asterisk/logger.h"

#include <stdatomic.h>

#include "app_filter.h"
#include "broadcast.h"
#include "channel_text.h"
#include "filter_warning.h"
#include "printable.h"

/*! The shortest time between two warnings, in nanoseconds. */
#define WARNING_INTERVAL_NS INT64_C(10000000000)

void filter_warn_out_of_budget(const struct ast_channel *chan, struct app_filter *filter)
{
	static _Atomic int64_t last_warned_ns;
	static atomic_uint suppressed;
	int64_t now = broadcast_clock_ns();
	int64_t last = atomic_load(&last_warned_ns);
	char shown[PRINTABLE_SIZE];
	char where[PRINTABLE_SIZE];

	if (!app_filter_warn_once(filter)) {
		return;
	}
	if ((last && now - last < WARNING_INTERVAL_NS) ||
		!atomic_compare_exchange_strong(&last_warned_ns, &last, now)) {
		atomic_fetch_add(&suppressed, 1);
		return;
	}
	ast_log(LOG_WARNING,
		"%s: application filter '%s' takes too long to match: after 20 ms, applications that were not "
		"decided are not offered the call (%u such filters since the last warning). Repeat less within "
		"repetitions\n",
		channel_text(chan, where), printable(app_filter_text(filter), shown, sizeof(shown)),
		atomic_exchange(&suppressed, 0));
}
