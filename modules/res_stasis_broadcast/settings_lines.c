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
	char last = '\0';

	for (char *c = line; *c; c++) {
		const char here = *c;
		const int is_mark = here == ';' && last != '\\';

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
		last = here;
		if (position->comments) {
			*c = ' ';
		}
	}
	return 0;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r\n");
}

/*! \brief What is wrong with "#...": NULL if it is a directive with something to include. */
static const char *look_at_directive(const char *text)
{
	static const char *const known[] = { "#include", "#tryinclude", "#exec" };
	const size_t length = strcspn(text, " \t\r\n");

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (length == strlen(known[i]) && !strncasecmp(text, known[i], length)) {
			return *skip_blanks(text + length) ? NULL : "has a directive without an argument";
		}
	}
	return "has a directive that is not known";
}

/*! \brief What is wrong with "[...": NULL if it is a section with nothing behind it. A missing "]" is Asterisk's to tell. */
static const char *look_at_section(const char *text)
{
	const char *end = strchr(text, ']');
	const char *options;
	const char *behind;

	if (!end) {
		return NULL;
	}
	options = behind = skip_blanks(end + 1);
	if (*options == '(') {
		behind = strchr(options, ')');
		if (!behind) {
			return NULL;
		}
		if (!strncasecmp(text, "[general]", 9) && memchr(options, '!', behind - options)) {
			return "makes [general] a template, of which nothing is taken over";
		}
		behind = skip_blanks(behind + 1);
	}
	return *behind ? "has something behind the section" : NULL;
}

/*! \brief What is wrong with a line that should be a setting; NULL if it is one. */
static const char *look_at_setting(const char *text)
{
	const char *equals = text;

	if (*text == '=') {
		return "has no name before the '='";
	}
	do {
		equals = strchr(equals + 1, '=');
	} while (equals && equals[-1] == '\\');
	return equals ? NULL : "has no '='";
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
	start = skip_blanks(line);
	switch (*start) {
	case '\0':
		return NULL;
	case '[':
		return look_at_section(start);
	case '#':
		return look_at_directive(start);
	default:
		return look_at_setting(start);
	}
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
