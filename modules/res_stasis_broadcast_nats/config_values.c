/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What each setting of stasis_broadcast_nats.conf means. Plain C.
 */

#include "config_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "truth.h"

/*! \brief A setting: where it is, and what it may be. */
struct setting {
	const char *name;
	/*! Reads a value. \retval 0 on success, -1 with the \a reason. */
	int (*set)(const struct setting *setting, void *place, const char *value, char *reason);
	size_t offset;
	/*! For texts, the room that there is; for numbers, the limits. */
	long least;
	long most;
};

static int set_text(const struct setting *setting, void *place, const char *value, char *reason)
{
	if (strlen(value) >= (size_t) setting->most) {
		snprintf(reason, CONFIG_REASON_SIZE, "is longer than %ld bytes", setting->most - 1);
		return -1;
	}
	memcpy(place, value, strlen(value) + 1);
	return 0;
}

static int set_number(const struct setting *setting, void *place, const char *value, char *reason)
{
	char *end;
	const long number = strtol(value, &end, 10);

	if (!*value || *end || number < setting->least || number > setting->most) {
		snprintf(
			reason, CONFIG_REASON_SIZE, "is not a number from %ld to %ld", setting->least, setting->most);
		return -1;
	}
	*(int *) place = (int) number;
	return 0;
}

static int set_truth(const struct setting *setting, void *place, const char *value, char *reason)
{
	const int truth = truth_of(value);

	(void) setting;
	if (truth < 0) {
		snprintf(reason, CONFIG_REASON_SIZE, "is neither yes nor no");
		return -1;
	}
	*(int *) place = truth;
	return 0;
}

static int set_ari(const struct setting *setting, void *place, const char *value, char *reason)
{
	if (strncmp(value, "http://", 7) && strncmp(value, "https://", 8)) {
		snprintf(reason, CONFIG_REASON_SIZE,
			"is not a URL that workers can use: it begins with http:// or https:// and ends in /ari");
		return -1;
	}
	return set_text(setting, place, value, reason);
}

/*! \brief Words of plain letters, digits, - and _, with dots between them. */
static int is_prefix(const char *value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t length;

	do {
		length = strspn(value, plain);
		value += length;
	} while (length && *value++ == '.');
	return length && !value[-1];
}

static int set_prefix(const struct setting *setting, void *place, const char *value, char *reason)
{
	if (!is_prefix(value)) {
		snprintf(
			reason, CONFIG_REASON_SIZE, "is not words of letters, digits, - and _ with dots between them");
		return -1;
	}
	return set_text(setting, place, value, reason);
}

#define AT(field) offsetof(struct config, field)
#define ROOM(field) 0, sizeof(((struct config *) NULL)->field)

static const struct setting settings[] = {
	{ "servers", set_text, AT(servers), ROOM(servers) },
	{ "user", set_text, AT(user), ROOM(user) },
	{ "password", set_text, AT(password), ROOM(password) },
	{ "credentials", set_text, AT(credentials), ROOM(credentials) },
	{ "tls", set_truth, AT(tls), 0, 0 },
	{ "tls_ca", set_text, AT(tls_ca), ROOM(tls_ca) },
	{ "prefix", set_prefix, AT(prefix), ROOM(prefix) },
	{ "node", set_text, AT(node), 0, 129 },
	{ "ari", set_ari, AT(ari), ROOM(ari) },
	{ "hold_ms", set_number, AT(hold_ms), 100, 30000 },
	{ "queue", set_number, AT(queue), 100, 1000000 },
};

void config_set_defaults(struct config *config)
{
	memset(config, 0, sizeof(*config));
	strcpy(config->servers, "nats://127.0.0.1:4222");
	strcpy(config->prefix, "sb.v1");
	config->hold_ms = 2000;
	config->queue = 10000;
}

int config_set_value(
	struct config *config, const char *name, const char *value, char reason[CONFIG_REASON_SIZE])
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (!strcasecmp(settings[i].name, name)) {
			return settings[i].set(&settings[i], (char *) config + settings[i].offset, value, reason);
		}
	}
	snprintf(reason, CONFIG_REASON_SIZE, "is no setting: see the sample stasis_broadcast_nats.conf");
	return -1;
}

int config_connects_alike(const struct config *one, const struct config *other)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		const char *first = (const char *) one + settings[i].offset;
		const char *second = (const char *) other + settings[i].offset;

		if (settings[i].set == set_number) {
			/* How long a call or a queue waits is no matter of the connection. */
			continue;
		}
		if (settings[i].set == set_truth ? *(const int *) first != *(const int *) second
										 : strcmp(first, second) != 0) {
			return 0;
		}
	}
	return 1;
}
