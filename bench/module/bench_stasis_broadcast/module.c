/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Measurements inside Asterisk: "stasis broadcast-bench ..." prints one line of JSON.
 */

#include "bench.h"

#include "asterisk/cli.h"
#include "asterisk/lock.h"
#include "asterisk/module.h"

/*** MODULEINFO
	<depend>res_stasis</depend>
	<support_level>extended</support_level>
 ***/

/*! One measurement at a time. */
AST_MUTEX_DEFINE_STATIC(busy);

struct ast_json *measure_failed(const char *what)
{
	return ast_json_pack("{s: s}", "error", what);
}

/*! \brief Read a number from 1 to \a most. \retval 0 on success. */
static int read_number(const char *text, int most, int *number)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (end == text || *end || value < 1 || value > most) {
		return -1;
	}
	*number = (int) value;
	return 0;
}

/*! \brief Print what was measured. */
static char *print(struct ast_cli_args *a, struct ast_json *result)
{
	char *text = result ? ast_json_dump_string(result) : NULL;
	char *verdict = result && !ast_json_object_get(result, "error") ? CLI_SUCCESS : CLI_FAILURE;

	ast_cli(a->fd, "%s\n", S_OR(text, "{\"error\":\"out of memory\"}"));
	ast_json_free(text);
	ast_json_unref(result);
	return verdict;
}

static char *cli_claims(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	struct ast_json *result;
	int threads;
	int count;
	int seconds;

	switch (cmd) {
	case CLI_INIT:
		e->command = "stasis broadcast-bench claims";
		e->usage = "Usage: stasis broadcast-bench claims THREADS BROADCASTS SECONDS\n"
				   "       Claims per second on broadcasts that are claimed already.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (a->argc != 6 || read_number(a->argv[3], 64, &threads) || read_number(a->argv[4], 200000, &count) ||
		read_number(a->argv[5], 50, &seconds)) {
		return CLI_SHOWUSAGE;
	}
	ast_mutex_lock(&busy);
	result = measure_claims(threads, count, seconds);
	ast_mutex_unlock(&busy);
	return print(a, result);
}

static char *cli_line(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	struct ast_json *result;
	int count = 0;

	switch (cmd) {
	case CLI_INIT:
		e->command = "stasis broadcast-bench line";
		e->usage = "Usage: stasis broadcast-bench line BROADCASTS FILTER\n"
				   "       Have so many on offer from now on, in place of those before. 0: none; Asterisk\n"
				   "       does not stop while there are any.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (a->argc != 5 || (strcmp(a->argv[3], "0") && read_number(a->argv[3], 200000, &count))) {
		return CLI_SHOWUSAGE;
	}
	ast_mutex_lock(&busy);
	result = line_open(count, a->argv[4]);
	ast_mutex_unlock(&busy);
	return print(a, result);
}

static char *cli_memory(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	struct ast_json *result;
	int count;

	switch (cmd) {
	case CLI_INIT:
		e->command = "stasis broadcast-bench memory";
		e->usage =
			"Usage: stasis broadcast-bench memory BROADCASTS FILTER\n"
			"       Bytes for each broadcast that is claimed and alive. FILTER has to match sales-0.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (a->argc != 5 || read_number(a->argv[3], 200000, &count)) {
		return CLI_SHOWUSAGE;
	}
	ast_mutex_lock(&busy);
	result = measure_memory(count, a->argv[4]);
	ast_mutex_unlock(&busy);
	return print(a, result);
}

static char *cli_offer(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	struct ast_json *result;
	int apps;
	int rounds;

	switch (cmd) {
	case CLI_INIT:
		e->command = "stasis broadcast-bench offer";
		e->usage = "Usage: stasis broadcast-bench offer APPLICATIONS ROUNDS [FILTER]\n"
				   "       Nanoseconds until an offer returns, and until the last application was told.\n"
				   "       FILTER has to match all of bench-0, bench-1 and so on.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (a->argc < 5 || a->argc > 6 || read_number(a->argv[3], 5000, &apps) ||
		read_number(a->argv[4], 100000, &rounds)) {
		return CLI_SHOWUSAGE;
	}
	ast_mutex_lock(&busy);
	result = measure_offer(apps, rounds, a->argc == 6 ? a->argv[5] : NULL);
	ast_mutex_unlock(&busy);
	return print(a, result);
}

static struct ast_cli_entry commands[] = {
	AST_CLI_DEFINE(cli_claims, "Measure claims per second"),
	AST_CLI_DEFINE(cli_line, "Have many broadcasts on offer"),
	AST_CLI_DEFINE(cli_memory, "Measure the memory of a claimed broadcast"),
	AST_CLI_DEFINE(cli_offer, "Measure the time to offer a channel"),
};

static int unload_module(void)
{
	/* Who has begun to measure comes to an end first. */
	ast_mutex_lock(&busy);
	line_close();
	ast_cli_unregister_multiple(commands, ARRAY_LEN(commands));
	ast_mutex_unlock(&busy);
	setting_cleanup();
	return 0;
}

static int load_module(void)
{
	if (setting_init() || ast_cli_register_multiple(commands, ARRAY_LEN(commands))) {
		return AST_MODULE_LOAD_DECLINE;
	}
	return AST_MODULE_LOAD_SUCCESS;
}

/* clang-format off */
AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_DEFAULT, "Measurements of stasis application broadcasts",
	.support_level = AST_MODULE_SUPPORT_EXTENDED,
	.load = load_module,
	.unload = unload_module,
	.requires = "res_stasis",
);
