/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Loading and unloading: what is started in which order, and ended in the opposite one.
 */

#include "private.h"

#include "asterisk/module.h"
#include "stay_mapped.h"

static int unload_module(void)
{
	/* Threads that were woken are on their way out of our functions, or back into one. */
	int needed = api_close();

	/* Channels that are being destroyed are going to call us. */
	needed |= offer_leave_channels();
	if (needed) {
		stay_mapped();
	}
	dispatcher_stop();
	registry_destroy(broadcasts);
	broadcasts = NULL;
	apps_forget();
	app_filter_forget_all();
	return 0;
}

static int load_module(void)
{
	broadcasts = registry_create();
	if (!broadcasts) {
		return AST_MODULE_LOAD_DECLINE;
	}
	if (dispatcher_start()) {
		ast_log(LOG_ERROR, "No thread to send events with: StasisBroadcast is not available\n");
		registry_destroy(broadcasts);
		broadcasts = NULL;
		return AST_MODULE_LOAD_DECLINE;
	}
	api_open();
	return AST_MODULE_LOAD_SUCCESS;
}

AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_LOAD_ORDER, "Stasis application broadcast",
	.support_level = AST_MODULE_SUPPORT_EXTENDED, .load = load_module, .unload = unload_module,
	.load_pri = AST_MODPRI_APP_DEPEND, .requires = "res_stasis", );
