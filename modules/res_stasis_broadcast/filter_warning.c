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

#include "app_filter.h"
#include "channel_text.h"
#include "filter_warning.h"
#include "log_limit.h"
#include "printable.h"

void filter_warn_out_of_budget(const struct ast_channel *chan, struct app_filter *filter)
{
	static struct log_limit limit;
	unsigned int suppressed;
	char shown[PRINTABLE_SIZE];
	char where[PRINTABLE_SIZE];

	if (!app_filter_warn_once(filter) || !log_limit_pass(&limit, 1, &suppressed)) {
		return;
	}
	ast_log(LOG_WARNING,
		"%s: application filter '%s' takes too long to match: after 20 ms, applications that were not "
		"decided are not offered the call (%u such filters since the last warning). Repeat less within "
		"repetitions\n",
		channel_text(chan, where), printable(app_filter_text(filter), shown, sizeof(shown)), suppressed);
}
