/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Names in subjects and URLs, and lines that say what happens.
 */

#include "text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *own_app = "", *own_worker = "";

char *text_quote(char *to, size_t size, const char *text, const char *keep)
{
	char *at = to;

	for (; *text && at + 4 <= to + size; text++) {
		unsigned char byte = (unsigned char) *text;

		if (byte < 128 && (isalnum(byte) || strchr(keep, byte))) {
			*at++ = *text;
		} else {
			at += sprintf(at, "%%%02X", byte);
		}
	}
	*at = '\0';
	return to;
}

void tell_as(const char *app, const char *worker)
{
	own_app = app;
	own_worker = worker;
}

void tell(const char *event, const char *format, ...)
{
	struct timespec now;
	va_list args;
	json_t *line, *more;
	char *text;

	clock_gettime(CLOCK_REALTIME, &now);
	line = json_pack("{s:f, s:s, s:s, s:s}", "time", (double) now.tv_sec + (double) now.tv_nsec / 1e9, "app",
		own_app, "worker", own_worker, "event", event);
	va_start(args, format);
	more = json_vpack_ex(NULL, 0, format, args);
	va_end(args);
	json_object_update(line, more);
	text = json_dumps(line, JSON_ENSURE_ASCII | JSON_COMPACT);
	puts(text ? text : "{}");
	fflush(stdout);
	free(text);
	json_decref(more);
	json_decref(line);
}

const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}
