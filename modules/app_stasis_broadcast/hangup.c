/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Whether a channel was hung up, and by whom: what its flags say.
 */

#include "asterisk.h"

#include "asterisk/channel.h"

#include "hangup.h"

/*! \brief Whether a channel is to be hung up. \param[out] flags Why. */
static int get(struct ast_channel *chan, int *flags)
{
	int hangup;

	ast_channel_lock(chan);
	hangup = ast_check_hangup(chan);
	*flags = ast_channel_softhangup_internal_flag(chan);
	ast_channel_unlock(chan);
	return hangup;
}

int hangup_is_final(struct ast_channel *chan)
{
	int flags;

	return get(chan, &flags) && (!flags || (flags & ~(AST_SOFTHANGUP_ASYNCGOTO | AST_SOFTHANGUP_TIMEOUT)));
}

int hangup_is_callers(struct ast_channel *chan)
{
	int flags;

	return get(chan, &flags) && (flags & AST_SOFTHANGUP_DEV) && !(flags & AST_SOFTHANGUP_EXPLICIT);
}
