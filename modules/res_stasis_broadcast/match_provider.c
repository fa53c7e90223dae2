/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What match_api.h offers to other modules, entered and left through the gate.
 */

#include "asterisk.h"

/* First: it uses optional functions of others, which would take the definition below for theirs. */
#include "asterisk/channel.h"

/* The one file in the module that includes it with this definition provides the function. */
#define AST_API_MODULE
#include "match_api.h"

#include "asterisk/strings.h"

#include "app_filter.h"
#include "directory.h"
#include "gate.h"
#include "names.h"

/*! \brief Visit those that a filter selects, as an offer would. \retval 0 on success, -1 without memory. */
static int visit_selected(struct app_filter *filter, void (*visit)(const char *name, void *data), void *data,
	struct stasis_broadcast_match *match)
{
	int is_out_of_budget = 0;
	struct names *there = directory_names();
	struct names *names = there ? app_filter_select(filter, there, &is_out_of_budget) : NULL;

	for (size_t i = 0; i < names_count(names); i++) {
		visit(names_at(names, i), data);
	}
	match->matched = names_count(names);
	match->there = names_count(there);
	match->is_complete = !is_out_of_budget;
	names_unref(there);
	names_unref(names);
	return names ? 0 : -1;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_get_match)(const char *filter_text,
	void (*visit)(const char *name, void *data), void *data, struct stasis_broadcast_match *match)
{
	struct app_filter *filter = NULL;
	int result;

	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	if (!ast_strlen_zero(filter_text)) {
		filter = app_filter_get(filter_text, match->reason, sizeof(match->reason));
	}
	if (!filter && !ast_strlen_zero(filter_text)) {
		result = STASIS_BROADCAST_MATCH_UNUSABLE;
	} else {
		result = visit_selected(filter, visit, data, match);
	}
	app_filter_unref(filter);
	gate_leave();
	return result;
}
