/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Loading, unloading and reloading of the fleet: offers on NATS, and claims from it (docs/FLEET.md).
 */

/*** MODULEINFO
	<depend type="module">res_stasis_broadcast</depend>
	<support_level>extended</support_level>
 ***/

#include "asterisk.h"

#include "asterisk/astobj2.h"
#include "asterisk/module.h"
#include "asterisk/strings.h"

#include "about.h"
#include "awards.h"
#include "cli.h"
#include "config.h"
#include "config_values.h"
#include "counters.h"
#include "namesake.h"
#include "nonce.h"
#include "offers.h"
#include "outbox.h"
#include "provider.h"
#include "publisher.h"
#include "res_stasis_broadcast/source_api.h"
#include "workers.h"

atomic_uint_least64_t counters[COUNTERS];

/*! \brief Say so if the fleet is off. */
static void tell_off(const struct config *config)
{
	if (ast_strlen_zero(config->node)) {
		ast_log(LOG_NOTICE, "Fleet: off, as stasis_broadcast_nats.conf has no node and no ari\n");
	}
}

/*! \brief Have settings from now on. What of them the connection needs, it has when it is made. */
static void use(struct config *config)
{
	config_set(config);
	outbox_set_limit((size_t) config->queue);
}

/*! \brief Have settings that were read. \param config Taken. */
static void apply(struct config *config)
{
	struct config *before = config_get();
	const int is_same = before && config_connects_alike(before, config);

	use(config);
	tell_off(config);
	if (before && strcmp(before->node, config->node)) {
		namesake_forget();
	}
	if (!is_same) {
		outbox_reconnect();
	}
	ao2_cleanup(before);
	ao2_ref(config, -1);
}

/*! \brief End what start() has begun. The connection goes first: then nobody asks, and nobody is told. */
static void stop(void)
{
	publisher_stop();
	stasis_broadcast_source_remove(&fleet_source);
	awards_forget();
	offers_forget();
	workers_stop();
	config_set(NULL);
}

/*! \brief Begin with nothing counted: what is in our memory may be of the last load, since the linker keeps us in it. */
static void start_counting(void)
{
	for (size_t i = 0; i < COUNTERS; i++) {
		atomic_store(&counters[i], 0);
	}
	namesake_forget();
}

static int start(struct config *config)
{
	start_counting();
	nonce_start();
	use(config);
	if (workers_start() || stasis_broadcast_source_add(&fleet_source)) {
		return -1;
	}
	return publisher_start();
}

static int unload_module(void)
{
	cli_nats_stop();
	stop();
	return 0;
}

static int load_module(void)
{
	struct config *config;
	int said = 0;

	provider_check(&said, "there is no fleet");
	if (said) {
		return AST_MODULE_LOAD_DECLINE;
	}
	config = config_read();
	if (!config) {
		return AST_MODULE_LOAD_DECLINE;
	}
	if (start(config)) {
		ast_log(LOG_ERROR, "Fleet: no memory, or no thread to publish with: it is not available\n");
		stop();
		ao2_ref(config, -1);
		return AST_MODULE_LOAD_DECLINE;
	}
	outbox_reconnect();
	tell_off(config);
	ao2_ref(config, -1);
	if (cli_nats_start()) {
		ast_log(
			LOG_WARNING, "Fleet: the command \"broadcast show nats\" cannot be registered; all else works\n");
	}
	about_loaded(AST_MODULE);
	return AST_MODULE_LOAD_SUCCESS;
}

static int reload_module(void)
{
	struct config *config = config_read();

	if (!config) {
		return AST_MODULE_RELOAD_ERROR;
	}
	/* It may have been loaded again by force. */
	if (stasis_broadcast_source_add(&fleet_source)) {
		ast_log(LOG_ERROR, "Fleet: res_stasis_broadcast is not loaded: load it, and reload this module\n");
		ao2_ref(config, -1);
		return AST_MODULE_RELOAD_ERROR;
	}
	apply(config);
	workers_tell_again();
	return AST_MODULE_RELOAD_SUCCESS;
}

AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_LOAD_ORDER, ABOUT("the fleet, on NATS"),
	.support_level = AST_MODULE_SUPPORT_EXTENDED, .load = load_module, .unload = unload_module,
	.reload = reload_module, .load_pri = AST_MODPRI_DEFAULT, .requires = "res_stasis_broadcast", );
