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
#include "asterisk/pbx.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "quiet_variable.h"
#include "variables.h"

const char *variables_get(struct ast_channel *chan, const char *name, char *buf, size_t size)
{
	ast_channel_lock(chan);
	ast_copy_string(buf, S_OR(pbx_builtin_getvar_helper(chan, name), ""), size);
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
