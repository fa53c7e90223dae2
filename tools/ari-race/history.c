/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Writes the history of a run.
 */

#include "history.h"
#include "text.h"

#include <inttypes.h>

#define FILE_BUFFER (1 << 20) /* one write() in thousands of lines */

int history_open(struct history *history, const char *path)
{
	history->file = path ? fopen(path, "w") : NULL;
	if (history->file) {
		setvbuf(history->file, NULL, _IOFBF, FILE_BUFFER);
	}
	return path && !history->file ? -1 : 0;
}

static void add_string(struct text *line, const char *key, const char *value)
{
	if (value) {
		text_addf(line, ",\"%s\":\"", key);
		text_add_json(line, value);
		text_add(line, "\"");
	}
}

void history_write(struct history *history, const char *what, uint64_t at_ns, const char *call,
	const char *app, const char *request, int status)
{
	char buf[4096];
	struct text line;

	if (!history->file) {
		return;
	}
	text_init(&line, buf, sizeof(buf));
	text_addf(&line, "{\"t\":%" PRIu64, at_ns);
	add_string(&line, "what", what);
	add_string(&line, "call", call);
	add_string(&line, "app", app);
	add_string(&line, "to", request);
	if (request) {
		text_addf(&line, ",\"status\":%d", status);
	}
	text_add(&line, "}\n");
	fwrite(line.buf, 1, line.len, history->file);
}

int history_close(struct history *history)
{
	int failed;

	if (!history->file) {
		return 0;
	}
	failed = ferror(history->file);
	failed |= fclose(history->file);
	history->file = NULL;
	return failed ? -1 : 0;
}
