/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Names in subjects and URLs, and lines that say what happens.
 */

#ifndef FLEET_TEXT_H
#define FLEET_TEXT_H

#include <jansson.h>
#include <stddef.h>

/*!
 * \brief Write each byte of a text but letters, digits and a few as %XX, for a token of a subject or for a URL.
 *
 * \param[out] to Ends with a 0; what does not fit is left out.
 * \param keep What stays as it is besides letters and digits.
 * \return \a to
 */
char *text_quote(char *to, size_t size, const char *text, const char *keep);

/*! \brief The token of a name, as docs/FLEET.md has it. */
#define TOKEN_KEEPS "_:-"

/*! \brief What need not be quoted in a URL. */
#define URL_KEEPS "_-.~"

/*! \brief Say who we are, for all lines from now on. Both must stay. */
void tell_as(const char *app, const char *worker);

/*!
 * \brief Write what happened as a line of JSON to standard output.
 *
 * \param format As json_pack() has it, the inside of an object: "s:s", "channel", id. All of it is quoted: a
 * caller chooses what is in it.
 */
void tell(const char *event, const char *format, ...);

/*! \brief A member that is a string, or an empty one. Belongs to the object. */
const char *text_of(const json_t *object, const char *name);

#endif
