/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Keeping the code of others where it is while somebody needs it.
 *
 * A provider that was there before us has Asterisk's reference of ours: it is unloaded by force only, and stays in memory
 * then, as any provider of ours that was unloaded by force. One that was loaded after us has no such reference. It can be
 * unloaded politely at the moment when a scrape has read the address of its function.
 */

#include "asterisk.h"

#include <dlfcn.h>

#include "asterisk/module.h"
#include "asterisk/paths.h"
#include "asterisk/res_prometheus.h"

#include "hold.h"

#define PROVIDER "res_stasis_broadcast.so"

/*! Whether its code stays. Written when the module is loaded, and by scrapes, of which there is one at a time. */
static int held;

void hold_begin(void)
{
	held = ast_module_check(PROVIDER);
}

/*! \brief Keep the code of a module that is loaded until Asterisk ends. \retval 0 on success, -1 if it is not there. */
static int pin(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);

	return handle ? dlclose(handle) : -1;
}

int hold_provider(void)
{
	char path[PATH_MAX];

	if (!held) {
		snprintf(path, sizeof(path), "%s/" PROVIDER, ast_config_AST_MODULE_DIR);
		held = !pin(path);
	}
	return held ? 0 : -1;
}

void hold_prometheus(void)
{
	Dl_info info;

	if (dladdr((void *) prometheus_callback_register, &info)) {
		pin(info.dli_fname);
	}
}
