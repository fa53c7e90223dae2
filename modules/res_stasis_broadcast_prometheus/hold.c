/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Keeping the code of the provider where it is while a scrape is in it.
 *
 * A provider that was there before us has Asterisk's reference of ours: it is unloaded by force only, and stays in memory
 * then, as any provider of ours that was unloaded by force. One that was loaded after us has no such reference. It can be
 * unloaded politely at the moment when a scrape has read the address of its function.
 */

#include "asterisk.h"

#include <dlfcn.h>

#include "asterisk/module.h"
#include "asterisk/paths.h"

#include "hold.h"

#define PROVIDER "res_stasis_broadcast.so"

/*! Whether its code stays. Written when the module is loaded, and by scrapes, of which there is one at a time. */
static int held;

void hold_begin(void)
{
	held = ast_module_check(PROVIDER);
}

int hold_provider(void)
{
	char path[PATH_MAX];
	void *handle;

	if (held) {
		return 0;
	}
	snprintf(path, sizeof(path), "%s/" PROVIDER, ast_config_AST_MODULE_DIR);
	handle = dlopen(path, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
	if (!handle) {
		return -1;
	}
	dlclose(handle);
	held = 1;
	return 0;
}
