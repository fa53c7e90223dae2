/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The channel variables in which StasisBroadcast() tells the dialplan what became of a call.
 */

#include "asterisk.h"

#include "asterisk/channel.h"
#include "asterisk/chanvars.h"
#include "asterisk/linkedlists.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "quiet_variable.h"
#include "variables.h"

const char *variables_get(struct ast_channel *chan, const char *name, char *buf, size_t size)
{
	struct ast_var_t *variable;

	*buf = '\0';
	ast_channel_lock(chan);
	/* Of the channel alone: a global variable of that name is not for us. */
	AST_LIST_TRAVERSE(ast_channel_varshead(chan), variable, entries)
	{
		if (!strcmp(ast_var_name(variable), name)) {
			ast_copy_string(buf, ast_var_value(variable), size);
			break;
		}
	}
	ast_channel_unlock(chan);

	return buf;
}

void variables_clear(struct ast_channel *chan)
{
	static const char *const names[] = { VAR_STASIS, VAR_STATUS, VAR_WINNER, VAR_TIME, VAR_LOST };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		quiet_variable_set(chan, names[i], "");
	}
}
