/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What a text in stasis_broadcast.conf means.
 */

#include "settings_values.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "truth.h"

/*! \brief What a value can be. */
enum kind {
	NUMBER,
	/*! A number, or a word for -1. */
	NUMBER_OR_WORD,
	/*! One of two words. */
	WORD,
	/*! Yes or no, in Asterisk's words. */
	TRUTH,
	/*! Anything that is not too long. */
	TEXT,
};

struct setting {
	const char *name;
	/*! Where it is in struct settings: an int, or a text. */
	size_t offset;
	enum kind kind;
	/*! What its value has to be, for the log. */
	const char *what;
	/*! The limits of a number; a text has \c most bytes at the most. */
	int least;
	int most;
	/*! The words for 0 and for 1; or the one for -1. */
	const char *words[2];
};

#define AT(member) offsetof(struct settings, member)

static const struct setting all[] = {
	{ "timeout", AT(timeout_ms), NUMBER, "a number of milliseconds", 0, SETTINGS_MAX_TIMEOUT_MS, { 0 } },
	{ "max_timeout", AT(max_timeout_ms), NUMBER, "a number of milliseconds", 1, SETTINGS_MAX_TIMEOUT_MS,
		{ 0 } },
	{ "claim_policy", AT(any_claimant), WORD, "recipient or any", 0, 1, { "recipient", "any" } },
	{ "invalid_filter", AT(invalid_is_none), WORD, "reject or broadcast", 0, 1, { "reject", "broadcast" } },
	{ "max_open", AT(max_open), NUMBER, "a number of broadcasts", 0, SETTINGS_MAX_OPEN, { 0 } },
	{ "dispatch_threads", AT(dispatch_threads), NUMBER, "a number of threads", 1, SETTINGS_MAX_THREADS,
		{ 0 } },
	{ "reoffer", AT(reoffer), TRUTH, "yes or no", 0, 1, { 0 } },
	{ "service_level", AT(service_level_s), NUMBER, "a number of seconds", 1, SETTINGS_MAX_SERVICE_LEVEL_S,
		{ 0 } },
	{ "silent_after", AT(silent_after), NUMBER, "a number of calls", 0, SETTINGS_MAX_SILENT_AFTER, { 0 } },
	{ "silent_apps", AT(skip_silent), WORD, "offer or skip", 0, 1, { "offer", "skip" } },
	{ "silent_retry", AT(silent_retry_s), NUMBER, "a number of seconds", 1, SETTINGS_MAX_SILENT_RETRY_S,
		{ 0 } },
	{ "max_apps_stats", AT(max_apps_stats), NUMBER, "a number of applications", 1, SETTINGS_MAX_APPS_STATS,
		{ 0 } },
	{ "ami_events", AT(ami_events), TRUTH, "yes or no", 0, 1, { 0 } },
	{ "cel_events", AT(cel_events), TRUTH, "yes or no", 0, 1, { 0 } },
	{ "queue_log", AT(queue_log), TRUTH, "yes or no", 0, 1, { 0 } },
	{ "prometheus_by_application", AT(prometheus_by_application), TRUTH, "yes or no", 0, 1, { 0 } },
	{ "prometheus_by_queue", AT(prometheus_by_queue), TRUTH, "yes or no", 0, 1, { 0 } },
	{ "prometheus_max_names", AT(prometheus_max_names), NUMBER, "a number of names", 1,
		SETTINGS_MAX_PROMETHEUS_NAMES, { 0 } },
	{ "first", AT(first), NUMBER_OR_WORD, "auto or a number of applications", 0, SETTINGS_MAX_FIRST,
		{ "auto" } },
	{ "exclude", AT(exclude), TEXT, "a regular expression", 0, SETTINGS_MAX_EXCLUDE, { 0 } },
	{ "watchers", AT(watchers), TEXT, "a regular expression", 0, SETTINGS_MAX_WATCHERS, { 0 } },
};

_Static_assert(sizeof(all) / sizeof(all[0]) < SETTINGS_MAX_COUNT, "settings.c notes where each comes from");

const char *settings_name(size_t index)
{
	return index < sizeof(all) / sizeof(all[0]) ? all[index].name : NULL;
}

/*! \brief A plain decimal number from \a least to \a most; -1 if it is none. */
static int read_number(const char *text, int least, int most)
{
	long value = 0;

	if (!*text) {
		return -1;
	}
	for (; *text >= '0' && *text <= '9'; text++) {
		value = value * 10 + (*text - '0');
		if (value > most) {
			return -1;
		}
	}
	return *text || value < least ? -1 : (int) value;
}

static int read_word(const char *text, const char *const words[2])
{
	if (!strcasecmp(text, words[0])) {
		return 0;
	}
	return strcasecmp(text, words[1]) ? -1 : 1;
}

/*! \brief What a value means; -1 if it cannot be used. */
static int read_value(const struct setting *setting, const char *text)
{
	switch (setting->kind) {
	case NUMBER:
		return read_number(text, setting->least, setting->most);
	case WORD:
		return read_word(text, setting->words);
	case TRUTH:
		return truth_of(text);
	case NUMBER_OR_WORD:
		return read_number(text, setting->least, setting->most);
	case TEXT:
		break;
	}
	return -1;
}

static const struct setting *find(const char *name)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!strcasecmp(all[i].name, name)) {
			return &all[i];
		}
	}
	return NULL;
}

/*! \brief Set a text. \retval 0 on success, -1 if it is too long. */
static int set_text(const struct setting *setting, struct settings *settings, const char *value, char *reason)
{
	char *text = (char *) settings + setting->offset;
	size_t length = strlen(value);

	if (length > (size_t) setting->most) {
		snprintf(reason, SETTINGS_REASON_SIZE, "is longer than %d characters", setting->most);
		return -1;
	}
	memset(text, 0, setting->most + 1);
	memcpy(text, value, length + 1);
	return 0;
}

int settings_set(
	struct settings *settings, const char *name, const char *value, char reason[SETTINGS_REASON_SIZE])
{
	const struct setting *setting = find(name);
	int number;

	if (!setting) {
		snprintf(reason, SETTINGS_REASON_SIZE, "is not a setting");
		return -1;
	}
	if (setting->kind == TEXT) {
		return set_text(setting, settings, value, reason);
	}
	number = read_value(setting, value);
	if (number >= 0 || (setting->kind == NUMBER_OR_WORD && !strcasecmp(value, setting->words[0]))) {
		memcpy((char *) settings + setting->offset, &number, sizeof(number));
		return 0;
	}
	if (setting->kind == NUMBER || setting->kind == NUMBER_OR_WORD) {
		snprintf(reason, SETTINGS_REASON_SIZE, "is not %s from %d to %d", setting->what, setting->least,
			setting->most);
	} else {
		snprintf(reason, SETTINGS_REASON_SIZE, "is not %s", setting->what);
	}
	return -1;
}

const char *settings_text(const struct settings *settings, size_t index, char text[SETTINGS_TEXT_SIZE])
{
	const struct setting *setting = &all[index];
	const char *value = (const char *) settings + setting->offset;
	int number;

	if (setting->kind == TEXT) {
		snprintf(text, SETTINGS_TEXT_SIZE, "%s", value);
		return text;
	}
	memcpy(&number, value, sizeof(number));
	if (setting->kind == NUMBER || (setting->kind == NUMBER_OR_WORD && number >= 0)) {
		snprintf(text, SETTINGS_TEXT_SIZE, "%d", number);
	} else if (setting->kind == TRUTH) {
		snprintf(text, SETTINGS_TEXT_SIZE, "%s", number ? "yes" : "no");
	} else {
		/* The word of a number that may be one is the first. */
		snprintf(text, SETTINGS_TEXT_SIZE, "%s", setting->words[number > 0]);
	}
	return text;
}
