/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Setting variables of a channel as anybody sets them, several in one step.
 */

#ifndef STASIS_BROADCAST_CHANNEL_VARIABLES_H
#define STASIS_BROADCAST_CHANNEL_VARIABLES_H

#include "asterisk/channel.h"
#include "asterisk/pbx.h"
#include "asterisk/stasis_channels.h"

/*! \brief A variable, and the value to give it. Both are borrowed. */
struct channel_variable {
	const char *name;
	/*! "" is as good as none for the dialplan. */
	const char *value;
};

/*!
 * \brief Set variables of a channel with Asterisk's own setter, and tell of them all in one snapshot.
 *
 * As Set() does it: on the topmost Gosub frame, with a \c VarSet event for each. What ARI and AMI show of the channel is
 * up to date when this returns.
 *
 * \param chan The channel; must not be locked by the caller.
 * \param variables The variables.
 * \param count How many.
 *
 * \note Any thread that has a reference to the channel. Locks the channel for a moment.
 */
static inline void channel_variables_set(
	struct ast_channel *chan, const struct channel_variable *variables, size_t count)
{
	ast_channel_lock(chan);
	ast_channel_stage_snapshot(chan);
	for (size_t i = 0; i < count; i++) {
		pbx_builtin_setvar_helper(chan, variables[i].name, variables[i].value);
	}
	ast_channel_stage_snapshot_done(chan);
	ast_channel_unlock(chan);
}

#endif /* STASIS_BROADCAST_CHANNEL_VARIABLES_H */
