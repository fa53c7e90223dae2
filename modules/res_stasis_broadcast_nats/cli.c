/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief "broadcast show nats": the connection, the workers, and what is counted.
 */

#include "asterisk.h"

#include "asterisk/astobj2.h"
#include "asterisk/cli.h"
#include "asterisk/module.h"
#include "asterisk/strings.h"

#include "cli.h"
#include "config.h"
#include "connection.h"
#include "counters.h"
#include "namesake.h"
#include "outbox.h"
#include "printable.h"
#include "workers.h"

static void show_connection(int fd, const struct config *config)
{
	struct connection_state state;
	char text[BUS_TEXT_SIZE];

	connection_get_state(&state);
	printable(state.text, text, sizeof(text));
	if (state.is_connected > 0) {
		ast_cli(fd, "Connection:  to %s, for %lld s\n", text, (long long) state.for_s);
	} else if (!config || ast_strlen_zero(config->node)) {
		ast_cli(fd, "Connection:  none: the fleet is off, see stasis_broadcast_nats.conf\n");
	} else {
		ast_cli(fd, "Connection:  none for %lld s: %s\n", (long long) state.for_s, S_OR(text, "connecting"));
	}
}

static void show_node(int fd, const struct config *config)
{
	const int64_t clash_s = namesake_heard_s();
	char text[PRINTABLE_SIZE];

	ast_cli(fd, "Node:        %s", printable(config->node, text, sizeof(text)));
	if (clash_s >= 0) {
		ast_cli(fd, " (another node of that name was there %lld s ago)", (long long) clash_s);
	}
	ast_cli(fd, "\nARI:         %s\n", printable(config->ari, text, sizeof(text)));
	ast_cli(fd, "Prefix:      %s\n", config->prefix);
}

static void show_counters(int fd)
{
	static const char *const names[COUNTERS] = {
		[COUNTER_PUBLISHED] = "events published",
		[COUNTER_EXPIRED] = "offers over before",
		[COUNTER_OVERFLOWED] = "dropped, queue full",
		[COUNTER_UNSENT] = "dropped, no connection",
		[COUNTER_CLAIMS] = "claims",
		[COUNTER_BIDS] = "bids",
		[COUNTER_DECLINES] = "declines",
		[COUNTER_TAKES] = "takes",
		[COUNTER_LISTS] = "lists",
		[COUNTER_HELLOS] = "hellos",
		[COUNTER_GARBAGE] = "not understood",
		[COUNTER_OVERRUNS] = "overruns",
		[COUNTER_REFUSED] = "refused by NATS",
		[COUNTER_CONNECTS] = "connections",
		[COUNTER_DISCONNECTS] = "connections lost",
	};

	for (size_t i = 0; i < COUNTERS; i++) {
		ast_cli(fd, "  %-24s %llu\n", names[i], (unsigned long long) atomic_load(&counters[i]));
	}
}

static void show(int fd)
{
	struct config *config = config_get();
	size_t workers;
	size_t apps;

	show_connection(fd, config);
	if (config && !ast_strlen_zero(config->node)) {
		show_node(fd, config);
	}
	workers_count(&workers, &apps);
	ast_cli(fd, "Workers:     %zu of %zu applications\n", workers, apps);
	ast_cli(fd, "Queued:      %zu\n", outbox_count());
	ast_cli(fd, "Since the module was loaded:\n");
	show_counters(fd);
	ao2_cleanup(config);
}

static char *handle(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args)
{
	switch (cmd) {
	case CLI_INIT:
		entry->command = "broadcast show nats";
		entry->usage = "Usage: broadcast show nats\n"
					   "       Shows the connection to NATS, how many workers have said hello, and\n"
					   "       how many messages there were.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	default:
		break;
	}
	ast_module_ref(AST_MODULE_SELF);
	show(args->fd);
	ast_module_unref(AST_MODULE_SELF);
	return CLI_SUCCESS;
}

static struct ast_cli_entry entries[] = {
	AST_CLI_DEFINE(handle, "Show the connection to NATS, and the fleet"),
};

int cli_nats_start(void)
{
	return ast_cli_register_multiple(entries, ARRAY_LEN(entries));
}

void cli_nats_stop(void)
{
	ast_cli_unregister_multiple(entries, ARRAY_LEN(entries));
}
