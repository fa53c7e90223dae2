/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Fuzzes what filters mean: each byte of the input is a piece of a filter, or a character of a name.
 *
 * Up to the first byte of 255 they are pieces, after it names of up to eight characters.
 */

#include <stdint.h>

#include "app_filter.h"
#include "filter_oracle.h"

/*! The longest name that is made, in characters. */
#define NAME_LENGTH 8

static const char *const pieces[] = { "a", "b", "a", "1", "-", " ", ".", "\xe9", ",", "A", "_", "(", ")", "(",
	")", "|", "|", "*", "+", "?", "{2}", "{1,2}", "{,3}", "{2,}", "{0}", "{", "}", "^", "$", "^", "$", "\\b",
	"\\B", "\\<", "\\>", "\\w", "\\W", "\\s", "\\S", "\\`", "\\'", "\\.", "\\{", "\\q", "\\1", "\\", "[ab]",
	"[^a]", "[a-c]", "[", "]", "[^", "[]", "-]", "[[:alpha:]]", "[[:digit:]_]", "[:", ":]", "[[.-.]a]",
	"[[=a=]]", "[.", "=]", "()", "||", "]a]" };

static const char letters[] = "aaabb1-- A_.\xe9()[]{}*\\\n,";

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*! \brief Compare one filter with the names that the rest of the input says. */
static void check_names(struct app_filter *filter, const char *text, const uint8_t *data, size_t size)
{
	do {
		char name[NAME_LENGTH + 1] = "";
		size_t length = 0;
		int undecided;
		int matches;

		for (; size && length < NAME_LENGTH && *data != 255; data++, size--) {
			name[length++] = letters[*data % (sizeof(letters) - 1)];
		}
		if (size) {
			data++;
			size--;
		}
		matches = app_filter_decide(filter, name, &undecided);
		check_meaning(text, name, "", undecided ? -1 : matches);
	} while (size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[COMPARED_LENGTH + 16] = "";
	char reason[192] = "";
	struct app_filter *filter;

	for (; size && *data != 255 && strlen(text) < COMPARED_LENGTH; data++, size--) {
		strcat(text, pieces[*data % COUNT(pieces)]);
	}
	filter = app_filter_get(text, reason, sizeof(reason));
	if (filter) {
		check_names(filter, text, data, size);
	} else {
		check_meaning(text, "", reason, -1);
	}
	app_filter_unref(filter);
	app_filter_forget_all();
	return 0;
}
