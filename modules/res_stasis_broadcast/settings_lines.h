/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Lines of a configuration file that Asterisk only warns of, and goes on without them.
 *
 * Plain C: settings.c refuses a file that has one.
 */

#ifndef STASIS_BROADCAST_SETTINGS_LINES_H
#define STASIS_BROADCAST_SETTINGS_LINES_H

#include <stdio.h>

/*!
 * \brief Find a line that Asterisk would read over: no section, no setting, no directive that it knows; too
 *        long; or where a comment of several lines begins that never ends.
 *
 * \param file Open for reading; read to its end or to that line. What it includes is not looked at.
 * \param[out] reason What is wrong with the line, for the log; static.
 *
 * \return The line's number, from 1 on; 0 if there is none, -1 if the file cannot be read.
 *
 * \note Any thread; takes no lock.
 */
int settings_lines_find_broken(FILE *file, const char **reason);

#endif /* STASIS_BROADCAST_SETTINGS_LINES_H */
