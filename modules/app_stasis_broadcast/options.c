/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the options of StasisBroadcast() mean: b(window), k(n[:ms]), p(priority) and q(name).
 */

#include "options.h"

#include <string.h>

/*! \brief One option as written. */
struct option {
	char letter;
	/*! All of it. */
	const char *text;
	size_t length;
	/*! What is in its parentheses, without blanks around it; NULL if it has none. */
	const char *value;
	size_t value_length;
	/*! Whether the parenthesis that it opens is closed. */
	int is_closed;
};

static int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*! \brief The parenthesis that closes the one at \a text; NULL if there is none. */
static const char *find_closing(const char *text)
{
	int depth = 0;

	for (; *text; text++) {
		depth += (*text == '(') - (*text == ')');
		if (!depth) {
			return text;
		}
	}
	return NULL;
}

/*! \brief Take one option off a text. \return What is behind it; NULL if there is none. */
static const char *next_option(const char *text, struct option *option)
{
	const char *end;

	while (is_blank(*text)) {
		text++;
	}
	if (!*text) {
		return NULL;
	}
	*option = (struct option){ .letter = *text, .text = text, .length = 1, .is_closed = 1 };
	if (text[1] != '(' || *text == '(' || *text == ')') {
		return text + 1;
	}
	end = find_closing(text + 1);
	option->is_closed = end != NULL;
	option->length = end ? (size_t) (end + 1 - text) : strlen(text);
	if (end) {
		option->value = text + 2;
		while (option->value < end && is_blank(*option->value)) {
			option->value++;
		}
		while (end > option->value && is_blank(end[-1])) {
			end--;
		}
		option->value_length = (size_t) (end - option->value);
	}
	return text + option->length;
}

/*! \brief Read a whole number. \retval 0 on success, -1 if it is none, or too large. */
static int read_priority(const struct option *option, int *priority)
{
	const int negative = option->value_length && option->value[0] == '-';
	int value = 0;

	if (option->value_length <= (size_t) negative) {
		return -1;
	}
	for (size_t i = (size_t) negative; i < option->value_length; i++) {
		const char c = option->value[i];

		if (c < '0' || c > '9') {
			return -1;
		}
		value = value * 10 + (c - '0');
		if (value > OPTIONS_MAX_PRIORITY) {
			return -1;
		}
	}
	*priority = negative ? -value : value;
	return 0;
}

/*! \brief Read digits. \retval -1 if there are none, or others, or the number is more than \a most. */
static int read_digits(const char *text, size_t length, int most)
{
	int value = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9') {
			return -1;
		}
		value = value * 10 + (text[i] - '0');
		if (value > most) {
			return -1;
		}
	}
	return length ? value : -1;
}

/*! \brief Use b(window). \return What is wrong with it; NULL if nothing is. */
static const char *use_bids(struct options *options, const struct option *option)
{
	int window_ms;

	if (options->bid_window_ms) {
		return "is given more than once: the first one holds";
	}
	window_ms =
		option->value ? read_digits(option->value, option->value_length, OPTIONS_MAX_BID_WINDOW_MS) : -1;
	if (window_ms < 1) {
		return "is not b(window) with a whole number of milliseconds from 1 to 5000";
	}
	options->bid_window_ms = window_ms;
	return NULL;
}

/*! \brief Use k(n[:ms]). \return What is wrong with it; NULL if nothing is. */
static const char *use_first(struct options *options, const struct option *option)
{
	const char *colon = option->value ? memchr(option->value, ':', option->value_length) : NULL;
	const size_t length = colon ? (size_t) (colon - option->value) : option->value_length;
	int first;
	int step_ms = 0;

	if (options->has_first) {
		return "is given more than once: the first one holds";
	}
	first = option->value ? read_digits(option->value, length, OPTIONS_MAX_FIRST) : -1;
	if (colon) {
		step_ms = read_digits(colon + 1, option->value_length - length - 1, OPTIONS_MAX_FIRST_STEP_MS);
	}
	if (first < 0 || (colon && step_ms < 1)) {
		return "is not k(n) or k(n:ms) with a whole number of applications from 0 to 1000000 and of milliseconds from 1 "
			   "to 60000";
	}
	options->has_first = 1;
	options->first = first;
	options->first_step_ms = step_ms;
	return NULL;
}

/*! \brief Use p(priority). \return What is wrong with it; NULL if nothing is. */
static const char *use_priority(struct options *options, const struct option *option)
{
	int priority;

	if (options->has_priority) {
		return "is given more than once: the first one holds";
	}
	if (!option->value || read_priority(option, &priority)) {
		return "is not p(priority) with a whole number from -1000000 to 1000000";
	}
	options->has_priority = 1;
	options->priority = priority;
	return NULL;
}

/*! \brief Use q(name). \return What is wrong with it; NULL if nothing is. */
static const char *use_queue(struct options *options, const struct option *option)
{
	if (*options->queue) {
		return "is given more than once: the first one holds";
	}
	if (!option->value || !option->value_length || option->value_length > OPTIONS_MAX_QUEUE) {
		return "is not q(name) with a name of 1 to 80 bytes";
	}
	memcpy(options->queue, option->value, option->value_length);
	options->queue[option->value_length] = '\0';
	return NULL;
}

/*! \brief Use an option. \return What is wrong with it; NULL if nothing is. */
static const char *use(struct options *options, const struct option *option)
{
	if (!option->letter || !strchr("bkpq", option->letter)) {
		return "is not known: there are b(window), k(n[:ms]), p(priority) and q(name)";
	}
	if (!option->is_closed) {
		return "has no closing parenthesis";
	}
	switch (option->letter) {
	case 'b':
		return use_bids(options, option);
	case 'k':
		return use_first(options, option);
	case 'p':
		return use_priority(options, option);
	default:
		return use_queue(options, option);
	}
}

void options_parse(struct options *options, const char *text)
{
	struct option option;

	memset(options, 0, sizeof(*options));
	while (text && (text = next_option(text, &option))) {
		const char *reason = use(options, &option);

		if (!reason) {
			continue;
		}
		if (options->problem_count == OPTIONS_MAX_PROBLEMS) {
			options->more_problems++;
		} else {
			options->problems[options->problem_count++] =
				(struct options_problem){ option.text, option.length, reason };
		}
	}
}
