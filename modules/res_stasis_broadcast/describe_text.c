/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A text as JSON can carry it, whatever bytes it is made of.
 */

#include "asterisk.h"

#include "asterisk/json.h"

#include "app_filter.h"
#include "describe_text.h"
#include "printable.h"

struct ast_json *describe_text(const char *text)
{
	char shown[4 * APP_FILTER_MAX_LENGTH + 8];

	return ast_json_string_create(ast_json_utf8_check(text) ? text : printable(text, shown, sizeof(shown)));
}
