/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Lines of the log that come at most so often.
 */

#include "asterisk.h"

#include "asterisk/lock.h"

#include "broadcast.h"
#include "log_limit.h"

/*! So often lines of one kind begin again, in nanoseconds. */
#define INTERVAL_NS INT64_C(10000000000)

/*! Protects every struct log_limit. Never held while something is logged. */
AST_MUTEX_DEFINE_STATIC(limits_lock);

int log_limit_pass(struct log_limit *limit, unsigned int at_once, unsigned int *suppressed)
{
	const int64_t now = broadcast_clock_ns();
	int may;

	ast_mutex_lock(&limits_lock);
	if (!limit->count || now - limit->since_ns > INTERVAL_NS) {
		limit->since_ns = now;
		limit->count = 0;
	}
	may = limit->count < at_once;
	if (suppressed) {
		*suppressed = limit->suppressed;
	}
	limit->suppressed = may ? 0 : limit->suppressed + 1;
	limit->count += may;
	ast_mutex_unlock(&limits_lock);
	return may;
}
