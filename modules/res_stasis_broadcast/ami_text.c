/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Fields of AMI messages: a text in them cannot end its line.
 */

#include "asterisk.h"

#include "asterisk/strings.h"

#include "ami_text.h"

/*! \brief Control characters; what is above ASCII stays: AMI carries it. */
static int is_control(char c)
{
	const unsigned char byte = (unsigned char) c;

	return byte < 0x20 || byte == 0x7f;
}

int ami_has_control(const char *text)
{
	for (; text && *text; text++) {
		if (is_control(*text)) {
			return 1;
		}
	}
	return 0;
}

void ami_add_text(struct ast_str **body, const char *name, const char *value)
{
	ast_str_append(body, 0, "%s: ", name);
	if (!ami_has_control(value)) {
		ast_str_append(body, 0, "%s", S_OR(value, ""));
	} else {
		for (; *value; value++) {
			ast_str_append(
				body, 0, is_control(*value) ? "\\x%02x" : "%c", (unsigned int) (unsigned char) *value);
		}
	}
	ast_str_append(body, 0, "\r\n");
}

void ami_add_number(struct ast_str **body, const char *name, int64_t value)
{
	ast_str_append(body, 0, "%s: %lld\r\n", name, (long long) value);
}

void ami_add_number_if(struct ast_str **body, const char *name, int is_told, int64_t value)
{
	if (is_told) {
		ami_add_number(body, name, value);
	} else {
		ami_add_text(body, name, "");
	}
}
