/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Commands about all of it: broadcast show stats, reset stats, show settings, show version.
 */

#include "cli_private.h"

#include "asterisk/ast_version.h"
#include "asterisk/localtime.h"
#include "asterisk/utils.h"
#include "settings.h"
#include "stats_store.h"
#include "version.h"

const char *cli_duration(int64_t ms, char buf[CLI_DURATION_SIZE])
{
	const long long s = ms / 1000;

	if (ms < 10000) {
		snprintf(buf, CLI_DURATION_SIZE, "%.2fs", (double) ms / 1000);
	} else if (s < 60) {
		snprintf(buf, CLI_DURATION_SIZE, "%.1fs", (double) ms / 1000);
	} else if (s < 3600) {
		snprintf(buf, CLI_DURATION_SIZE, "%lldm%02llds", s / 60, s % 60);
	} else {
		snprintf(buf, CLI_DURATION_SIZE, "%lldh%02lldm", s / 3600, s / 60 % 60);
	}
	return buf;
}

static void show_since(int fd, int64_t since)
{
	const struct timeval when = { .tv_sec = since };
	struct ast_tm local;
	char text[64];

	ast_strftime(text, sizeof(text), "%F %T", ast_localtime(&when, &local, NULL));
	ast_cli(fd, "Since %s\n\n", text);
}

/*! \brief How far offers with circles have come; nothing if there are none. */
static void show_rounds(int fd, const struct stasis_broadcast_totals *totals)
{
	uint64_t all = 0;

	for (size_t i = 0; i < ARRAY_LEN(totals->rounds); i++) {
		all += totals->rounds[i];
	}
	if (!all) {
		return;
	}
	ast_cli(fd, "Ended in circle 1 to %zu:", ARRAY_LEN(totals->rounds));
	for (size_t i = 0; i < ARRAY_LEN(totals->rounds); i++) {
		ast_cli(fd, " %llu", (unsigned long long) totals->rounds[i]);
	}
	ast_cli(fd, "\n");
}

static void show_outcomes(int fd, const struct stasis_broadcast_totals *totals)
{
	static const char *const words[STASIS_BROADCAST_ENDED_KINDS] = { "claimed", "timeout", "noapps",
		"declined", "hangup", "withdrawn", "replaced", "invalidfilter", "congestion", "error" };

	ast_cli(fd, "Offers made: %llu. Offers that ended:\n", (unsigned long long) totals->opened);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		ast_cli(fd, "  %-14s %10llu\n", words[i], (unsigned long long) totals->outcomes[i]);
	}
	ast_cli(fd, "Lost winners: %llu, offered again: %llu\n", (unsigned long long) totals->lost_winners,
		(unsigned long long) totals->reoffers);
	ast_cli(fd, "Offered to more while on offer: %llu\n", (unsigned long long) totals->widenings);
	show_rounds(fd, totals);
	ast_cli(fd, "\n");
}

static void show_answers(int fd, const struct stasis_broadcast_totals *totals)
{
	static const char *const words[STASIS_BROADCAST_ANSWER_KINDS] = { "ok", "taken", "closed", "forbidden",
		"unknown" };

	ast_cli(fd, "Answers        %10s %10s %10s\n", "claims", "declines", "bids");
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		ast_cli(fd, "  %-12s %10llu %10llu %10llu\n", words[i], (unsigned long long) totals->claims[i],
			(unsigned long long) totals->declines[i], (unsigned long long) totals->bids[i]);
	}
	if (totals->awards) {
		ast_cli(fd, "Calls that went to the best bid: %llu, mean score %.1f\n",
			(unsigned long long) totals->awards, (double) totals->award_scores / (double) totals->awards);
	}
	if (totals->claim_p50_ms < 0) {
		ast_cli(fd, "Offer to claim: no claim yet\n\n");
	} else {
		ast_cli(fd, "Offer to claim: p50 %.1f ms, p90 %.1f ms, p99 %.1f ms\n\n", totals->claim_p50_ms,
			totals->claim_p90_ms, totals->claim_p99_ms);
	}
}

static void show_events(int fd, const struct stasis_broadcast_totals *totals)
{
	static const char *const words[STASIS_BROADCAST_EVENT_KINDS] = { "CallBroadcast", "CallClaimed",
		"CallWithdrawn" };

	ast_cli(fd, "Events since load     %10s %10s %10s %10s\n", "sent", "failed", "too late", "dropped");
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const struct stasis_broadcast_event_stats *events = &totals->events[i];

		ast_cli(fd, "  %-19s %10llu %10llu %10llu %10llu\n", words[i], (unsigned long long) events->sent,
			(unsigned long long) events->failed, (unsigned long long) events->stale,
			(unsigned long long) events->overflowed);
	}
	ast_cli(fd, "\n");
}

static void show_now(int fd, const struct stasis_broadcast_totals *totals)
{
	char duration[CLI_DURATION_SIZE];

	ast_cli(fd, "Now: %zu on offer, longest wait %s, %zu events queued, %zu threads\n", totals->open,
		cli_duration(totals->oldest_open_ms, duration), totals->queued_events, totals->threads);
	ast_cli(fd, "     %zu applications counted, %zu silent, %zu stalled\n", totals->apps, totals->silent_apps,
		totals->stalled_apps);
}

static const struct cli_column queue_columns[] = {
	{ "Offered", CLI_NUMBER },
	{ "Claimed", CLI_NUMBER },
	{ "Abandoned", CLI_NUMBER },
	{ "Timed out", CLI_NUMBER },
	{ "Service level", CLI_NUMBER },
	{ "Waiting", CLI_NUMBER },
	{ "Longest wait", CLI_NUMBER },
	{ "Queue", CLI_WHOLE },
};

static void add_queue(const struct stasis_broadcast_queue_stats *queue, void *data)
{
	const uint64_t ended = queue->claimed + queue->abandoned + queue->timed_out;
	struct cli_table *table = data;
	char duration[CLI_DURATION_SIZE];

	cli_table_format(table, "%llu", (unsigned long long) queue->offered);
	cli_table_format(table, "%llu", (unsigned long long) queue->claimed);
	cli_table_format(table, "%llu", (unsigned long long) queue->abandoned);
	cli_table_format(table, "%llu", (unsigned long long) queue->timed_out);
	if (ended) {
		cli_table_format(table, "%.1f%%", 100 * (double) queue->within_service_level / (double) ended);
	} else {
		cli_table_add(table, "-");
	}
	cli_table_format(table, "%zu", queue->open);
	cli_table_add(table, queue->open ? cli_duration(queue->longest_wait_ms, duration) : "-");
	cli_table_add(table, queue->name);
}

static void show_queues(int fd)
{
	struct cli_table table = { .columns = queue_columns, .column_count = ARRAY_LEN(queue_columns) };
	struct settings settings;

	if (stats_each_queue(add_queue, &table)) {
		ast_cli(fd, "Out of memory: the queues cannot be shown\n");
	} else if (table.cell_count) {
		settings_get(&settings);
		ast_cli(fd,
			"\nQueues; service level: claimed within %d s, of those claimed, abandoned or timed out\n",
			settings.service_level_s);
	}
	cli_table_write(&table, fd);
}

char *cli_show_stats(int fd, int argc, const char *const *argv attribute_unused)
{
	struct stasis_broadcast_totals totals;

	if (argc != 3) {
		return CLI_SHOWUSAGE;
	}
	stats_get_totals(&totals);
	show_since(fd, totals.since);
	show_outcomes(fd, &totals);
	show_answers(fd, &totals);
	show_events(fd, &totals);
	show_now(fd, &totals);
	show_queues(fd);
	return CLI_SUCCESS;
}

char *cli_reset_stats(int fd, int argc, const char *const *argv attribute_unused)
{
	if (argc != 3) {
		return CLI_SHOWUSAGE;
	}
	stats_reset();
	ast_cli(fd, "Counting from zero again. Events are counted since the module was loaded, all the same\n");
	return CLI_SUCCESS;
}

static const struct cli_column settings_columns[] = {
	{ "Setting", 0 },
	{ "Value", CLI_WHOLE },
	{ "From", CLI_WHOLE },
};

char *cli_show_settings(int fd, int argc, const char *const *argv attribute_unused)
{
	struct cli_table table = { .columns = settings_columns, .column_count = ARRAY_LEN(settings_columns) };
	char text[SETTINGS_TEXT_SIZE];
	struct settings_origin origin;
	struct settings settings;
	const char *name;

	if (argc != 3) {
		return CLI_SHOWUSAGE;
	}
	settings_get(&settings);
	for (size_t i = 0; (name = settings_name(i)); i++) {
		cli_table_add(&table, name);
		if (!strcmp(name, "dispatch_threads") && !settings.dispatch_threads) {
			cli_table_add(&table, "one a core, 2 to 8");
		} else {
			cli_table_add(&table, S_OR(settings_text(&settings, i, text), "-"));
		}
		settings_get_origin(i, &origin);
		if (origin.line) {
			cli_table_format(&table, "%s, line %d", origin.file, origin.line);
		} else {
			cli_table_add(&table, "default");
		}
	}
	cli_table_write(&table, fd);
	return CLI_SUCCESS;
}

char *cli_show_version(int fd, int argc, const char *const *argv attribute_unused)
{
	if (argc != 3) {
		return CLI_SHOWUSAGE;
	}
	ast_cli(fd, "Stasis Broadcast " STASIS_BROADCAST_VERSION " on Asterisk %s\n", ast_get_version());
	return CLI_SUCCESS;
}
