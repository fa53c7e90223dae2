/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief TestQueue(hex,timeout,filter): offers the call in a queue whose name is any bytes, for tests.
 */

#include "asterisk.h"

#include "asterisk/app.h"
#include "asterisk/module.h"
#include "asterisk/pbx.h"
#include "asterisk/stasis_app_broadcast.h"

#include "res_stasis_broadcast/internal_api.h"

static const char name[] = "TestQueue";

/*! \brief The bytes of a text of hexadecimal digits, with a 0 behind them. */
static char *bytes(char *hex)
{
	unsigned int byte;
	size_t length = 0;

	for (; sscanf(hex + 2 * length, "%2x", &byte) == 1; length++) {
		hex[length] = (char) byte;
	}
	hex[length] = '\0';
	return hex;
}

static int exec(struct ast_channel *chan, const char *data)
{
	struct stasis_broadcast_outcome outcome = { .serial = 0 };
	struct stasis_broadcast_request request = { .timeout_ms = 0 };
	char *parse = ast_strdupa(data);

	AST_DECLARE_APP_ARGS(args, AST_APP_ARG(queue); AST_APP_ARG(timeout); AST_APP_ARG(filter););

	AST_STANDARD_APP_ARGS(args, parse);
	request.queue = bytes(args.queue);
	request.timeout_ms = atoi(args.timeout);
	request.app_filter = args.filter;
	stasis_broadcast_run(chan, &request, &outcome);
	ast_free(outcome.winner);
	stasis_broadcast_end(&outcome);
	return -1;
}

static int unload_module(void)
{
	return ast_unregister_application(name);
}

static int load_module(void)
{
	return ast_register_application(name, exec, "Test", "TestQueue(hex,timeout,filter)")
		? AST_MODULE_LOAD_DECLINE
		: AST_MODULE_LOAD_SUCCESS;
}

/* clang-format off */
AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_DEFAULT, "Offers in queues of any name",
	.support_level = AST_MODULE_SUPPORT_EXTENDED,
	.load = load_module,
	.unload = unload_module,
	.optional_modules = "res_stasis_broadcast",
);
