/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The CLI command "heap show": how much of Asterisk's memory is in use, to the byte. What the
 * system sees of it depends on how free memory happens to be cut up.
 */

/* Before Asterisk's headers, which forbid the names in it. */
#include <malloc.h>

#include "asterisk.h"

#include "asterisk/cli.h"
#include "asterisk/module.h"

static char *heap_show(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args)
{
	struct mallinfo2 use;

	switch (cmd) {
	case CLI_INIT:
		entry->command = "heap show";
		entry->usage = "Usage: heap show\n       Bytes that the C library's allocator has given out.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	/* All arenas, and what is too large for one. */
	use = mallinfo2();
	ast_cli(args->fd, "%zu bytes in use\n", use.uordblks + use.hblkhd);
	return CLI_SUCCESS;
}

static struct ast_cli_entry commands[] = {
	AST_CLI_DEFINE(heap_show, "Memory in use"),
};

static int unload_module(void)
{
	return ast_cli_unregister_multiple(commands, ARRAY_LEN(commands));
}

static int load_module(void)
{
	return ast_cli_register_multiple(commands, ARRAY_LEN(commands)) ? AST_MODULE_LOAD_DECLINE
																	: AST_MODULE_LOAD_SUCCESS;
}

AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_DEFAULT, "Memory in use",
	.support_level = AST_MODULE_SUPPORT_EXTENDED, .load = load_module, .unload = unload_module, );
