/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Lines of a configuration file that say nothing. Asterisk only warns of these and goes on without them.
 *
 * Plain C: settings.c refuses a file that has one.
 */

#ifndef STASIS_BROADCAST_SETTINGS_LINES_H
#define STASIS_BROADCAST_SETTINGS_LINES_H

#include <stdio.h>

/*!
 * \brief Find a line that is no section, no directive, no comment, and has no "=".
 *
 * \param file Open for reading; read to its end or to that line.
 *
 * \return The line's number, from 1 on; 0 if there is none.
 *
 * \note Any thread; takes no lock. Within a comment of several lines, ";-- ... --;", nothing is looked at.
 */
int settings_lines_find_broken(FILE *file);

#endif /* STASIS_BROADCAST_SETTINGS_LINES_H */
