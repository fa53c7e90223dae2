/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief One run, from its connections to its report.
 */

#include "race.h"
#include "report.h"
#include "stages.h"
#include "verdict.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OTHERS_MAX 32    /* connections for originates and hang-ups */
#define CLAIMS_FIRST 200 /* connections for claims at the beginning, at most, … */
#define CLAIMS_MORE 64   /* … and so many more when they are all busy */

bool race_is_on(const struct race *race)
{
	return race->stage >= STAGE_RUN && race->stage <= STAGE_SETTLE;
}

double race_seconds(const struct race *race)
{
	return race->start_ns ? (double) (race->end_ns - race->start_ns) / (double) NS_PER_S : 0;
}

void race_gone(struct race *race, const char *format, ...)
{
	va_list ap;

	if (race->stage == STAGE_CLOSE || race->ending == ENDING_GONE) {
		return;
	}
	race->ending = ENDING_GONE;
	va_start(ap, format);
	vsnprintf(race->why, sizeof(race->why), format, ap);
	va_end(ap);
	fprintf(stderr, "ari-race: %s\n", race->why);
	stages_close(race);
}

static void on_refused(void *data, const char *why)
{
	struct race *race = data;
	const char *probed = target_probe(&race->options.target);

	race_gone(race, "%s: %s",
		race->stage == STAGE_CONNECT ? "Asterisk cannot be reached" : "Asterisk went away",
		probed ? probed : why);
}

/*! \brief First time: end orderly. Again: end. */
static void on_signal(struct loop *loop, int signal)
{
	struct race *race = loop->data;

	(void) signal;
	if (race->ending == ENDING_INTERRUPTED || race->stage == STAGE_CLOSE) {
		race->end_ns = race->end_ns ? race->end_ns : now_ns();
		loop_stop(loop);
		return;
	}
	race->ending = ENDING_INTERRUPTED;
	if (race->stage == STAGE_CONNECT) {
		stages_close(race);
	} else {
		cleanup_start(race);
	}
}

/*! \brief One connection for each application that answers, so that no claim waits for another. */
static void open_pools(struct race *race)
{
	const struct options *options = &race->options;
	size_t first = race->apps.active < CLAIMS_FIRST ? race->apps.active : CLAIMS_FIRST;
	size_t max = first + CLAIMS_MORE;

	first = first ? first : 1;
	if (options->http_connections) {
		max = (size_t) options->http_connections;
		first = max;
	}
	race->claim_connections = first;
	race->claims = http_pool_create(race->loop.lws, &options->target, max, on_refused, race);
	race->others = http_pool_create(race->loop.lws, &options->target, OTHERS_MAX, on_refused, race);
}

static const char *open_everything(struct race *race)
{
	const struct options *options = &race->options;
	int sockets = (int) (options->apps + options->http_connections) + CLAIMS_FIRST + CLAIMS_MORE + OTHERS_MAX;
	const char *wrong = loop_open(&race->loop, sockets, on_signal, race);

	stats_open(&race->stats);
	apps_open(&race->apps, options);
	calls_open(&race->calls, options, &race->apps);
	feeds_open(&race->feeds, race);
	if (!wrong) {
		open_pools(race);
	}
	return wrong;
}

static void close_everything(struct race *race)
{
	http_pool_close(race->claims);
	http_pool_close(race->others);
	race->feeds.closing = true;
	loop_close(&race->loop);
	http_pool_destroy(race->claims);
	http_pool_destroy(race->others);
	feeds_close(&race->feeds);
	calls_close(&race->calls);
	apps_close(&race->apps);
	stats_close(&race->stats);
}

/*! \brief Table, JSON and history. \return the exit status */
static int finish(struct race *race, FILE *json)
{
	struct verdict verdict;
	int status;

	verdict_find(&verdict, race);
	status = verdict_status(&verdict, race);
	if (race->start_ns) {
		report_print(race, &verdict);
	}
	if (json) {
		report_json(json, race, &verdict);
	}
	return status;
}

/*! \brief Say what is wrong before anything has been measured. */
static void cannot_begin(struct race *race, const char *wrong)
{
	race->ending = ENDING_GONE;
	snprintf(race->why, sizeof(race->why), "%s cannot be reached: %s", race->options.url, wrong);
	fprintf(stderr, "ari-race: %s\n", race->why);
}

static int run(struct race *race, FILE *json)
{
	const char *wrong = open_everything(race);
	int status;

	wrong = wrong ? wrong : target_probe(&race->options.target);
	if (wrong) {
		cannot_begin(race, wrong);
	} else {
		race->wall_start = time(NULL);
		setup_start(race);
		loop_run(&race->loop);
		live_stop(&race->live, race);
	}
	status = finish(race, json);
	close_everything(race);
	return status;
}

int race_run(struct race *race)
{
	const struct options *options = &race->options;
	FILE *json = options->json ? fopen(options->json, "w") : NULL;
	int status;

	if (options->json && !json) {
		return options_wrong("--json: '%s' cannot be written: %s", options->json, strerror(errno));
	}
	if (history_open(&race->history, options->history)) {
		status = options_wrong("--history: '%s' cannot be written: %s", options->history, strerror(errno));
	} else {
		status = run(race, json);
	}
	if (json && (ferror(json) | fclose(json))) {
		status = options_wrong("--json: '%s': %s", options->json, strerror(errno));
	}
	if (history_close(&race->history)) {
		status = options_wrong("--history: '%s': %s", options->history, strerror(errno));
	}
	return status;
}
