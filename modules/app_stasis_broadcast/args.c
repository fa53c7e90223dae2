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

/*! \brief What a timeout says, in milliseconds: never more than the most. */
static int parse_timeout(struct args *args, const struct settings *settings, const char *text)
{
	const long value = text ? read_number(text, settings->max_timeout_ms) : settings->timeout_ms;

	if (value < 0) {
		args->bad_timeout = text;
		return settings->timeout_ms;
	}
	if (value > settings->max_timeout_ms) {
		args->long_timeout = text;
		return settings->max_timeout_ms;
	}
	return (int) value;
}

/*!
 * \brief Cut a list at its ampersands, in place.
 *
 * \param text The list.
 * \param has_letters Whether a backslash makes an ampersand a letter. It stays before anything else.
 * \param[out] parts Without the blanks around them; NULL for an empty one.
 *
 * \return How many there are; more than ARGS_MAX_ROUNDS if those were too few.
 */
static size_t split_rounds(char *text, int has_letters, char *parts[ARGS_MAX_ROUNDS])
{
	char *from = text;
	char *to = text;
	char *begin = text;
	size_t count = 0;

	for (;; from++) {
		if (has_letters && *from == '\\' && from[1]) {
			if (from[1] != '&') {
				*to++ = *from;
			}
			*to++ = *++from;
		} else if (*from && *from != '&') {
			*to++ = *from;
		} else {
			const char separator = *from;

			*to++ = '\0';
			if (count < ARGS_MAX_ROUNDS) {
				parts[count] = trim(begin);
			}
			count++;
			begin = to;
			if (!separator) {
				return count;
			}
		}
	}
}

/*! \brief Set how long each circle lasts: together no longer than the most. */
static void set_round_times(struct args *args, const struct settings *settings, char *const timeouts[])
{
	args->timeout_ms = 0;
	for (size_t i = 0; i < args->rounds; i++) {
		int left = settings->max_timeout_ms - args->timeout_ms;
		int ms = parse_timeout(args, settings, timeouts[i]);

		if (ms > left) {
			args->long_timeout = args->long_timeout ? args->long_timeout : timeouts[i];
			ms = left;
		}
		args->round_ms[i] = ms;
		args->timeout_ms += ms;
	}
}

/*! \brief Read the circles: the timeouts have an ampersand between them, and there are as many filters. */
static void parse_rounds(struct args *args, const struct settings *settings, char *timeout, char *filter)
{
	char *timeouts[ARGS_MAX_ROUNDS] = { NULL };
	char *filters[ARGS_MAX_ROUNDS] = { NULL };
	const size_t count = split_rounds(timeout, 0, timeouts);
	size_t filter_count = 1;

	args->rounds = count < ARGS_MAX_ROUNDS ? count : ARGS_MAX_ROUNDS;
	set_round_times(args, settings, timeouts);
	if (filter) {
		filter_count = split_rounds(filter, 1, filters);
	}
	if (count > ARGS_MAX_ROUNDS) {
		args->bad_rounds = "there are more than 8 timeouts";
	} else if (filter_count > count) {
		args->bad_rounds = "there are more filters than timeouts";
	} else if (filter_count < count) {
		args->bad_rounds = "there are more timeouts than filters";
	}
	for (size_t i = 0; i < args->rounds; i++) {
		args->round_filters[i] = filters[i];
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

char *args_unquote(char *text)
{
	char *to = text;

	for (char *from = text; *from; from++) {
		if (*from == '\\' && from[1]) {
			from++;
			if (*from == '&') {
				*to++ = '\\';
			}
		} else if (*from == '"') {
			continue;
		}
		*to++ = *from;
	}
	*to = '\0';
	return text;
}

int args_have_rounds(const char *timeout)
{
	return timeout && strchr(timeout, '&') != NULL;
}

void args_parse(struct args *args, const struct settings *settings, size_t count, char *const fields[])
{
	char *field[ARGS_FIELDS] = { NULL };

	for (size_t i = 0; i < count && i < ARGS_FIELDS; i++) {
		field[i] = trim(fields[i]);
	}

	memset(args, 0, sizeof(*args));
	if (args_have_rounds(field[ARGS_TIMEOUT])) {
		parse_rounds(args, settings, field[ARGS_TIMEOUT], field[ARGS_FILTER]);
	} else {
		args->timeout_ms = parse_timeout(args, settings, field[ARGS_TIMEOUT]);
		args->filter = field[ARGS_FILTER];
	}
	parse_list(args, field[ARGS_LIST]);
	parse_notify(args, field[ARGS_NOTIFY]);
	args->options_text = field[ARGS_OPTIONS];
	options_parse(&args->options, args->options_text);
	args->too_many = field[ARGS_TOO_MANY];
}
