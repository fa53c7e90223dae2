/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief For a module that is unloaded by force while threads are in it.
 */

#ifndef STASIS_BROADCAST_STAY_MAPPED_H
#define STASIS_BROADCAST_STAY_MAPPED_H

#include <dlfcn.h>

/*!
 * \brief Keep this module's code where it is until Asterisk ends, even if it is unloaded.
 *
 * A thread that is about to leave a function of ours, or has just read its address, must not find the
 * code gone. The module can be loaded again; only a new version of the file then needs a restart of
 * Asterisk.
 *
 * \note The thread that unloads the module.
 */
static inline void stay_mapped(void)
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

#endif /* STASIS_BROADCAST_STAY_MAPPED_H */
