/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the user sees, escaped.
 */

#include "terminal.h"
#include "text.h"

void terminal_put(FILE *file, const char *string)
{
	char buf[TERMINAL_LINE_SIZE];
	struct text text;

	text_init(&text, buf, sizeof(buf));
	text_add_printable(&text, string);
	fputs(text.buf, file);
	if (text.truncated) {
		fputs("...", file);
	}
}

void terminal_warn_list(const char *format, va_list ap)
{
	char buf[TERMINAL_LINE_SIZE];

	vsnprintf(buf, sizeof(buf), format, ap);
	fputs("ari-race: ", stderr);
	terminal_put(stderr, buf);
	fputc('\n', stderr);
}

void terminal_warn(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	terminal_warn_list(format, ap);
	va_end(ap);
}
