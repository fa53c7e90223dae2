/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Fuzzes the dialplan's arguments: whatever is written, what comes out can be used.
 *
 * Fields are separated by line feeds here; Asterisk has split them at commas before.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app_stasis_broadcast/args.h"
#include "truth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct settings settings = SETTINGS_DEFAULTS;

/*! \brief Cut a text at line feeds. \return How many fields there are. */
static size_t split(char *text, char *fields[ARGS_FIELDS])
{
	size_t count = 0;

	while (text && count < ARGS_FIELDS) {
		fields[count++] = strsep(&text, "\n");
	}
	return count;
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*! \brief A text is never empty, and has no blanks around it. */
static void check_text(const char *text)
{
	if (text && (!*text || is_blank(*text) || is_blank(text[strlen(text) - 1]))) {
		abort();
	}
}

/*! \brief What holds is within its limits, and what does not is named by a part of the text. */
static void check_options(const struct options *options, const char *text)
{
	const char *end = text ? text + strlen(text) : NULL;

	if (abs(options->priority) > OPTIONS_MAX_PRIORITY || (options->priority && !options->has_priority) ||
		strnlen(options->queue, sizeof(options->queue)) > OPTIONS_MAX_QUEUE) {
		abort();
	}
	if ((*options->queue && !strstr(text, options->queue)) || is_blank(*options->queue)) {
		abort();
	}
	if (options->bid_window_ms < 0 || options->bid_window_ms > OPTIONS_MAX_BID_WINDOW_MS ||
		options->first < 0 || options->first > OPTIONS_MAX_FIRST || options->first_step_ms < 0 ||
		options->first_step_ms > OPTIONS_MAX_FIRST_STEP_MS || (options->first && !options->has_first)) {
		abort();
	}
	if (!text && (options->has_priority || options->has_first || options->problem_count)) {
		abort();
	}
	if (options->problem_count > OPTIONS_MAX_PROBLEMS ||
		(options->more_problems && options->problem_count != OPTIONS_MAX_PROBLEMS)) {
		abort();
	}
	for (size_t i = 0; i < options->problem_count; i++) {
		const struct options_problem *problem = &options->problems[i];

		if (!problem->length || problem->text < text || problem->text + problem->length > end ||
			!problem->reason) {
			abort();
		}
	}
}

/*! \brief The times of the circles are all of the timeout, and what cannot be used is told. */
static void check_rounds(const struct args *args)
{
	int sum = 0;

	if (args->rounds > ARGS_MAX_ROUNDS || args->rounds == 1 || (!args->rounds && args->bad_rounds)) {
		abort();
	}
	for (size_t i = 0; i < args->rounds; i++) {
		if (args->round_ms[i] < 0) {
			abort();
		}
		sum += args->round_ms[i];
		check_text(args->round_filters[i]);
	}
	if (args->rounds && (sum != args->timeout_ms || args->filter)) {
		abort();
	}
}

static void check(const struct args *args)
{
	if (args->timeout_ms < 0 || args->timeout_ms > settings.max_timeout_ms) {
		abort();
	}
	if (!args->rounds && args->bad_timeout && args->timeout_ms != settings.timeout_ms) {
		abort();
	}
	if (args->long_timeout &&
		((args->bad_timeout && !args->rounds) || args->timeout_ms != settings.max_timeout_ms)) {
		abort();
	}
	check_rounds(args);
	if (args->count < 0 || args->count > ARGS_MAX_LIST || (args->left_out && args->count != ARGS_MAX_LIST)) {
		abort();
	}
	if ((args->notify && (args->bad_notify || truth_of(args->notify) < 0)) ||
		(args->bad_notify && truth_of(args->bad_notify) >= 0)) {
		abort();
	}
	check_text(args->filter);
	check_text(args->notify);
	check_text(args->bad_notify);
	check_text(args->bad_timeout);
	check_text(args->long_timeout);
	check_text(args->options_text);
	check_options(&args->options, args->options_text);
	check_text(args->too_many);
	if (args->count) {
		const char *last = args->list[args->count - 1];

		if (is_blank(args->list[0][0]) || (*last && !args->left_out && is_blank(last[strlen(last) - 1]))) {
			abort();
		}
	}
	for (int i = 0; i < args->count; i++) {
		if (!args->list[i] || strchr(args->list[i], ':')) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *fields[ARGS_FIELDS] = { NULL };
	char *text = malloc(size + 1);
	struct args args;
	size_t count;

	memcpy(text, data, size);
	text[size] = '\0';
	count = split(text, fields);
	if (args_have_rounds(fields[ARGS_TIMEOUT]) && fields[ARGS_FILTER]) {
		args_unquote(fields[ARGS_FILTER]);
	}
	args_parse(&args, &settings, count, fields);
	check(&args);
	free(text);
	return 0;
}
