/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief TestQueue(hex,timeout,filter): offers the call in a queue whose name is any bytes. TestApps(prefix,count):
 * offers it to so many applications, one after the other, each of which comes and goes.
 */

#include "asterisk.h"

#include "asterisk/app.h"
#include "asterisk/module.h"
#include "asterisk/pbx.h"
#include "asterisk/stasis_app.h"
#include "asterisk/stasis_app_broadcast.h"

#include "res_stasis_broadcast/internal_api.h"

static const char queue_name[] = "TestQueue";
static const char apps_name[] = "TestApps";

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

static int queue_exec(struct ast_channel *chan, const char *data)
{
	struct stasis_broadcast_outcome outcome = { .serial = 0 };
	struct stasis_broadcast_request request = { .timeout_ms = 0 };
	const struct stasis_broadcast_session none = { .has_begun = 0 };
	char *parse = ast_strdupa(data);

	AST_DECLARE_APP_ARGS(args, AST_APP_ARG(queue); AST_APP_ARG(timeout); AST_APP_ARG(filter););

	AST_STANDARD_APP_ARGS(args, parse);
	request.queue = bytes(args.queue);
	request.timeout_ms = atoi(args.timeout);
	request.app_filter = args.filter;
	stasis_broadcast_run(chan, &request, &outcome);
	ast_free(outcome.winner);
	stasis_broadcast_end(&outcome, &none);
	return -1;
}

static void ignore(void *data attribute_unused, const char *app_name attribute_unused,
	struct ast_json *message attribute_unused)
{
}

static int apps_exec(struct ast_channel *chan, const char *data)
{
	char *parse = ast_strdupa(data);
	char app[64];

	AST_DECLARE_APP_ARGS(args, AST_APP_ARG(prefix); AST_APP_ARG(count););

	AST_STANDARD_APP_ARGS(args, parse);
	for (int i = 0; i < atoi(args.count); i++) {
		snprintf(app, sizeof(app), "%s%05d", args.prefix, i);
		stasis_app_register(app, ignore, NULL);
		stasis_app_broadcast_channel(chan, 1, app, STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED);
		stasis_app_unregister(app);
	}
	stasis_app_broadcast_cleanup(ast_channel_uniqueid(chan));
	return -1;
}

static int unload_module(void)
{
	return ast_unregister_application(queue_name) | ast_unregister_application(apps_name);
}

static int load_module(void)
{
	if (ast_register_application(queue_name, queue_exec, "Test", "TestQueue(hex,timeout,filter)") ||
		ast_register_application(apps_name, apps_exec, "Test", "TestApps(prefix,count)")) {
		return AST_MODULE_LOAD_DECLINE;
	}
	return AST_MODULE_LOAD_SUCCESS;
}

/* clang-format off */
AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_DEFAULT, "Offers in queues and to applications of any name",
	.support_level = AST_MODULE_SUPPORT_EXTENDED,
	.load = load_module,
	.unload = unload_module,
	.requires = "res_stasis",
	.optional_modules = "res_stasis_broadcast",
);
