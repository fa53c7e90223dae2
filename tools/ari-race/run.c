/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief One run, from its connections to its report.
 */

#include "run.h"
#include "app_behavior.h"
#include "event_socket.h"
#include "pools.h"
#include "race.h"
#include "report.h"
#include "stages.h"
#include "verdict.h"
#include "workers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/*! \brief What libwebsockets calls for which sockets. */
static const struct lws_protocols protocols[] = {
	{ .name = "http", .callback = http_callback },
	{ .name = "ari", .callback = event_socket_callback },
	{ .name = NULL },
};

static void on_turn(void *data)
{
	stages_step(data);
}

/*! \brief First time: end orderly. Again, or while it ends: end. */
static void on_signal(void *data)
{
	struct race *race = data;

	if (race->stage < STAGE_CLOSE && race->ending == ENDING_COMPLETE) {
		race->ending = ENDING_INTERRUPTED;
	}
	race->interrupts += race->stage < STAGE_CLOSE ? 1 : 2;
}

static const char *open_everything(struct race *race)
{
	const struct options *options = &race->options;
	int sockets =
		(int) options->apps * (options->nats ? (int) options->target_count + 1 : 1) + pools_size(options);
	const char *wrong = loop_open(&race->loop, sockets, protocols, on_turn, on_signal, race);

	stats_open(&race->stats);
	apps_open(&race->apps, options);
	calls_open(&race->calls, options, &race->apps);
	race->sockets = event_sockets_create(race, app_behavior_on_event);
	if (options->nats) {
		race->workers = workers_create(race, app_behavior_on_event);
	}
	if (!wrong) {
		nodes_open(&race->nodes, race->loop.lws, options);
		pools_open(race);
	}
	return wrong;
}

static void close_everything(struct race *race)
{
	http_pool_close(race->claims);
	nodes_close(&race->nodes);
	event_sockets_abandon(race->sockets);
	workers_destroy(race->workers);
	loop_close(&race->loop);
	http_pool_destroy(race->claims);
	nodes_destroy(&race->nodes);
	event_sockets_destroy(race->sockets);
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

static int race_and_report(struct race *race, FILE *json)
{
	const char *wrong;
	int status;

	race->wall_start = time(NULL);
	wrong = open_everything(race);
	for (size_t i = 0; !wrong && i < race->options.target_count; i++) {
		wrong = target_probe(&race->options.targets[i]);
	}
	if (wrong) {
		race_give_up(race, "%s cannot be reached: %s", race->options.url, wrong);
	} else {
		loop_run(&race->loop);
		live_stop(&race->live);
	}
	status = finish(race, json);
	close_everything(race);
	return status;
}

/*! \brief Whether both are one file, in which each would overwrite the other. Devices and pipes have room for both. */
static bool is_one_file(FILE *one, FILE *other)
{
	struct stat a, b;

	return one && other && !fstat(fileno(one), &a) && !fstat(fileno(other), &b) && S_ISREG(a.st_mode) &&
		a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int run(struct race *race)
{
	const struct options *options = &race->options;
	FILE *json = options->json ? fopen(options->json, "w") : NULL;
	int status;

	if (options->json && !json) {
		return options_wrong("--json: '%s' cannot be written: %s", options->json, strerror(errno));
	}
	if (history_open(&race->history, options->history)) {
		status = options_wrong("--history: '%s' cannot be written: %s", options->history, strerror(errno));
	} else if (is_one_file(json, race->history.file)) {
		status = options_wrong("--history: '%s' is the file of --json", options->history);
	} else {
		status = race_and_report(race, json);
	}
	if (json && (ferror(json) | fclose(json))) {
		status = options_wrong("--json: '%s': %s", options->json, strerror(errno));
	}
	if (history_close(&race->history)) {
		status = options_wrong("--history: '%s': %s", options->history, strerror(errno));
	}
	return status;
}
