/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Text from a request or the dialplan, made fit for a log line.
 *
 * Plain C and header-only, for everything that logs. A control character in a log can forge lines and
 * steer the administrator's terminal.
 */

#ifndef STASIS_BROADCAST_PRINTABLE_H
#define STASIS_BROADCAST_PRINTABLE_H

#include <stddef.h>
#include <string.h>

/*! \brief Room for a text in a log line; what is longer is cut. */
#define PRINTABLE_SIZE 128

/*!
 * \brief Copy a text with everything but printable ASCII written as \c \\xNN.
 *
 * \param text The text; NULL counts as "".
 * \param buf Where to put it.
 * \param size Size of \a buf in bytes, at least 8. A text that does not fit is cut and ends in "...".
 *
 * \return \a buf.
 *
 * \note Any thread; takes no lock.
 */
static inline const char *printable(const char *text, char *buf, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	static const char more[] = "...";
	const size_t room = size - sizeof(more);
	size_t used = 0;
	size_t whole = 0;

	for (; text && *text; text++) {
		const unsigned char byte = (unsigned char) *text;
		const int plain = byte >= 0x20 && byte < 0x7f;

		if (used + (plain ? 1 : 4) >= size) {
			memcpy(buf + whole, more, sizeof(more));
			return buf;
		}
		if (plain) {
			buf[used++] = (char) byte;
		} else {
			buf[used++] = '\\';
			buf[used++] = 'x';
			buf[used++] = hex[byte >> 4];
			buf[used++] = hex[byte & 0x0f];
		}
		if (used <= room) {
			whole = used;
		}
	}

	buf[used] = '\0';
	return buf;
}

#endif /* STASIS_BROADCAST_PRINTABLE_H */
