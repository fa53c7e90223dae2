/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A text as JSON has it. Plain C.
 */

#ifndef RES_STASIS_BROADCAST_NATS_JSON_TEXT_H
#define RES_STASIS_BROADCAST_NATS_JSON_TEXT_H

#include <stdio.h>

/*! \brief Room for a text of at most \a length bytes, with its quotes and a NUL. */
#define JSON_TEXT_SIZE(length) (6 * (length) + 3)

/*!
 * \brief Write a text with its quotes.
 *
 * \param text In UTF-8.
 * \param[out] json Room of JSON_TEXT_SIZE() of its length.
 *
 * \return How long it is, in bytes.
 */
static inline size_t json_text(const char *text, char *json)
{
	char *next = json;

	*next++ = '"';
	for (; *text; text++) {
		const unsigned char byte = (unsigned char) *text;

		if (byte == '"' || byte == '\\') {
			*next++ = '\\';
			*next++ = (char) byte;
		} else if (byte < 0x20) {
			next += snprintf(next, 7, "\\u%04x", byte);
		} else {
			*next++ = (char) byte;
		}
	}
	*next++ = '"';
	*next = '\0';
	return (size_t) (next - json);
}

#endif /* RES_STASIS_BROADCAST_NATS_JSON_TEXT_H */
