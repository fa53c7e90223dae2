/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The settings of stasis_broadcast.conf: all of the file, or nothing of it.
 */

#ifndef RES_STASIS_BROADCAST_SETTINGS_H
#define RES_STASIS_BROADCAST_SETTINGS_H

#include <limits.h>

#include "settings_values.h"

/*! \brief Where the value of a setting comes from. */
struct settings_origin {
	/*! The file, stasis_broadcast.conf or one that it includes. */
	char file[NAME_MAX + 1];
	/*! The line in it; 0: in none, the default holds. */
	int line;
};

/*!
 * \brief Make the settings, from the file or, if there is none or it is wrong, from the defaults.
 *
 * \retval 0 on success, -1 if memory ran out.
 *
 * \note Called by the thread that loads the module. What is wrong with the file is in the log then.
 */
int settings_start(void);

/*! \brief Forget them. Called by the thread that unloads the module, after gate_close(). */
void settings_stop(void);

/*!
 * \brief Read the file again.
 *
 * \retval 0 on success, -1 if something in it is wrong: the log says which line, and nothing has changed.
 *
 * \note One thread at a time, as Asterisk does for a module's reload.
 */
int settings_read(void);

/*! \brief The settings as they are now. Any thread; takes the read side of a lock of Asterisk's. */
void settings_get(struct settings *settings);

/*! \brief Where the value of a setting comes from. \param index As of settings_name(). Locks as settings_get(). */
void settings_get_origin(size_t index, struct settings_origin *origin);

#endif /* RES_STASIS_BROADCAST_SETTINGS_H */
