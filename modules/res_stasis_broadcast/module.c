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

#include "about.h"
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
	settings_stop();
	apps_forget();
	app_filter_forget_all();
	return 0;
}

/*! \brief Start what the API needs. \retval 0 on success, else -1. */
static int start(void)
{
	struct settings settings;

	if (settings_start()) {
		return -1;
	}
	settings_get(&settings);
	broadcasts = registry_create();
	if (broadcasts && !dispatcher_start(settings.dispatch_threads)) {
		return 0;
	}
	registry_destroy(broadcasts);
	broadcasts = NULL;
	settings_stop();
	return -1;
}

static int load_module(void)
{
	if (start()) {
		ast_log(LOG_ERROR, "No memory, or no thread to send events with: StasisBroadcast is not available\n");
		return AST_MODULE_LOAD_DECLINE;
	}
	api_open();
	about_loaded(AST_MODULE);
	return AST_MODULE_LOAD_SUCCESS;
}

static int reload_module(void)
{
	struct settings settings;

	if (settings_read()) {
		return AST_MODULE_RELOAD_ERROR;
	}
	settings_get(&settings);
	dispatcher_set_threads(settings.dispatch_threads);
	return AST_MODULE_RELOAD_SUCCESS;
}

AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_LOAD_ORDER, ABOUT("offers and claims"),
	.support_level = AST_MODULE_SUPPORT_EXTENDED, .load = load_module, .unload = unload_module,
	.reload = reload_module, .load_pri = AST_MODPRI_APP_DEPEND, .requires = "res_stasis", );
