/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Loading and unloading of the REST resource for broadcasts.
 */

/*** MODULEINFO
	<depend type="module">res_ari</depend>
	<use type="module">res_stasis_broadcast</use>
	<support_level>extended</support_level>
 ***/

#include "asterisk.h"

#include "asterisk/module.h"

#include "about.h"
#include "api_docs.h"
#include "broadcast_stats.h"
#include "broadcasts.h"
#include "claim_path.h"
#include "compat.h"
#include "no_channel.h"
#include "request.h"
#include "pin_module.h"

/*! Whether our paths are there: also after an unload by force while requests were running. */
static int added;

/*! \brief Take all paths away; those that are not there do not matter. */
static void remove_all(void)
{
	api_docs_remove();
	no_channel_remove();
	claim_path_remove();
	broadcast_stats_remove();
	broadcasts_remove();
	added = 0;
}

/*! \brief Add the paths. \retval 0 on success; else some may be there. */
static int add_all(void)
{
	if (broadcasts_add()) {
		ast_log(LOG_ERROR, "ARI does not take the resource /ari/broadcasts: is res_ari.so running?\n");
		return -1;
	}
	if (broadcast_stats_add()) {
		ast_log(LOG_ERROR, "ARI does not take the resource /ari/broadcastStats: is res_ari.so running?\n");
		return -1;
	}
	if (!compat_ari_has_claim_path() && claim_path_add()) {
		ast_log(LOG_ERROR, "The HTTP server does not take the path /ari/events/claim\n");
		return -1;
	}
	if (no_channel_add()) {
		ast_log(LOG_ERROR, "The HTTP server does not take the path /ari/broadcasts//\n");
		return -1;
	}
	if (api_docs_add()) {
		ast_log(LOG_ERROR, "The HTTP server does not take our paths below /ari/api-docs\n");
		return -1;
	}
	return 0;
}

/*! \brief Add all paths, or none. \retval 0 on success, also if they are there. */
static int add(void)
{
	if (added) {
		return 0;
	}
	if (!compat_ari_is_as_built()) {
		ast_log(LOG_ERROR,
			"This module was built for another version of Asterisk: build it with the headers of this one "
			"and install it again\n");
		return -1;
	}
	if (add_all()) {
		remove_all();
		return -1;
	}
	added = 1;
	return 0;
}

static int unload_module(void)
{
	remove_all();

	/* No request begins any more. One that still runs needs our code, and may wait for a slow client. */
	if (request_count()) {
		/* "module unload -h" does not take no for an answer. */
		pin_module();
		ast_log(LOG_WARNING, "Not unloaded, requests are being answered: try again\n");
		add();
		return -1;
	}

	return 0;
}

static int load_module(void)
{
	if (add()) {
		return AST_MODULE_LOAD_DECLINE;
	}

	about_loaded(AST_MODULE);
	request_check_provider();
	return AST_MODULE_LOAD_SUCCESS;
}

/* clang-format off */
AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_DEFAULT, ABOUT("REST resource"),
	.support_level = AST_MODULE_SUPPORT_EXTENDED,
	.load = load_module,
	.unload = unload_module,
	.requires = "res_ari",
	.optional_modules = "res_stasis_broadcast",
);
