/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the arguments of StasisBroadcast() mean.
 */

#include <string.h>

#include "args.h"

static int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*! \brief Read a plain decimal number up to \a most, blanks around it allowed; -1 if it is none. */
static int read_timeout(const char *text, int most)
{
	long value = 0;

	while (is_blank(*text)) {
		text++;
	}
	if (!is_digit(*text)) {
		return -1;
	}

	for (; is_digit(*text); text++) {
		value = value * 10 + (*text - '0');
		if (value > most) {
			return -1;
		}
	}

	while (is_blank(*text)) {
		text++;
	}
	return *text ? -1 : (int) value;
}

static int is_all_blank(const char *text)
{
	while (is_blank(*text)) {
		text++;
	}
	return !*text;
}

static void parse_timeout(struct args *args, const struct settings *settings, const char *text)
{
	args->timeout_ms = settings->timeout_ms;
	if (!text || is_all_blank(text)) {
		return;
	}

	const int value = read_timeout(text, settings->max_timeout_ms);

	if (value < 0) {
		args->bad_timeout = text;
		return;
	}
	args->timeout_ms = value;
}

/*! \brief Cut the list at its colons. An empty text is no argument, a colon makes two. */
static void parse_list(struct args *args, char *text)
{
	if (!text || !*text) {
		return;
	}

	while (text) {
		char *colon = strchr(text, ':');

		if (colon) {
			*colon++ = '\0';
		}
		if (args->count < ARGS_MAX_LIST) {
			args->list[args->count++] = text;
		} else {
			args->left_out++;
		}
		text = colon;
	}
}

void args_parse(struct args *args, const struct settings *settings, size_t count, char *const fields[])
{
	char *field[ARGS_FIELDS] = { NULL };

	for (size_t i = 0; i < count && i < ARGS_FIELDS; i++) {
		field[i] = fields[i];
	}

	memset(args, 0, sizeof(*args));
	parse_timeout(args, settings, field[ARGS_TIMEOUT]);
	parse_list(args, field[ARGS_LIST]);
	if (field[ARGS_FILTER] && *field[ARGS_FILTER]) {
		args->filter = field[ARGS_FILTER];
	}
	if (field[ARGS_NOTIFY] && *field[ARGS_NOTIFY]) {
		args->notify = field[ARGS_NOTIFY];
	}
}
