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

/*! \brief A setting: a number within limits, one of the words, or a text. */
struct setting {
	const char *name;
	/*! Where it is in struct settings: an int. */
	size_t offset;
	/*! What its value has to be, in words; NULL if it is a text, of \c most bytes. */
	const char *kind;
	/*! The words for 0 and for 1; NULL if it is a number. */
	const char *const *words[2];
	int least;
	int most;
};

static const char *const recipient[] = { "recipient", NULL };
static const char *const any[] = { "any", NULL };
static const char *const reject[] = { "reject", NULL };
static const char *const broadcast[] = { "broadcast", NULL };
/* What Asterisk takes for a truth value elsewhere. */
static const char *const no[] = { "no", "false", "n", "f", "0", "off", NULL };
static const char *const yes[] = { "yes", "true", "y", "t", "1", "on", NULL };

#define AT(member) offsetof(struct settings, member)

static const struct setting all[] = {
	{ "timeout", AT(timeout_ms), "a number of milliseconds", { NULL, NULL }, 0, SETTINGS_MAX_TIMEOUT_MS },
	{ "max_timeout", AT(max_timeout_ms), "a number of milliseconds", { NULL, NULL }, 1,
		SETTINGS_MAX_TIMEOUT_MS },
	{ "claim_policy", AT(any_claimant), "recipient or any", { recipient, any }, 0, 1 },
	{ "invalid_filter", AT(invalid_is_none), "reject or broadcast", { reject, broadcast }, 0, 1 },
	{ "max_open", AT(max_open), "a number of broadcasts", { NULL, NULL }, 0, SETTINGS_MAX_OPEN },
	{ "dispatch_threads", AT(dispatch_threads), "a number of threads", { NULL, NULL }, 1,
		SETTINGS_MAX_THREADS },
	{ "reoffer", AT(reoffer), "yes or no", { no, yes }, 0, 1 },
	{ "exclude", AT(exclude), NULL, { NULL, NULL }, 0, SETTINGS_MAX_EXCLUDE },
};

const char *settings_name(size_t index)
{
	return index < sizeof(all) / sizeof(all[0]) ? all[index].name : NULL;
}

static int is_among(const char *word, const char *const *words)
{
	while (*words && strcasecmp(word, *words)) {
		words++;
	}
	return *words != NULL;
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

static int read_value(const struct setting *setting, const char *text)
{
	if (!setting->words[0]) {
		return read_number(text, setting->least, setting->most);
	}
	if (is_among(text, setting->words[0])) {
		return 0;
	}
	return is_among(text, setting->words[1]) ? 1 : -1;
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
	memcpy(text, value, length);
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
	if (!setting->kind) {
		return set_text(setting, settings, value, reason);
	}
	number = read_value(setting, value);
	if (number >= 0) {
		memcpy((char *) settings + setting->offset, &number, sizeof(number));
		return 0;
	}
	if (setting->words[0]) {
		snprintf(reason, SETTINGS_REASON_SIZE, "is not %s", setting->kind);
	} else {
		snprintf(reason, SETTINGS_REASON_SIZE, "is not %s from %d to %d", setting->kind, setting->least,
			setting->most);
	}
	return -1;
}
