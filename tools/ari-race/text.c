/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Text that grows inside a buffer of fixed size, and the encodings that requests need.
 */

#include "text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_init(struct text *text, char *buf, size_t size)
{
	text->buf = buf;
	text->len = 0;
	text->size = size;
	text->truncated = false;
	buf[0] = '\0';
}

void text_add_bytes(struct text *text, const char *bytes, size_t len)
{
	if (len >= text->size - text->len) {
		text->truncated = true;
		return;
	}
	memcpy(text->buf + text->len, bytes, len);
	text->len += len;
	text->buf[text->len] = '\0';
}

void text_add(struct text *text, const char *string)
{
	text_add_bytes(text, string, strlen(string));
}

void text_addf(struct text *text, const char *format, ...)
{
	size_t room = text->size - text->len;
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(text->buf + text->len, room, format, ap);
	va_end(ap);
	if (len < 0 || (size_t) len >= room) {
		text->buf[text->len] = '\0';
		text->truncated = true;
		return;
	}
	text->len += (size_t) len;
}

void text_add_url(struct text *text, const char *string)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *string; string++) {
		unsigned char c = (unsigned char) *string;

		if (isalnum(c) || strchr("-._~", c)) {
			text_add_bytes(text, string, 1);
		} else {
			text_add_bytes(text, (char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
		}
	}
}

void text_add_json(struct text *text, const char *string)
{
	for (; *string; string++) {
		unsigned char c = (unsigned char) *string;

		if (c == '"' || c == '\\') {
			text_add_bytes(text, (char[]){ '\\', (char) c }, 2);
		} else if (c < 0x20) {
			text_addf(text, "\\u%04x", c);
		} else {
			text_add_bytes(text, string, 1);
		}
	}
}

void text_add_base64(struct text *text, const char *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = (const unsigned char *) bytes;

	for (size_t i = 0; i < len; i += 3) {
		unsigned int triple = (unsigned int) in[i] << 16;
		char out[4];

		triple |= i + 1 < len ? (unsigned int) in[i + 1] << 8 : 0;
		triple |= i + 2 < len ? in[i + 2] : 0;
		out[0] = digits[triple >> 18];
		out[1] = digits[triple >> 12 & 63];
		out[2] = i + 1 < len ? digits[triple >> 6 & 63] : '=';
		out[3] = i + 2 < len ? digits[triple & 63] : '=';
		text_add_bytes(text, out, sizeof(out));
	}
}
