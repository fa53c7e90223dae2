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

/*! \brief Append with every byte percent-encoded but letters, digits and those of \a kept. */
static void add_quoted(struct text *text, const char *string, const char *kept)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *string && !text->truncated; string++) {
		unsigned char c = (unsigned char) *string;

		if (isalnum(c) || strchr(kept, c)) {
			text_add_bytes(text, string, 1);
		} else {
			text_add_bytes(text, (char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
		}
	}
}

void text_add_url(struct text *text, const char *string)
{
	add_quoted(text, string, "-._~");
}

void text_add_token(struct text *text, const char *string)
{
	add_quoted(text, string, "_:-");
}

/*!
 * \brief Read one character of UTF-8.
 * \return its number of bytes, or 0 if the bytes are none: too long a form, a surrogate, over U+10FFFF, cut.
 */
static size_t utf8_decode(const char *string, unsigned int *code)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *at = (const unsigned char *) string;
	size_t len = at[0] < 0x80 ? 1 : at[0] >> 5 == 6 ? 2 : at[0] >> 4 == 14 ? 3 : at[0] >> 3 == 30 ? 4 : 0;

	*code = len > 1 ? at[0] & (0x7fU >> len) : at[0];
	for (size_t i = 1; i < len; i++) {
		if (at[i] >> 6 != 2) {
			return 0; /* the NUL at the end, too */
		}
		*code = *code << 6 | (at[i] & 0x3fU);
	}
	return len && *code >= least[len] && *code <= 0x10ffff && *code >> 11 != 0x1b ? len : 0;
}

bool text_is_utf8(const char *string)
{
	unsigned int code;
	size_t len;

	while (*string && (len = utf8_decode(string, &code))) {
		string += len;
	}
	return !*string;
}

/*! \brief Append one character by its number, as JSON writes it; all of it or nothing. */
static void add_json_character(struct text *text, unsigned int code)
{
	if (code == '"' || code == '\\') {
		text_add_bytes(text, (char[]){ '\\', (char) code }, 2);
	} else if (code >= 0x20 && code < 0x7f) {
		text_add_bytes(text, (char[]){ (char) code }, 1);
	} else if (code < 0x10000) {
		text_addf(text, "\\u%04x", code);
	} else {
		code -= 0x10000;
		text_addf(text, "\\u%04x\\u%04x", 0xd800 + (code >> 10), 0xdc00 + (code & 0x3ff));
	}
}

void text_add_json(struct text *text, const char *string)
{
	while (*string && !text->truncated) {
		unsigned int code;
		size_t len = utf8_decode(string, &code);

		if (len) {
			add_json_character(text, code);
		} else {
			text_addf(text, "\\\\x%02x", (unsigned int) (unsigned char) *string);
		}
		string += len ? len : 1;
	}
}

void text_add_printable(struct text *text, const char *string)
{
	for (; *string && !text->truncated; string++) {
		unsigned char c = (unsigned char) *string;

		if (c >= 0x20 && c < 0x7f) {
			text_add_bytes(text, string, 1);
		} else {
			text_addf(text, "\\x%02x", c);
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
