/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_TERMINAL_H
#define ARI_RACE_TERMINAL_H

/*! \file
 * \brief What the user sees. Text of the server passes through here, so that it can neither forge a line
 * nor steer the terminal.
 */

#include <stdarg.h>
#include <stdio.h>

/*! \brief Room for a line; what is longer is cut. */
#define TERMINAL_LINE_SIZE 2048

/*!
 * \brief Write a line to standard error, with "ari-race: " before it.
 * \param format As of printf(); what comes out is escaped as text_add_printable() does it.
 */
void terminal_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*! \brief The same for a list of arguments. */
void terminal_warn_list(const char *format, va_list ap) __attribute__((format(printf, 1, 0)));

/*! \brief Write a string to \a file, escaped; what is longer than TERMINAL_LINE_SIZE is cut. */
void terminal_put(FILE *file, const char *string);

#endif /* ARI_RACE_TERMINAL_H */
