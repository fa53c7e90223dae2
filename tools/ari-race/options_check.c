/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Checks options against each other, and fills in what follows from them.
 */

#include "options.h"
#include "bus.h"
#include "clock.h"
#include "memory.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APP_NAME_MAX 200
#define ALL_APPS 10000
#define FILTER_MAX 1000
#define ARGS_MAX 2000
#define NATS_PREFIX_MAX 200

/*! \brief The log-in: --user NAME or NAME:PASS, --password, else ARI_RACE_LOGIN=NAME:PASS, else ari:ari. */
static int check_login(struct options *options)
{
	const char *source = options->user || !getenv("ARI_RACE_LOGIN") ? "--user" : "ARI_RACE_LOGIN";
	const char *login = options->user ? options->user : getenv("ARI_RACE_LOGIN");
	const char *colon = login ? strchr(login, ':') : NULL;
	char *user = login ? strndup(login, colon ? (size_t) (colon - login) : strlen(login)) : xstrdup("ari");

	if (!options->password) {
		options->password = xstrdup(colon ? colon + 1 : "ari");
	}
	free(options->user);
	options->user = user;
	if (!user || !*user || strlen(user) + strlen(options->password) > 500) {
		return options_wrong("%s: a name is needed, of up to 500 characters with its password", source);
	}
	return -1;
}

static int check_target(struct options *options)
{
	char *urls = xstrdup(options->url), *rest = NULL;
	const char *wrong = NULL;

	/* Only with --nats: else a comma is part of the one URL, and refused there. */
	for (char *url = options->nats ? strtok_r(urls, ",", &rest) : urls; url && !wrong;
		 url = options->nats ? strtok_r(NULL, ",", &rest) : NULL) {
		wrong = options->target_count == OPTIONS_TARGETS_MAX
			? "there may be 16 of them"
			: target_parse(&options->targets[options->target_count++], url, options->user, options->password);
	}
	free(urls);
	if (!wrong && !options->target_count) {
		wrong = "it has to begin with http://";
	}
	return wrong ? options_wrong("--url: '%s': %s", options->url, wrong) : -1;
}

/*! \brief "N", "all", "random:N" or "random N". */
static int check_claimers(struct options *options)
{
	const char *text = options->claimers_text;
	int64_t free_apps = options->apps - options->decliners - options->stalled;
	bool random = !strncmp(text, "random:", 7) || !strncmp(text, "random ", 7);
	const char *digits = random ? text + 7 : text;
	char *end;

	if (free_apps < 0) {
		return options_wrong("--apps: %lld applications are fewer than %lld decliners and %lld stalled ones",
			(long long) options->apps, (long long) options->decliners, (long long) options->stalled);
	}
	options->claim_mode = random ? CLAIM_RANDOM : CLAIM_FIRST;
	if (!strcmp(text, "all")) {
		options->claim_mode = CLAIM_ALL;
		options->claimers = free_apps;
		return -1;
	}
	options->claimers = strtol(digits, &end, 10);
	if (end == digits || *end || options->claimers < 0 || options->claimers > ALL_APPS) {
		return options_wrong("--claimers: '%s' is none of: a number, all, random:NUMBER", text);
	}
	if (options->claimers > free_apps) {
		return options_wrong(
			"--claimers: %lld are more than the %lld applications that neither decline nor stall",
			(long long) options->claimers, (long long) free_apps);
	}
	return -1;
}

static int check_apps(struct options *options)
{
	size_t len = strlen(options->app_prefix);

	if (!len || len > APP_NAME_MAX || strspn(options->app_prefix, " ") || strchr(options->app_prefix, ',')) {
		return options_wrong(
			"--app-prefix: '%s' cannot begin the name of an application", options->app_prefix);
	}
	if (options->spread_ns > options->think_ns) {
		return options_wrong(
			"--spread: %.10g ms are more than the %.10g ms of --think, from which they are taken",
			(double) options->spread_ns / (double) NS_PER_MS,
			(double) options->think_ns / (double) NS_PER_MS);
	}
	if (options->think_sigma > 0 && (options->spread_ns || !options->think_ns)) {
		return options_wrong(
			"--think-sigma: %.10g needs --think, and goes without --spread", options->think_sigma);
	}
	if (options->stalled_buffer && !options->stalled) {
		return options_wrong("--stalled-buffer: %lld bytes, but there is no --stalled application",
			(long long) options->stalled_buffer);
	}
	return check_claimers(options);
}

/*! \brief Where calls come from, and when they end. */
static int check_calls(struct options *options)
{
	if (!strcmp(options->calls_from_text, "elsewhere")) {
		options->elsewhere = true;
	} else if (strcmp(options->calls_from_text, "originate")) {
		return options_wrong(
			"--calls-from: '%s' is neither originate nor elsewhere", options->calls_from_text);
	}
	if (options->elsewhere) {
		if (options->rate > 0 || options->concurrency) {
			return options_wrong(
				"--calls-from elsewhere: then --rate and --concurrency are not ari-race's to choose");
		}
		return -1;
	}
	if (!options->calls && !options->duration_ns) {
		options->calls = 100;
	}
	if (options->rate <= 0 && !options->concurrency) {
		options->rate = 10;
	}
	return -1;
}

/*! \brief What goes to Asterisk as JSON or comes back so: another text than the user's is worse than none. */
static int check_utf8(const struct options *options)
{
	const struct {
		const char *name;
		const char *value;
	} texts[] = { { "app-prefix", options->app_prefix }, { "filter", options->filter },
		{ "args", options->args } };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!text_is_utf8(texts[i].value)) {
			return options_wrong("--%s: '%s' is not UTF-8", texts[i].name, texts[i].value);
		}
	}
	for (size_t i = 0; i < options->variable_count; i++) {
		if (!text_is_utf8(options->variables[i])) {
			return options_wrong("--variable: '%s' is not UTF-8", options->variables[i]);
		}
	}
	return -1;
}

static int check_dialplan(struct options *options)
{
	const char *at = strchr(options->other, '@');

	if (strncmp(options->endpoint, "Local/", 6) || !strchr(options->endpoint, '@')) {
		return options_wrong(
			"--endpoint: '%s' is not Local/EXTENSION@CONTEXT (for other calls see --calls-from)",
			options->endpoint);
	}
	if (!at || at == options->other || !at[1]) {
		return options_wrong("--other: '%s' is not EXTENSION@CONTEXT", options->other);
	}
	if (strlen(options->filter) > FILTER_MAX) {
		return options_wrong(
			"--filter: %zu characters are more than %d", strlen(options->filter), FILTER_MAX);
	}
	if (strlen(options->args) > ARGS_MAX) {
		return options_wrong("--args: %zu characters are more than %d", strlen(options->args), ARGS_MAX);
	}
	return check_utf8(options);
}

/*! \brief How claims and declines go to Asterisk. */
static int check_claims_over(struct options *options)
{
	options->over_websocket = !strcmp(options->claims_over_text, "websocket");
	if (!options->over_websocket && strcmp(options->claims_over_text, "http")) {
		return options_wrong("--claims-over: '%s' is neither http nor websocket", options->claims_over_text);
	}
	if (options->over_websocket && options->http_connections) {
		return options_wrong("--http-connections: %lld for claims, but --claims-over websocket needs none",
			(long long) options->http_connections);
	}
	return -1;
}

/*! \brief What cannot go together with --nats, and a prefix that is no subject. */
static int check_nats(struct options *options)
{
	static const char words[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	const char *prefix = options->nats_prefix;
	size_t len = strlen(prefix);

	if (!len || len > NATS_PREFIX_MAX || strspn(prefix, words) < len || *prefix == '.' ||
		prefix[len - 1] == '.' || strstr(prefix, "..")) {
		return options_wrong("--nats-prefix: '%s' is not what subjects can begin with, as sb.v1", prefix);
	}
	if (!options->nats) {
		return -1;
	}
	if (bus_missing()) {
		return options_wrong("--nats: %s", bus_missing());
	}
	if (strncmp(options->nats, "nats://", 7)) {
		return options_wrong("--nats: '%s' does not begin with nats://",
			strchr(options->nats, '@') ? "..." : options->nats); /* a password may be in it */
	}
	if (options->stalled) {
		return options_wrong("--stalled: with --nats nobody waits for an application that does not read");
	}
	if (options->over_websocket || options->http_connections) {
		return options_wrong(
			"--nats: then claims go over NATS, without --claims-over and --http-connections");
	}
	return -1;
}

int options_check(struct options *options)
{
	static int (*const checks[])(struct options *) = { check_login, check_target, check_apps, check_calls,
		check_dialplan, check_claims_over, check_nats };
	int status = -1;

	for (size_t i = 0; status < 0 && i < sizeof(checks) / sizeof(checks[0]); i++) {
		status = checks[i](options);
	}
	return status;
}
