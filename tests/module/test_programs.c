/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What a hostile module would do, for the tests of the sandbox: start a program, and leave a
 * process behind.
 */

#include "asterisk.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asterisk/cli.h"
#include "asterisk/module.h"

extern char **environ;

static char *programs_start(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args)
{
	pid_t child;
	int error;

	switch (cmd) {
	case CLI_INIT:
		entry->command = "programs start";
		entry->usage =
			"Usage: programs start <program> <argument>\n       Start a program and wait for it.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (args->argc != 4) {
		return CLI_SHOWUSAGE;
	}
	error = posix_spawn(&child, args->argv[2], NULL, NULL,
		(char *[]){ (char *) args->argv[2], (char *) args->argv[3], NULL }, environ);
	if (!error) {
		/* Asterisk may have waited for it already. */
		waitpid(child, NULL, 0);
	}
	ast_cli(args->fd, "%s: %s\n", args->argv[2], error ? strerror(error) : "started");
	return CLI_SUCCESS;
}

/*! \brief In a process of its own: a session of its own, a parent that has gone, and no file that others wait for. */
static void stay(void)
{
	int fd;

	setsid();
	for (fd = 0; fd < 1024; fd++) {
		close(fd);
	}
	if (fork()) {
		_exit(0);
	}
	for (;;) {
		pause();
	}
}

static char *programs_leave(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args)
{
	pid_t child;

	switch (cmd) {
	case CLI_INIT:
		entry->command = "programs leave";
		entry->usage = "Usage: programs leave\n       Leave a process behind.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	child = fork();
	if (!child) {
		stay();
	}
	waitpid(child, NULL, 0);
	ast_cli(args->fd, "left\n");
	return CLI_SUCCESS;
}

static struct ast_cli_entry commands[] = {
	AST_CLI_DEFINE(programs_start, "Start a program"),
	AST_CLI_DEFINE(programs_leave, "Leave a process behind"),
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

AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_DEFAULT, "Programs and processes",
	.support_level = AST_MODULE_SUPPORT_EXTENDED, .load = load_module, .unload = unload_module, );
