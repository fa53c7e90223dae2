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

#include "channel_variables.h"
#include "variables.h"

/*! \brief Whether a variable has a value that the dialplan would read. Of the channel alone: a global one is not ours. */
static int has_value(struct ast_channel *chan, const char *name)
{
	struct ast_var_t *variable;

	AST_LIST_TRAVERSE(ast_channel_varshead(chan), variable, entries)
	{
		if (!strcmp(ast_var_name(variable), name)) {
			return !ast_strlen_zero(ast_var_value(variable));
		}
	}
	return 0;
}

void variables_clear(struct ast_channel *chan)
{
	static const char *const names[] = { VAR_STASIS, VAR_STATUS, VAR_WINNER, VAR_TIME, VAR_LOST, VAR_ROUND,
		VAR_SCORE };
	struct channel_variable found[ARRAY_LEN(names)];
	size_t count = 0;

	ast_channel_lock(chan);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (has_value(chan, names[i])) {
			found[count++] = (struct channel_variable){ names[i], "" };
		}
	}
	ast_channel_unlock(chan);
	if (count) {
		channel_variables_set(chan, found, count);
	}
}

/*! \brief Set those of the variables that have a value. */
static void set_given(struct ast_channel *chan, struct channel_variable *variables, size_t count)
{
	size_t given = 0;

	for (size_t i = 0; i < count; i++) {
		if (variables[i].value) {
			variables[given++] = variables[i];
		}
	}
	channel_variables_set(chan, variables, given);
}

void variables_set_claimed(struct ast_channel *chan, const struct variables *told)
{
	struct channel_variable variables[] = {
		{ VAR_STATUS, "CLAIMED" },
		{ VAR_WINNER, told->winner },
		{ VAR_TIME, told->time },
		{ VAR_ROUND, told->round },
		{ VAR_SCORE, told->score },
	};

	set_given(chan, variables, ARRAY_LEN(variables));
}

void variables_set_lost(struct ast_channel *chan, const char *lost, const struct variables *forget)
{
	struct channel_variable variables[] = {
		{ VAR_LOST, lost },
		{ VAR_STATUS, forget ? "" : NULL },
		{ VAR_WINNER, forget ? "" : NULL },
		{ VAR_TIME, forget ? "" : NULL },
		{ VAR_ROUND, forget && forget->round ? "" : NULL },
		{ VAR_SCORE, forget && forget->score ? "" : NULL },
	};

	set_given(chan, variables, ARRAY_LEN(variables));
}

void variables_set_end(struct ast_channel *chan, const char *stasis, const char *status, const char *round)
{
	struct channel_variable variables[] = {
		{ VAR_STASIS, stasis },
		{ VAR_STATUS, status },
		{ VAR_ROUND, round },
	};

	set_given(chan, variables, ARRAY_LEN(variables));
}
