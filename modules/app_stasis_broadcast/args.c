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
#include "truth.h"

static int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*! \brief A field without the blanks around it, cut in place; NULL if nothing is left. */
static char *trim(char *text)
{
	char *end;

	if (!text) {
		return NULL;
	}
	while (is_blank(*text)) {
		text++;
	}
	end = text + strlen(text);
	while (end > text && is_blank(end[-1])) {
		end--;
	}
	*end = '\0';
	return *text ? text : NULL;
}

/*! \brief Read a plain decimal number; \a most + 1 if it is more than \a most, -1 if it is none. */
static long read_number(const char *text, long most)
{
	long value = 0;

	for (; is_digit(*text); text++) {
		value = value * 10 + (*text - '0');
		if (value > most) {
			value = most + 1;
		}
	}
	return *text ? -1 : value;
}

static void parse_timeout(struct args *args, const struct settings *settings, const char *text)
{
	long value;

	args->timeout_ms = settings->timeout_ms;
	if (!text) {
		return;
	}
	value = read_number(text, settings->max_timeout_ms);
	if (value < 0) {
		args->bad_timeout = text;
	} else if (value > settings->max_timeout_ms) {
		args->long_timeout = text;
		args->timeout_ms = settings->max_timeout_ms;
	} else {
		args->timeout_ms = (int) value;
	}
}

static void parse_notify(struct args *args, const char *text)
{
	if (text && truth_of(text) < 0) {
		args->bad_notify = text;
	} else {
		args->notify = text;
	}
}

/*! \brief Cut the list at its colons. An empty text is no argument, a colon makes two. */
static void parse_list(struct args *args, char *text)
{
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
		field[i] = trim(fields[i]);
	}

	memset(args, 0, sizeof(*args));
	parse_timeout(args, settings, field[ARGS_TIMEOUT]);
	args->filter = field[ARGS_FILTER];
	parse_list(args, field[ARGS_LIST]);
	parse_notify(args, field[ARGS_NOTIFY]);
	args->options_text = field[ARGS_OPTIONS];
	options_parse(&args->options, args->options_text);
	args->too_many = field[ARGS_TOO_MANY];
}
