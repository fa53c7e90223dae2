/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Loading and unloading: what is started in which order, and ended in the opposite one.
 */

#include "asterisk.h"

#include "about.h"
#include "asterisk/module.h"

#include "ami_actions.h"
#include "attach.h"
#include "cli.h"
#include "directory.h"
#include "dispatch/dispatch.h"
#include "gate.h"
#include "hold.h"
#include "line.h"
#include "observers_list.h"
#include "pin_module.h"
#include "queue_log.h"
#include "recent.h"
#include "settings.h"
#include "source.h"
#include "stats_store.h"

/*! In the order in which they hear of each step. */
static const struct broadcast_observer *const observers[] = {
	&line_observer,
	&debug_observer,
	&silence_observer,
	&stats_observer,
	&watchers_observer,
	&call_ended_observer,
	&ami_events_observer,
	&cel_observer,
	&queue_log_observer,
};

static int start_directory(const struct settings *settings)
{
	return directory_set_exclude(settings->exclude) || directory_set_watchers(settings->watchers) ||
			directory_add(&ari_applications)
		? -1
		: 0;
}

static void stop_directory(void)
{
	source_stop();
	directory_remove(&ari_applications);
	recent_forget();
	directory_forget();
	ari_applications_forget();
}

static int start_observers(void)
{
	int failed = line_start() | queue_log_start() | silence_start();

	for (size_t i = 0; i < ARRAY_LEN(observers); i++) {
		failed |= observers_add(observers[i]);
	}
	return failed;
}

static void stop_observers(void)
{
	for (size_t i = 0; i < ARRAY_LEN(observers); i++) {
		observers_remove(observers[i]);
	}
	silence_stop();
	queue_log_stop();
	line_stop();
}

/*! \brief End what start() has begun. */
static void stop(void)
{
	stop_observers();
	stats_forget();
	stop_directory();
	hold_forget();
	gate_destroy();
	settings_stop();
	app_filter_forget_all();
}

/*!
 * \brief Whether a module of ours that calls this one is loaded: a thread of it may be about to leave our code.
 *
 * Asterisk counts it as a use only if we were loaded first. Who upgrades unloads it before (docs/RUNNING.md). Asterisk's
 * own res_ari_events, whose claims count as no use either, stays at an upgrade and does not count here.
 */
static int is_caller_loaded(void)
{
	static const char *const callers[] = { "app_stasis_broadcast.so", "res_ari_broadcasts.so",
		"res_stasis_broadcast_nats.so" };

	for (size_t i = 0; i < ARRAY_LEN(callers); i++) {
		if (ast_module_check(callers[i])) {
			return 1;
		}
	}
	return 0;
}

static int unload_module(void)
{
	/* By force, threads may be in our functions, and channels refer to them. */
	int forced = module_is_in_use() || is_caller_loaded();

	ami_actions_stop();
	cli_stop();
	hold_stop();
	forced |= gate_close();
	/* Asked again: a manager's action that has left the gate still writes its list, from our code. */
	forced |= module_is_in_use();
	/* Channels that are being destroyed are going to call us. */
	forced |= detach_all();
	if (forced) {
		pin_module();
	}
	dispatch_stop();
	stop();
	return 0;
}

/*! \brief Start what the API needs, and let threads in. \retval 0 on success, else -1. */
static int start(void)
{
	struct settings settings;

	if (settings_start()) {
		return -1;
	}
	settings_get(&settings);
	stats_apply_settings(&settings);
	hold_start();
	if (!start_directory(&settings) && !start_observers() && !dispatch_start(settings.dispatch_threads)) {
		if (!gate_open()) {
			return 0;
		}
		dispatch_stop();
	}
	stop();
	return -1;
}

static int load_module(void)
{
	if (start()) {
		ast_log(LOG_ERROR, "No memory, or no thread to send events with: StasisBroadcast is not available\n");
		return AST_MODULE_LOAD_DECLINE;
	}
	if (ami_actions_start()) {
		ast_log(LOG_WARNING, "The manager actions of Stasis Broadcast are not available\n");
	}
	if (cli_start()) {
		ast_log(LOG_WARNING, "The commands of StasisBroadcast cannot be registered; all else works\n");
	}
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
	dispatch_set_threads(settings.dispatch_threads);
	stats_apply_settings(&settings);
	if (directory_set_exclude(settings.exclude) || directory_set_watchers(settings.watchers)) {
		ast_log(LOG_ERROR, "exclude or watchers stays as it was: out of memory. Reload again\n");
		return AST_MODULE_RELOAD_ERROR;
	}
	return AST_MODULE_RELOAD_SUCCESS;
}

AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_LOAD_ORDER, ABOUT("offers and claims"),
	.support_level = AST_MODULE_SUPPORT_EXTENDED, .load = load_module, .unload = unload_module,
	.reload = reload_module, .load_pri = AST_MODPRI_APP_DEPEND, .requires = "res_stasis", );
