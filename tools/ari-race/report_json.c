/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The JSON report of a run.
 */

#include "ari_race_version.h"
#include "clock.h"
#include "race.h"
#include "report.h"
#include "verdict.h"

#include <inttypes.h>

static double ms(uint64_t ns)
{
	return (double) ns / (double) NS_PER_MS;
}

static void put_string(FILE *file, const char *string)
{
	char buf[8192];
	struct text text;

	text_init(&text, buf, sizeof(buf));
	text_add_json(&text, string);
	fprintf(file, "\"%s\"", text.buf);
}

static void put_hist(FILE *file, const struct hist *hist)
{
	if (!hist || !hist->count) {
		fputs("null", file);
		return;
	}
	fprintf(file,
		"{\"count\": %" PRIu64
		", \"min\": %.6f, \"mean\": %.6f, \"p50\": %.6f, \"p90\": %.6f, \"p99\": %.6f, \"p999\": %.6f, \"max\": %.6f}",
		hist->count, ms(hist->min), ms(hist->sum) / (double) hist->count, ms(hist_percentile(hist, 50)),
		ms(hist_percentile(hist, 90)), ms(hist_percentile(hist, 99)), ms(hist_percentile(hist, 99.9)),
		ms(hist->max));
}

static void put_head(FILE *file, const struct race *race)
{
	char when[32];
	struct tm tm;

	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&race->wall_start, &tm));
	fprintf(file, "{\n\"ari_race\": \"%s\",\n\"asterisk\": ", ARI_RACE_VERSION);
	put_string(file, race->asterisk);
	fputs(",\n\"url\": ", file);
	put_string(file, race->options.url);
	fprintf(file,
		",\n\"started\": \"%s\",\n\"start_ns\": %" PRIu64 ",\n\"seconds\": %.6f,\n\"ending\": \"%s\"", when,
		race->start_ns, race_seconds(race), report_ending(race));
	fputs(",\n\"why\": ", file);
	put_string(file, race->why);
}

static void put_options(FILE *file, const struct options *options)
{
	fprintf(file,
		",\n\"options\": {\"apps\": %" PRId64 ", \"apps_per_connection\": %" PRId64 ", \"claimers\": ",
		options->apps, options->apps_per_connection);
	put_string(file, options->claimers_text);
	fprintf(file, ", \"decliners\": %" PRId64 ", \"stalled\": %" PRId64 ", \"bid\": %s, \"think_ms\": %.6f",
		options->decliners, options->stalled, options->bid ? "true" : "false",
		ms((uint64_t) options->think_ns));
	fprintf(file,
		", \"spread_ms\": %.6f, \"think_sigma\": %.6f, \"hold_ms\": %.6f, \"seed\": %" PRId64
		", \"calls\": %" PRId64,
		ms((uint64_t) options->spread_ns), options->think_sigma, ms((uint64_t) options->hold_ns),
		options->seed, options->calls);
	fprintf(file,
		", \"rate\": %.6f, \"concurrency\": %" PRId64 ", \"duration_s\": %.6f, \"timeout_ms\": %.6f",
		options->rate, options->concurrency, (double) options->duration_ns / (double) NS_PER_S,
		ms((uint64_t) options->timeout_ns));
	fputs(", \"filter\": ", file);
	put_string(file, options->filter);
	fputs(", \"calls_from\": ", file);
	put_string(file, options->elsewhere ? "elsewhere" : options->endpoint);
	fprintf(file, ", \"claims_over\": \"%s\"}",
		options->nats                 ? "nats"
			: options->over_websocket ? "websocket"
									  : "http");
}

static void put_mean(FILE *file, uint64_t sum, uint64_t count)
{
	if (count) {
		fprintf(file, "%.6f", (double) sum / (double) count);
	} else {
		fputs("null", file);
	}
}

static void put_calls(FILE *file, const struct race *race, const struct verdict *verdict)
{
	const struct stats *stats = &race->stats;

	fprintf(file,
		",\n\"calls\": {\"made\": %zu, \"failed\": %zu, \"not_offered\": %zu, \"partly_offered\": %zu",
		verdict->made, verdict->failed, verdict->not_offered, verdict->partly);
	fprintf(file, ", \"winners\": {\"0\": %zu, \"1\": %zu, \"2+\": %zu}", verdict->winners[0],
		verdict->winners[1], verdict->winners[2]);
	fprintf(file,
		", \"won_without_start\": %zu, \"won_but_websocket_lost\": %zu, \"undecided\": %zu, \"mean_score\": ",
		verdict->not_started, verdict->lost, verdict->undecided);
	put_mean(file, stats->scores, stats->scored);
	fprintf(file,
		"},\n\"events\": {\"all\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"offers\": %" PRIu64
		", \"repeated_offers\": %" PRIu64 ", \"starts\": %" PRIu64 ", \"unclaimed_starts\": %" PRIu64
		", \"claimed\": %" PRIu64 ", \"foreign\": %" PRIu64 ", \"unreadable\": %" PRIu64
		", \"websockets_lost\": %" PRIu64 "}",
		stats->events, stats->event_bytes, stats->offers, stats->repeated, stats->starts,
		stats->unclaimed_starts, stats->claimed, stats->foreign, stats->unreadable, stats->lost);
}

static void put_answers(FILE *file, const struct stats *stats)
{
	fputs(",\n\"answers\": {", file);
	for (int kind = 0; kind < REQUEST_KINDS; kind++) {
		fprintf(file, "%s\"%s\": {\"sent\": %" PRIu64, kind ? ", " : "",
			request_kind_name((enum request_kind) kind), stats->sent[kind]);
		for (int status = 1; status < STATUS_MAX; status++) {
			if (stats->answers[kind][status]) {
				fprintf(file, ", \"%d\": %" PRIu64, status, stats->answers[kind][status]);
			}
		}
		fprintf(file, ", \"none\": %" PRIu64 "}", stats->answers[kind][0]);
	}
	fprintf(file, "},\n\"errors\": %" PRIu64, stats_errors(stats));
}

static void put_latencies(FILE *file, const struct stats *stats)
{
	fputs(",\n\"latency_ms\": {", file);
	for (int i = 0; i < LATENCY_COUNT; i++) {
		fprintf(file, "%s\n  \"%s\": ", i ? "," : "", latency_key((enum latency) i));
		put_hist(file, stats->latency[i]);
	}
	fputs("\n}", file);
}

static void put_apps(FILE *file, const struct apps *apps)
{
	fputs(",\n\"apps\": [", file);
	for (size_t i = 0; i < apps->count; i++) {
		const struct app *app = &apps->all[i];

		fprintf(file, "%s\n  {\"name\": ", i ? "," : "");
		put_string(file, app->name);
		fprintf(file,
			", \"role\": \"%s\", \"offers\": %" PRIu64 ", \"claims\": %" PRIu64 ", \"won\": %" PRIu64
			", \"starts\": %" PRIu64 ", \"offer_delay_ms\": ",
			role_name(app->role), app->offers, app->claims, app->won, app->starts);
		put_hist(file, app->delay);
		fputs("}", file);
	}
	fputs("\n]", file);
}

static void put_self(FILE *file, const struct race *race)
{
	const struct http_counters *claims = http_pool_counters(race->claims);
	struct http_counters others = { 0 };

	for (size_t i = 0; i < race->nodes.count; i++) {
		const struct http_counters *one = http_pool_counters(race->nodes.list[i]->others);

		others.opened += one->opened;
		others.cut += one->cut;
		others.late += one->late;
	}

	fprintf(file,
		",\n\"stalled\": {\"apps\": %zu, \"cut\": %zu, \"unread_bytes\": %zu}"
		",\n\"self\": {\"cpu_share\": %.6f, \"cpu_share_max\": %.6f, \"longest_turn_ms\": %.6f",
		race->apps.count - race->apps.readers, race->cut, race->unread, live_cpu_share(&race->live),
		race->live.cpu_max, ms(race->live.turn_longest_ns));
	fprintf(file,
		", \"http_connections\": %" PRIu64 ", \"claims_waited\": %" PRIu64 ", \"claims_waited_max_ms\": %.6f"
		", \"cut\": %" PRIu64 ", \"late\": %" PRIu64 "}",
		claims->opened + others.opened, claims->waited, ms(claims->waited_max), claims->cut + others.cut,
		claims->late + others.late + race->sockets_late);
}

static void put_broken(FILE *file, const struct race *race, const struct verdict *verdict)
{
	fprintf(file, ",\n\"rules_broken\": {\"count\": %zu, \"calls\": [", verdict_broken(verdict));
	for (size_t i = 0; i < verdict->named_count; i++) {
		fputs(i ? ", {\"call\": " : "{\"call\": ", file);
		put_string(file, verdict->named[i]->id);
		fprintf(file, ", \"rule\": \"%s\"}",
			verdict->named[i]->winners > 1 ? "two-winners" : "won-without-start");
	}
	fprintf(file, "]},\n\"status\": %d\n}\n", verdict_status(verdict, race));
}

void report_json(FILE *file, const struct race *race, const struct verdict *verdict)
{
	put_head(file, race);
	put_options(file, &race->options);
	put_calls(file, race, verdict);
	put_answers(file, &race->stats);
	put_latencies(file, &race->stats);
	put_apps(file, &race->apps);
	put_self(file, race);
	put_broken(file, race, verdict);
}
