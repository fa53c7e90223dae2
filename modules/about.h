/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What our modules call themselves, for "module show" and the log.
 */

#ifndef STASIS_BROADCAST_ABOUT_H
#define STASIS_BROADCAST_ABOUT_H

#include "asterisk/logger.h"

/* Made when building, from VERSION and git. */
#include "version.h"

/*! \brief The description of a module. "module show" has room for 40 characters, so that the version comes first. */
#define ABOUT(what) "Stasis Broadcast " STASIS_BROADCAST_VERSION ": " what

/*!
 * \brief Log which module was loaded, so that it can be told from Asterisk's own of the same name.
 *
 * \param module The module's name without ".so".
 *
 * \note The thread that loads the module.
 */
static inline void about_loaded(const char *module)
{
	ast_verb(1, "%s.so is part of Stasis Broadcast " STASIS_BROADCAST_VERSION "\n", module);
}

#endif /* STASIS_BROADCAST_ABOUT_H */
