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
#include "asterisk/utils.h"

#include "about.h"
#include "api_docs.h"
#include "broadcast_match.h"
#include "broadcast_stats.h"
#include "broadcasts.h"
#include "claim_path.h"
#include "compat.h"
#include "no_channel.h"
#include "request.h"
#include "pin_module.h"

/*! Whether our paths are there: also after an unload by force while requests were running. */
static int added;

/*! \brief Add the claim path, unless ARI has it. \retval 0 on success. */
static int add_claim_path(void)
{
	return compat_ari_has_claim_path() ? 0 : claim_path_add();
}

/*! \brief What is added, and in the opposite order removed. */
static const struct {
	int (*add)(void);
	/*! Does nothing if it was not added. */
	void (*remove)(void);
	const char *what;
} parts[] = {
	{ broadcasts_add, broadcasts_remove, "/ari/broadcasts" },
	{ broadcast_stats_add, broadcast_stats_remove, "/ari/broadcastStats" },
	{ broadcast_match_add, broadcast_match_remove, "/ari/broadcastMatch" },
	{ add_claim_path, claim_path_remove, "/ari/events/claim" },
	{ no_channel_add, no_channel_remove, "/ari/broadcasts//" },
	{ api_docs_add, api_docs_remove, "the paths below /ari/api-docs" },
};

/*! \brief Remove the first \a count parts. */
static void remove_parts(size_t count)
{
	while (count) {
		parts[--count].remove();
	}
}

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
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (parts[i].add()) {
			ast_log(LOG_ERROR, "Asterisk does not take %s: is res_ari.so running?\n", parts[i].what);
			remove_parts(i);
			return -1;
		}
	}

	added = 1;
	return 0;
}

static int unload_module(void)
{
	remove_parts(ARRAY_LEN(parts));
	added = 0;

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
