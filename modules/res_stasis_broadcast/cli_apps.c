/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Commands about applications: broadcast show apps, broadcast match.
 */

#include "cli_private.h"

#include "app_filter.h"
#include "asterisk/utils.h"
#include "directory.h"
#include "stats_store.h"

static const struct cli_column app_columns[] = {
	{ "State", 0 },
	{ "Offers", CLI_NUMBER },
	{ "Won", CLI_NUMBER },
	{ "Late", CLI_NUMBER },
	{ "Decl", CLI_NUMBER },
	{ "Bids", CLI_OPTIONAL | CLI_NUMBER },
	{ "Award", CLI_OPTIONAL | CLI_NUMBER },
	{ "Lost", CLI_NUMBER },
	{ "Row", CLI_NUMBER },
	{ "Heard", CLI_NUMBER },
	{ "Median", CLI_NUMBER },
	{ "Queued", CLI_NUMBER },
	{ "Drop", CLI_NUMBER },
	{ "Stall", 0 },
	{ "Twice", 0 },
	{ "Application", CLI_WHOLE },
};

/*! \brief The applications that are shown. */
struct listing {
	struct cli_table table;
	/*! NULL: all. */
	struct app_filter *filter;
	size_t shown;
	size_t matched;
	size_t silent;
	size_t stalled;
};

static const char *state_of(const struct stasis_broadcast_app_stats *app)
{
	if (!app->connections) {
		return "gone";
	}
	if (app->is_silent) {
		return "silent";
	}
	return app->is_stalled ? "stalled" : "ok";
}

/*! \brief Add when an application was heard of last, and how long it takes to answer. */
static void add_times(struct cli_table *table, const struct stasis_broadcast_app_stats *app)
{
	const int64_t ago_s = MAX(time(NULL) - app->last_heard, 0);
	char duration[CLI_DURATION_SIZE];

	if (app->last_heard) {
		cli_table_add(table, ago_s ? cli_duration(ago_s * 1000, duration) : "now");
	} else {
		cli_table_add(table, "never");
	}
	if (app->median_answer_ms >= 0) {
		cli_table_format(table, "%.*fms", app->median_answer_ms < 10 ? 1 : 0, app->median_answer_ms);
	} else {
		cli_table_add(table, "-");
	}
}

/*! \brief Add its bids, and what it got by them; nothing for one that has never bid. */
static void add_bids(struct cli_table *table, const struct stasis_broadcast_app_stats *app)
{
	if (app->bids || app->awarded) {
		cli_table_format(table, "%llu", (unsigned long long) app->bids);
		cli_table_format(table, "%llu", (unsigned long long) app->awarded);
	} else {
		cli_table_add(table, "");
		cli_table_add(table, "");
	}
}

static void add_app(const struct stasis_broadcast_app_stats *app, void *data)
{
	struct listing *listing = data;
	struct cli_table *table = &listing->table;

	if (listing->filter && !app_filter_match(listing->filter, app->name)) {
		return;
	}
	listing->silent += app->is_silent;
	listing->stalled += app->is_stalled;
	if (listing->matched++ >= CLI_MOST_ROWS) {
		return;
	}
	listing->shown++;
	cli_table_add(table, state_of(app));
	cli_table_format(table, "%llu", (unsigned long long) app->offers);
	cli_table_format(table, "%llu", (unsigned long long) app->won);
	cli_table_format(table, "%llu", (unsigned long long) app->too_late);
	cli_table_format(table, "%llu", (unsigned long long) app->declined);
	add_bids(table, app);
	cli_table_format(table, "%llu", (unsigned long long) app->lost);
	cli_table_format(table, "%u", app->silent_in_row);
	add_times(table, app);
	cli_table_format(table, "%zu", app->queued);
	cli_table_format(table, "%llu", (unsigned long long) app->dropped);
	cli_table_add(table, app->is_stalled ? "yes" : "no");
	cli_table_add(table, app->connections > 1 ? "yes" : "no");
	cli_table_add(table, app->name);
}

/*! \brief The filter with a text; if it cannot be used, one line says why. \retval 0 on success, else -1. */
static int get_filter(int fd, const char *text, struct app_filter **filter)
{
	char reason[192];
	char shown[PRINTABLE_SIZE];

	*filter = NULL;
	if (ast_strlen_zero(text)) {
		return 0;
	}
	*filter = app_filter_get(text, reason, sizeof(reason));
	if (*filter) {
		return 0;
	}
	ast_cli(fd, "'%s' cannot be used as a filter: %s\n", printable(text, shown, sizeof(shown)), reason);
	return -1;
}

char *cli_show_apps(int fd, int argc, const char *const *argv)
{
	struct listing listing = {
		.table = { .columns = app_columns, .column_count = ARRAY_LEN(app_columns) },
	};
	int failed;

	if (argc != 3 && (argc != 5 || strcasecmp(argv[3], "like"))) {
		return CLI_SHOWUSAGE;
	}
	if (get_filter(fd, argc == 5 ? argv[4] : NULL, &listing.filter)) {
		return CLI_SUCCESS;
	}
	failed = stats_each_app(add_app, &listing);
	if (failed) {
		ast_cli(fd, "Out of memory: the applications cannot be shown\n");
	}
	cli_table_write(&listing.table, fd);
	if (listing.shown < listing.matched) {
		ast_cli(fd, "%zu more: broadcast show apps like <regex>\n", listing.matched - listing.shown);
	}
	if (!failed) {
		ast_cli(fd, "%zu %s, %zu silent, %zu stalled\n", listing.matched,
			listing.matched == 1 ? "application" : "applications", listing.silent, listing.stalled);
	}
	app_filter_unref(listing.filter);
	return CLI_SUCCESS;
}

/*! \brief Write names one a line, as far as a screen can hold them. */
static void write_names(int fd, const struct names *names)
{
	char shown[4 * APP_FILTER_MAX_NAME + 8];

	for (size_t i = 0; i < names_count(names) && i < CLI_MOST_ROWS; i++) {
		ast_cli(fd, "%s\n", printable(names_at(names, i), shown, sizeof(shown)));
	}
	if (names_count(names) > CLI_MOST_ROWS) {
		ast_cli(fd, "%zu more\n", names_count(names) - CLI_MOST_ROWS);
	}
}

char *cli_match(int fd, int argc, const char *const *argv)
{
	int is_out_of_budget = 0;
	struct app_filter *filter;
	struct names *there;
	struct names *names;

	if (argc != 3) {
		return CLI_SHOWUSAGE;
	}
	if (get_filter(fd, argv[2], &filter)) {
		return CLI_SUCCESS;
	}
	there = directory_names();
	names = there ? app_filter_select(filter, there, &is_out_of_budget) : NULL;
	write_names(fd, names);
	if (!names) {
		ast_cli(fd, "Out of memory: it cannot be found out who would hear of it\n");
	} else if (is_out_of_budget) {
		ast_cli(fd, "The filter takes too long: those that are not above would not hear of it\n");
	}
	if (names) {
		ast_cli(fd, "%zu of %zu applications that are there would hear of it\n", names_count(names),
			names_count(there));
	}
	/* "broadcast show" and the dialplan have the filters of circles in one. */
	if (strchr(argv[2], '&')) {
		ast_cli(fd, "This is for one filter. With circles, ask for each of those between \"&\"\n");
	}
	app_filter_unref(filter);
	names_unref(names);
	names_unref(there);
	return CLI_SUCCESS;
}
