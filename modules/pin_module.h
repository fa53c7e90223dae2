/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief For a module that is unloaded by force while threads are in it, or have just left it.
 */

#ifndef STASIS_BROADCAST_PIN_MODULE_H
#define STASIS_BROADCAST_PIN_MODULE_H

#include <dlfcn.h>
#include <string.h>

#include "asterisk/module.h"

/*! \brief Note the use count of this module; the list that is asked has others whose names are longer. */
static inline int pin_module_note_use(const char *module, const char *description attribute_unused,
	int usecnt, const char *status attribute_unused, const char *like attribute_unused,
	enum ast_module_support_level level attribute_unused, void *data)
{
	if (!strcmp(module, AST_MODULE ".so")) {
		*(int *) data = usecnt;
	}
	return 0;
}

/*!
 * \brief Whether this module is in use: if it is asked to unload nevertheless, that is by force.
 *
 * \note The thread that unloads the module.
 */
static inline int module_is_in_use(void)
{
	int uses = 0;

	ast_update_module_list_data(pin_module_note_use, AST_MODULE ".so", &uses);
	return uses > 0;
}

/*!
 * \brief Keep this module's code where it is until Asterisk ends, even if it is unloaded.
 *
 * A thread that is about to leave a function of ours, or has just read its address, must not find the code gone. No
 * count inside the code can tell that a thread has left it. The module can be loaded again; only a new version of the
 * file then needs a restart of Asterisk.
 *
 * \note The thread that unloads the module.
 */
static inline void pin_module(void)
{
	static const char here;
	Dl_info info;
	void *handle;

	if (dladdr(&here, &info)) {
		handle = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
		if (handle) {
			dlclose(handle);
		}
	}
}

#endif /* STASIS_BROADCAST_PIN_MODULE_H */
