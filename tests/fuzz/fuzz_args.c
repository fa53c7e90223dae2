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

static void check(const struct args *args)
{
	if (args->timeout_ms < 0 || args->timeout_ms > settings.max_timeout_ms) {
		abort();
	}
	if (args->bad_timeout && args->timeout_ms != settings.timeout_ms) {
		abort();
	}
	if (args->count < 0 || args->count > ARGS_MAX_LIST || (args->left_out && args->count != ARGS_MAX_LIST)) {
		abort();
	}
	if (args->filter && !*args->filter) {
		abort();
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

	memcpy(text, data, size);
	text[size] = '\0';
	args_parse(&args, &settings, split(text, fields), fields);
	check(&args);
	free(text);
	return 0;
}
