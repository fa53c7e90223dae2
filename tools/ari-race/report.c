/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The table at the end of a run.
 */

#include "report.h"
#include "clock.h"
#include "event_socket.h"
#include "race.h"
#include "terminal.h"
#include "verdict.h"
#include "workers.h"

#include <inttypes.h>

#define BUSY_SHARE 0.8 /* from here on ari-race's own stats are in doubt */

static double ms(uint64_t ns)
{
	return (double) ns / (double) NS_PER_MS;
}

const char *report_ending(const struct race *race)
{
	static const char *const endings[] = {
		[ENDING_COMPLETE] = "complete",
		[ENDING_INTERRUPTED] = "interrupted",
		[ENDING_GONE] = "asterisk-gone",
	};

	return endings[race->ending];
}

static void print_head(const struct race *race, const struct verdict *verdict)
{
	const struct apps *apps = &race->apps;
	const struct options *options = &race->options;
	double seconds = race_seconds(race);

	printf("\n%s, Asterisk ", options->url);
	terminal_put(stdout, race->asterisk);
	putchar('\n');
	printf("%zu applications on ", apps->count);
	if (race->workers) {
		printf("%zu connections to NATS, and ", workers_connections(race->workers));
	}
	printf("%zu WebSockets: %zu claim%s, %zu watch, %zu decline, %zu stalled\n",
		event_sockets_count(race->sockets), apps->claimers,
		options->claim_mode == CLAIM_RANDOM ? " when chosen" : "", apps->readers - apps->active,
		apps->active - apps->claimers, apps->count - apps->readers);
	printf("%zu calls in %.1f s (%.1f per second), %s%s", verdict->made, seconds,
		seconds > 0 ? (double) verdict->made / seconds : 0, report_ending(race),
		race->ending == ENDING_GONE ? ": " : "");
	terminal_put(stdout, race->ending == ENDING_GONE ? race->why : "");
	putchar('\n');
}

static void print_latencies(const struct race *race)
{
	printf("\n%-28s %10s %10s %10s %10s %10s\n", "milliseconds", "count", "p50", "p90", "p99", "max");
	for (int i = 0; i < LATENCY_COUNT; i++) {
		const struct hist *hist = race->stats.latency[i];

		if (!hist->count) {
			printf(
				"%-28s %10d %10s %10s %10s %10s\n", latency_title((enum latency) i), 0, "-", "-", "-", "-");
			continue;
		}
		printf("%-28s %10" PRIu64 " %10.3f %10.3f %10.3f %10.3f\n", latency_title((enum latency) i),
			hist->count, ms(hist_percentile(hist, 50)), ms(hist_percentile(hist, 90)),
			ms(hist_percentile(hist, 99)), ms(hist->max));
	}
}

/*! \brief The reading application that had to wait longest for an offer. */
static void print_worst_app(const struct race *race)
{
	const struct app *worst = NULL;

	for (size_t i = 0; i < race->apps.readers; i++) {
		const struct app *app = &race->apps.all[i];

		if (app->delay->count && (!worst || app->delay->max > worst->delay->max)) {
			worst = app;
		}
	}
	if (worst) {
		printf("worst offer delay: %.3f ms, application %s (its p99: %.3f ms)\n", ms(worst->delay->max),
			worst->name, ms(hist_percentile(worst->delay, 99)));
	}
}

static void print_answers(const struct race *race)
{
	puts("\nanswers by HTTP status");
	for (int kind = 0; kind < REQUEST_KINDS; kind++) {
		const uint64_t *answers = race->stats.answers[kind];

		if (!race->stats.sent[kind]) {
			continue;
		}
		printf(
			"%-12s %10" PRIu64 " sent", request_kind_name((enum request_kind) kind), race->stats.sent[kind]);
		for (int status = 1; status < STATUS_MAX; status++) {
			if (answers[status]) {
				printf("   %d: %" PRIu64, status, answers[status]);
			}
		}
		if (answers[0]) {
			printf("   no answer: %" PRIu64, answers[0]);
		}
		putchar('\n');
	}
}

/*! \brief A line that is only worth its space if the count is not 0. */
static void print_count(const char *title, uint64_t count)
{
	if (count) {
		printf("%-40s %10" PRIu64 "\n", title, count);
	}
}

static void print_calls(const struct race *race, const struct verdict *verdict)
{
	printf("\n%-40s %10zu\n", "calls with 1 winner", verdict->winners[1]);
	printf("%-40s %10zu\n", "calls with 0 winners", verdict->winners[0]);
	printf("%-40s %10zu\n", "calls with 2 or more winners", verdict->winners[2]);
	printf("%-40s %10zu\n", "claims with 204 and no StasisStart", verdict->not_started);
	printf("%-40s %10zu\n", "calls that nobody was offered", verdict->not_offered);
	if (verdict->not_offered && !verdict->winners[1] && !verdict->partly) {
		puts(
			"  Are the sample extensions.conf in Asterisk's dialplan, and res_stasis_broadcast and app_stasis_broadcast loaded?");
	}
	print_count("calls that only some were offered", verdict->partly);
	print_count("calls that could not be originated", verdict->failed);
	print_count("204, but the winner lost its WebSocket", verdict->lost);
	print_count("204, no StasisStart yet at the end", verdict->undecided);
	print_count("StasisStart without a claim", race->stats.unclaimed_starts);
	print_count("offers repeated to an application", race->stats.repeated);
	print_count("events of other calls, left alone", race->stats.foreign);
	print_count("CallClaimed events", race->stats.claimed);
	print_count("events that are not JSON", race->stats.unreadable);
	print_count("WebSockets of readers that broke", race->stats.lost);
	for (size_t i = 0; i < verdict->named_count; i++) {
		fputs("RULE BROKEN: ", stdout);
		terminal_put(stdout, verdict->named[i]->id);
		printf(": %s\n", verdict->named[i]->winners > 1 ? "two winners" : "204 and no StasisStart");
	}
}

static void print_stall(const struct race *race)
{
	size_t stalled = race->apps.count - race->apps.readers;

	if (stalled) {
		printf(
			"%zu stalled applications, of these %zu cut off by Asterisk; %zu bytes unread in their sockets\n",
			stalled, race->cut, race->unread);
	}
}

static void print_self(const struct race *race)
{
	const struct http_counters *claims = http_pool_counters(race->claims);
	double share = live_cpu_share(&race->live);
	double seconds = race_seconds(race);

	printf(
		"\nari-race itself: %.1f %% of a core (%.1f %% in its busiest second), longest turn of its loop %.3f ms, "
		"%.0f events/s\n",
		share * 100, race->live.cpu_max * 100, ms(race->live.turn_longest_ns),
		seconds > 0 ? (double) race->stats.events / seconds : 0);
	if (claims->waited) {
		printf("%" PRIu64
			   " claims waited for a free HTTP connection, the longest %.3f ms (see --http-connections)\n",
			claims->waited, ms(claims->waited_max));
	}
	if (race->live.cpu_max > BUSY_SHARE) {
		puts("NOTE: ari-race was short of CPU time; the measurements are partly of itself.");
	}
}

void report_print(const struct race *race, const struct verdict *verdict)
{
	print_head(race, verdict);
	print_latencies(race);
	print_worst_app(race);
	print_answers(race);
	print_calls(race, verdict);
	print_stall(race);
	print_self(race);
}
