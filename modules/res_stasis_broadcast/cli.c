/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The commands that there are: their words, their usage, what completes them.
 */

#include "cli.h"

#include "cli_private.h"

#include "asterisk/module.h"
#include "asterisk/utils.h"
#include "gate.h"

/*! \brief A command. */
struct command {
	const char *words;
	const char *usage;
	cli_command run;
	/*! Completes the word at this place; NULL: nothing does. */
	int place;
	void (*complete)(const char *word);
};

static void complete_from(const char *word)
{
	if (!strncasecmp("from", word, strlen(word))) {
		ast_cli_completion_add(ast_strdup("from"));
	}
}

static void complete_like(const char *word)
{
	if (!strncasecmp("like", word, strlen(word))) {
		ast_cli_completion_add(ast_strdup("like"));
	}
}

static const struct command commands[] = {
	{ "broadcast show",
		"Usage: broadcast show [from <place> [<count>]]\n"
		"       Shows the calls on offer, first in line first: higher priority, then\n"
		"       longer since the first offer. Behind them those that an application has.\n"
		"       100 at a time; the last lines say how many more there are.\n"
		"       Columns that would be empty are left out. With circles, k() or b():\n"
		"       Round  the circle that is open    First  how many heard of it at first\n"
		"       Bids   bids that there are        Score  the one that won\n",
		cli_show, 2, complete_from },
	{ "broadcast show channel",
		"Usage: broadcast show channel <unique ID>\n"
		"       Shows one call, and each application that it is offered to: whether the\n"
		"       event is queued, after how many milliseconds it was sent, and what the\n"
		"       application did. When it is not on offer any more, only the latter.\n",
		cli_show_channel, 3, cli_complete_any },
	{ "broadcast show apps",
		"Usage: broadcast show apps [like <regex>]\n"
		"       Shows the applications that are there or were offered calls:\n"
		"       State   ok, silent (does not answer), stalled (does not read), gone\n"
		"       Offers  calls it was offered      Won    calls it got\n"
		"       Late    claims that came too late Decl   calls it declined\n"
		"       Bids    bids that it made         Award  calls it got by one\n"
		"       Lost    calls it got and was gone before it had them\n"
		"       Row     unanswered offers in a row that ended without anybody\n"
		"       Heard   how long ago it claimed or declined\n"
		"       Median  time from offer to answer\n"
		"       Queued  events that wait for it   Drop   events dropped: queue full\n"
		"       Stall   whether a thread is stuck in writing to it\n"
		"       Twice   whether it is there by another module than ARI, too\n",
		cli_show_apps, 3, complete_like },
	{ "broadcast show stats",
		"Usage: broadcast show stats\n"
		"       Shows how offers ended, what claims and declines were answered, how long\n"
		"       it took, what became of events, and the queues (option q of the\n"
		"       application StasisBroadcast).\n",
		cli_show_stats, 0, NULL },
	{ "broadcast show settings",
		"Usage: broadcast show settings\n"
		"       Shows each setting, and the file and line that it comes from.\n",
		cli_show_settings, 0, NULL },
	{ "broadcast show version",
		"Usage: broadcast show version\n"
		"       Shows the version of Stasis Broadcast, and that of Asterisk.\n",
		cli_show_version, 0, NULL },
	{ "broadcast match",
		"Usage: broadcast match <filter>\n"
		"       Shows which applications would hear of a call with this filter now, or\n"
		"       why the filter cannot be used. Put it in quotes if it has blanks.\n"
		"       With circles, ask for each filter by itself.\n",
		cli_match, 0, NULL },
	{ "broadcast withdraw",
		"Usage: broadcast withdraw <unique ID>\n"
		"       Takes a call off offer: its dialplan goes on with BROADCASTSTATUS\n"
		"       WITHDRAWN. A call that is claimed stays with its application.\n",
		cli_withdraw, 2, cli_complete_open },
	{ "broadcast reset stats",
		"Usage: broadcast reset stats\n"
		"       Has the stats count from zero again. Silent applications stay silent.\n",
		cli_reset_stats, 0, NULL },
};

static char *handle(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args);

static struct ast_cli_entry entries[] = {
	AST_CLI_DEFINE(handle, "Show calls on offer"),
	AST_CLI_DEFINE(handle, "Show one call on offer"),
	AST_CLI_DEFINE(handle, "Show applications that calls are offered to"),
	AST_CLI_DEFINE(handle, "Show statistics of calls on offer"),
	AST_CLI_DEFINE(handle, "Show settings of calls on offer"),
	AST_CLI_DEFINE(handle, "Show the version of Stasis Broadcast"),
	AST_CLI_DEFINE(handle, "Show which applications a filter matches"),
	AST_CLI_DEFINE(handle, "Take a call off offer"),
	AST_CLI_DEFINE(handle, "Reset statistics of calls on offer"),
};

_Static_assert(ARRAY_LEN(entries) == ARRAY_LEN(commands), "each command is registered");

/*! \brief Run a command, or complete it, with the module kept where it is. */
static char *run(const struct command *command, int cmd, struct ast_cli_args *args)
{
	char *result = CLI_SUCCESS;

	ast_module_ref(AST_MODULE_SELF);
	if (gate_enter()) {
		if (cmd == CLI_HANDLER) {
			ast_cli(args->fd, "res_stasis_broadcast.so is being unloaded\n");
		}
	} else {
		if (cmd == CLI_HANDLER) {
			result = command->run(args->fd, args->argc, args->argv);
		} else if (command->complete && args->pos == command->place) {
			command->complete(args->word);
		}
		gate_leave();
	}
	ast_module_unref(AST_MODULE_SELF);
	return cmd == CLI_HANDLER ? result : NULL;
}

static char *handle(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args)
{
	const struct command *command = &commands[entry - entries];

	if (cmd == CLI_INIT) {
		entry->command = (char *) command->words;
		entry->usage = command->usage;
		return NULL;
	}
	return run(command, cmd, args);
}

int cli_start(void)
{
	return ast_cli_register_multiple(entries, ARRAY_LEN(entries));
}

void cli_stop(void)
{
	ast_cli_unregister_multiple(entries, ARRAY_LEN(entries));
}
