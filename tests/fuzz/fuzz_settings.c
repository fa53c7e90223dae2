/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Fuzzes the lines of stasis_broadcast.conf: whatever is written, the settings stay within their limits.
 *
 * Asterisk reads the file itself; what mutated files do to both is tested in tests/module (settings.c).
 */

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "res_stasis_broadcast/settings_values.h"
#include "truth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition) {
		abort();
	}
}

static int is_within(int value, int least, int most)
{
	return value >= least && value <= most;
}

static void check_limits(const struct settings *settings)
{
	require(is_within(settings->timeout_ms, 0, SETTINGS_MAX_TIMEOUT_MS));
	require(is_within(settings->max_timeout_ms, 1, SETTINGS_MAX_TIMEOUT_MS));
	require(is_within(settings->any_claimant, 0, 1));
	require(is_within(settings->invalid_is_none, 0, 1));
	require(is_within(settings->max_open, 0, SETTINGS_MAX_OPEN));
	require(is_within(settings->dispatch_threads, 0, SETTINGS_MAX_THREADS));
	require(is_within(settings->reoffer, 0, 1));
	require(is_within(settings->ami_events, 0, 1));
	require(is_within(settings->cel_events, 0, 1));
	require(is_within(settings->queue_log, 0, 1));
	require(memchr(settings->exclude, '\0', SETTINGS_MAX_EXCLUDE + 1) != NULL);
	require(memchr(settings->watchers, '\0', SETTINGS_MAX_WATCHERS + 1) != NULL);
}

/*! \brief A reason goes to the log as it is. */
static void check_reason(const char reason[SETTINGS_REASON_SIZE])
{
	const size_t length = strnlen(reason, SETTINGS_REASON_SIZE);

	require(length > 0 && length < SETTINGS_REASON_SIZE);
	for (size_t i = 0; i < length; i++) {
		require(isprint((unsigned char) reason[i]));
	}
}

/*! \brief A number of milliseconds by another way of reading; -1 if it is none. */
static long read_otherwise(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text) ? strtol(text, NULL, 10) : -1;
}

static void check_line(struct settings *settings, const char *name, const char *value)
{
	const struct settings before = *settings;
	char reason[SETTINGS_REASON_SIZE] = "";
	int result = settings_set(settings, name, value, reason);

	check_limits(settings);
	if (result) {
		check_reason(reason);
		require(!memcmp(&before, settings, sizeof(before)));
	}
	if (!strcasecmp(name, "reoffer")) {
		require((truth_of(value) >= 0) == !result);
	}
	if (!strcasecmp(name, "timeout")) {
		const long number = read_otherwise(value);

		require((number >= 0 && number <= SETTINGS_MAX_TIMEOUT_MS) == !result);
		require(result || settings->timeout_ms == number);
	}
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char) end[-1])) {
		*--end = '\0';
	}
	return text + strspn(text, " \t\r");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings settings = SETTINGS_DEFAULTS;
	char *text = malloc(size + 1);
	char *rest = text;
	char *line;

	memcpy(text, data, size);
	text[size] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		char *value = strchr(line, '=');

		if (value) {
			*value++ = '\0';
			check_line(&settings, trim(line), trim(value));
		}
	}
	free(text);
	return 0;
}
