/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Lines of a configuration file that Asterisk only warns of, and goes on without them.
 */

#include "settings_lines.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*! A line of so many bytes is too long for Asterisk. */
#define TOO_LONG 8191

/*! \brief Where in the file we are. */
struct position {
	int line;
	/*! How many comments of several lines are open, one in the other. */
	int comments;
	/*! Where the outermost of them began. */
	int comment_line;
};

/*!
 * \brief Blank out what is in a comment, by Asterisk's rules: "; ..." to the end, ";-- ... --;" over lines.
 *
 * \retval 0 on success, -1 if a comment of several lines ends that has not begun: Asterisk then reads nothing more.
 */
static int blank_comments(char *line, struct position *position)
{
	int dashes = 0;

	for (char *c = line; *c; c++) {
		const char here = *c;
		const int is_mark = here == ';' && (c == line || c[-1] != '\\');

		if (is_mark && c[1] == '-' && c[2] == '-' && c[3] != '-') {
			position->comment_line = position->comments++ ? position->comment_line : position->line;
			memset(c, ' ', 3);
			c += 2;
		} else if (is_mark && dashes >= 2) {
			if (!position->comments) {
				return -1;
			}
			position->comments--;
			*c = ' ';
		} else if (is_mark && !position->comments) {
			*c = '\0';
			return 0;
		}
		dashes = here == '-' ? dashes + 1 : 0;
		if (position->comments) {
			*c = ' ';
		}
	}
	return 0;
}

static int is_known_directive(const char *text)
{
	static const char *const known[] = { "#include", "#tryinclude", "#exec" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const size_t length = strlen(known[i]);

		if (!strncasecmp(text, known[i], length) && strchr(" \t", text[length])) {
			return 1;
		}
	}
	return 0;
}

/*! \brief What is wrong with a line; NULL if nothing is. */
static const char *look_at(char *line, struct position *position)
{
	const char *start;

	if (strlen(line) >= TOO_LONG) {
		return "is too long";
	}
	if (blank_comments(line, position)) {
		return "ends a comment that has not begun";
	}
	start = line + strspn(line, " \t\r\n");
	if (!*start || *start == '[' || is_known_directive(start)) {
		return NULL;
	}
	if (*start == '#') {
		return "has a directive that is not known";
	}
	return strchr(start, '=') ? NULL : "has no '='";
}

/*! \brief Go on behind the mark that some editors put at the beginning of a text. */
static void skip_byte_order_mark(FILE *file)
{
	char mark[3];

	if (fread(mark, 1, sizeof(mark), file) != sizeof(mark) || memcmp(mark, "\xef\xbb\xbf", sizeof(mark))) {
		rewind(file);
	}
}

int settings_lines_find_broken(FILE *file, const char **reason)
{
	struct position position = { 0 };
	char *line = NULL;
	size_t size = 0;

	*reason = NULL;
	skip_byte_order_mark(file);
	while (!*reason && getline(&line, &size, file) >= 0) {
		position.line++;
		*reason = look_at(line, &position);
	}
	free(line);
	if (ferror(file)) {
		return -1;
	}
	if (!*reason && position.comments) {
		*reason = "begins a comment that never ends";
		return position.comment_line;
	}
	return *reason ? position.line : 0;
}
