/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Reads the command line, by a table.
 */

#include "options.h"
#include "ari_race_version.h"
#include "clock.h"
#include "memory.h"
#include "terminal.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
	KIND_HELP,
	KIND_VERSION,
	KIND_FLAG,   /*!< bool */
	KIND_STRING, /*!< const char * */
	KIND_OWN,    /*!< char *, copied and wiped from the command line */
	KIND_LIST,   /*!< one more of variables */
	KIND_COUNT,  /*!< int64_t */
	KIND_REAL,   /*!< double */
	KIND_MS,     /*!< int64_t in ns, given in milliseconds */
	KIND_S,      /*!< int64_t in ns, given in seconds */
};

struct spec {
	const char *name;
	enum kind kind;
	size_t offset;
	double min;
	double max;
};

#define AT(field) offsetof(struct options, field)
#define DAY_S 86400.0
#define DAY_MS (DAY_S * 1000)
#define FIRST_VALUE 256 /* of getopt_long(); below are characters */

static const struct spec specs[] = {
	{ "help", KIND_HELP, 0, 0, 0 },
	{ "version", KIND_VERSION, 0, 0, 0 },
	{ "url", KIND_STRING, AT(url), 0, 0 },
	{ "user", KIND_OWN, AT(user), 0, 0 },
	{ "password", KIND_OWN, AT(password), 0, 0 },
	{ "nats", KIND_OWN, AT(nats), 0, 0 },
	{ "nats-prefix", KIND_STRING, AT(nats_prefix), 0, 0 },
	{ "apps", KIND_COUNT, AT(apps), 1, 10000 },
	{ "app-prefix", KIND_STRING, AT(app_prefix), 0, 0 },
	{ "apps-per-connection", KIND_COUNT, AT(apps_per_connection), 1, 100 },
	{ "claimers", KIND_STRING, AT(claimers_text), 0, 0 },
	{ "decliners", KIND_COUNT, AT(decliners), 0, 10000 },
	{ "stalled", KIND_COUNT, AT(stalled), 0, 10000 },
	{ "stalled-buffer", KIND_COUNT, AT(stalled_buffer), 1024, 1 << 30 },
	{ "think", KIND_MS, AT(think_ns), 0, DAY_MS },
	{ "spread", KIND_MS, AT(spread_ns), 0, DAY_MS },
	{ "think-sigma", KIND_REAL, AT(think_sigma), 0, 3 },
	{ "bid", KIND_FLAG, AT(bid), 0, 0 },
	{ "hold", KIND_MS, AT(hold_ns), 0, DAY_MS },
	{ "seed", KIND_COUNT, AT(seed), 0, 9007199254740992.0 },
	{ "rest", KIND_MS, AT(rest_ns), 0, DAY_MS },
	{ "calls-from", KIND_STRING, AT(calls_from_text), 0, 0 },
	{ "calls", KIND_COUNT, AT(calls), 1, 100000000 },
	{ "rate", KIND_REAL, AT(rate), 0.001, 100000 },
	{ "concurrency", KIND_COUNT, AT(concurrency), 1, 1000000 },
	{ "duration", KIND_S, AT(duration_ns), 0.001, 30 * DAY_S },
	{ "endpoint", KIND_STRING, AT(endpoint), 0, 0 },
	{ "other", KIND_STRING, AT(other), 0, 0 },
	{ "timeout", KIND_MS, AT(timeout_ns), 0, DAY_MS },
	{ "filter", KIND_STRING, AT(filter), 0, 0 },
	{ "args", KIND_STRING, AT(args), 0, 0 },
	{ "notify", KIND_FLAG, AT(notify), 0, 0 },
	{ "variable", KIND_LIST, 0, 0, 0 },
	{ "claims-over", KIND_STRING, AT(claims_over_text), 0, 0 },
	{ "http-connections", KIND_COUNT, AT(http_connections), 1, 10000 },
	{ "answer-timeout", KIND_MS, AT(answer_timeout_ns), 1, DAY_MS },
	{ "settle", KIND_MS, AT(settle_ns), 0, DAY_MS },
	{ "json", KIND_STRING, AT(json), 0, 0 },
	{ "history", KIND_STRING, AT(history), 0, 0 },
	{ "quiet", KIND_FLAG, AT(quiet), 0, 0 },
};

#define SPEC_COUNT (sizeof(specs) / sizeof(specs[0]))

int options_wrong(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	terminal_warn_list(format, ap);
	va_end(ap);
	return 2;
}

static void set_defaults(struct options *options)
{
	*options = (struct options){
		.url = "http://127.0.0.1:8088",
		.apps = 3,
		.nats_prefix = "sb.v1",
		.app_prefix = "race-",
		.apps_per_connection = 1,
		.claimers_text = "all",
		.seed = 1,
		.calls_from_text = "originate",
		.claims_over_text = "http",
		.endpoint = "Local/offer@ari-race",
		.other = "other@ari-race",
		.timeout_ns = 5 * (int64_t) NS_PER_S,
		.filter = "",
		.args = "",
		.answer_timeout_ns = 10 * (int64_t) NS_PER_S,
		.settle_ns = (int64_t) NS_PER_S,
	};
}

static const char *unit_of(enum kind kind)
{
	return kind == KIND_MS ? " milliseconds" : kind == KIND_S ? " seconds" : "";
}

static int set_number(const struct spec *spec, void *field, const char *value)
{
	char *end;
	double number = strtod(value, &end);
	bool whole = spec->kind != KIND_COUNT || number == floor(number);

	if (end == value || *end || !isfinite(number) || number < spec->min || number > spec->max || !whole) {
		return options_wrong("--%s: '%s' is not a%s number from %.10g to %.10g%s", spec->name, value,
			spec->kind == KIND_COUNT ? " whole" : "", spec->min, spec->max, unit_of(spec->kind));
	}
	if (spec->kind == KIND_REAL) {
		*(double *) field = number;
	} else {
		double factor = spec->kind == KIND_MS ? (double) NS_PER_MS
			: spec->kind == KIND_S            ? (double) NS_PER_S
											  : 1.0;

		*(int64_t *) field = (int64_t) llround(number * factor);
	}
	return -1;
}

static int add_variable(struct options *options, const char *value)
{
	const char *equals = strchr(value, '=');

	if (!equals || equals == value) {
		return options_wrong("--variable: '%s' is not NAME=VALUE", value);
	}
	if (options->variable_count == OPTIONS_VARIABLES_MAX) {
		return options_wrong(
			"--variable: '%s' is one more than the %d that there may be", value, OPTIONS_VARIABLES_MAX);
	}
	options->variables[options->variable_count++] = value;
	return -1;
}

static int set_option(struct options *options, const struct spec *spec, char *value)
{
	void *field = (char *) options + spec->offset;

	switch (spec->kind) {
	case KIND_HELP:
		usage_print();
		return 0;
	case KIND_VERSION:
		puts("ari-race " ARI_RACE_VERSION);
		return 0;
	case KIND_FLAG:
		*(bool *) field = true;
		return -1;
	case KIND_STRING:
		*(const char **) field = value;
		return -1;
	case KIND_OWN:
		free(*(char **) field);
		*(char **) field = xstrdup(value);
		memset(value, 'x', strlen(value)); /* so that ps does not show a password for long */
		return -1;
	case KIND_LIST:
		return add_variable(options, value);
	default:
		return set_number(spec, field, value);
	}
}

static bool takes_value(enum kind kind)
{
	return kind != KIND_HELP && kind != KIND_VERSION && kind != KIND_FLAG;
}

/*! \brief What getopt_long() does not understand. */
static int wrong_option(int found, const char *argument)
{
	if (found == ':') {
		return options_wrong("%s needs a value", argument);
	}
	return options_wrong("%s: no such option, or not unique, or it takes no value (see --help)", argument);
}

static int parse_arguments(struct options *options, int argc, char **argv)
{
	struct option longs[SPEC_COUNT + 1] = { 0 };
	int found, at = optind, status = -1;

	for (size_t i = 0; i < SPEC_COUNT; i++) {
		longs[i].name = specs[i].name;
		longs[i].val =
			FIRST_VALUE + (int) i; /* all different, or an ambiguous abbreviation means the first */
		longs[i].has_arg = takes_value(specs[i].kind) ? required_argument : no_argument;
	}
	opterr = 0;
	/* In the order in which they come, so that the one at fault is always the one at optind. */
	while (status < 0 && (found = getopt_long(argc, argv, "+:", longs, NULL)) != -1) {
		if (found == ':' || found == '?') {
			return wrong_option(found, argv[at]);
		}
		status = set_option(options, &specs[found - FIRST_VALUE], optarg);
		at = optind;
	}
	if (status < 0 && optind < argc) {
		return options_wrong(
			"'%s': every argument is an option that begins with -- (see --help)", argv[optind]);
	}
	return status;
}

int options_parse(struct options *options, int argc, char **argv)
{
	int status;

	set_defaults(options);
	status = parse_arguments(options, argc, argv);
	return status < 0 ? options_check(options) : status;
}

void options_free(struct options *options)
{
	free(options->user);
	free(options->password);
	free(options->nats);
}
