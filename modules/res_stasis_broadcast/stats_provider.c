/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What stats_api.h offers to other modules, entered and left through the gate.
 */

#include "asterisk.h"

/* First: it uses optional functions of others, which would take the definition below for theirs. */
#include "asterisk/channel.h"

/* The one file in the module that includes it with this definition provides the functions. */
#define AST_API_MODULE
#include "stats_api.h"

#include "asterisk/strings.h"

#include "gate.h"
#include "stats_store.h"
#include "withdraw.h"

int AST_OPTIONAL_API_NAME(stasis_broadcast_get_totals)(struct stasis_broadcast_totals *totals)
{
	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	stats_get_totals(totals);
	gate_leave();
	return 0;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_each_app)(stasis_broadcast_app_visitor visit, void *data)
{
	int result;

	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	result = stats_each_app(visit, data);
	gate_leave();
	return result;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_each_queue)(stasis_broadcast_queue_visitor visit, void *data)
{
	int result;

	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	result = stats_each_queue(visit, data);
	gate_leave();
	return result;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_reset_stats)(void)
{
	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	stats_reset();
	gate_leave();
	return 0;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_withdraw)(const char *channel_id)
{
	int result;

	if (ast_strlen_zero(channel_id)) {
		return -1;
	}
	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	result = withdraw(channel_id);
	gate_leave();
	return result;
}
