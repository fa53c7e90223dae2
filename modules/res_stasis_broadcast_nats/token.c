/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Names as tokens of a subject. Plain C.
 */

#include "token.h"

#include <string.h>

static const char digits[] = "0123456789ABCDEF";

/*! \brief Whether a byte is written as it is. Not isalnum(): that asks the locale. */
static int is_plain(unsigned char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
		byte == '_' || byte == ':' || byte == '-';
}

int token_write(const char *name, char token[TOKEN_SIZE])
{
	const size_t length = strlen(name);
	char *next = token;

	*token = '\0';
	if (!length || length > TOKEN_MAX_NAME) {
		return -1;
	}
	for (; *name; name++) {
		const unsigned char byte = (unsigned char) *name;

		if (is_plain(byte)) {
			*next++ = (char) byte;
		} else {
			*next++ = '%';
			*next++ = digits[byte >> 4];
			*next++ = digits[byte & 0x0f];
		}
	}
	*next = '\0';
	return 0;
}

/*! \brief The value of a digit; -1 for anything else. */
static int digit_value(char digit)
{
	const char *found = digit ? strchr(digits, digit) : NULL;

	return found ? (int) (found - digits) : -1;
}

/*! \brief Read a byte that is written as %XX. \return The byte; 0 if it is not, or should not be. */
static unsigned char read_escaped(const char *token, size_t left)
{
	int high = left >= 3 ? digit_value(token[1]) : -1;
	int low = left >= 3 ? digit_value(token[2]) : -1;
	unsigned char byte = high < 0 || low < 0 ? 0 : (unsigned char) (high << 4 | low);

	return is_plain(byte) ? 0 : byte;
}

int token_read(const char *token, size_t length, char name[TOKEN_MAX_NAME + 1])
{
	size_t used = 0;

	for (size_t i = 0; i < length; used++) {
		const int is_escaped = token[i] == '%';
		const unsigned char byte =
			is_escaped ? read_escaped(token + i, length - i) : (unsigned char) token[i];

		if (used == TOKEN_MAX_NAME || !byte || (!is_escaped && !is_plain(byte))) {
			return -1;
		}
		name[used] = (char) byte;
		i += is_escaped ? 3 : 1;
	}
	name[used] = '\0';
	return used ? 0 : -1;
}
