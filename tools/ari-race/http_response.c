/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Reads HTTP/1.1 responses as Asterisk sends them.
 */

#include "http_response.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void http_response_init(struct http_response *response)
{
	response->state = HTTP_IN_STATUS;
	response->status = 0;
	response->close = false;
	response->until_close = true;
	response->body_left = 0;
	response->line_len = 0;
	response->body_len = 0;
	response->body[0] = '\0';
}

static bool take_status(struct http_response *response)
{
	const char *line = response->line;

	if (strncmp(line, "HTTP/1.", 7) || strlen(line) < 12 || line[8] != ' ') {
		return false;
	}
	response->close = line[7] == '0';
	response->status = atoi(line + 9);
	response->state = HTTP_IN_HEADERS;
	return response->status >= 100 && response->status < 600;
}

static bool take_header(struct http_response *response)
{
	const char *line = response->line;
	const char *value = strchr(line, ':');
	size_t name_len;

	if (!value) {
		return false;
	}
	name_len = (size_t) (value - line);
	value += 1 + strspn(value + 1, " \t");
	if (name_len == 14 && !strncasecmp(line, "Content-Length", name_len)) {
		response->body_left = strtoul(value, NULL, 10);
		response->until_close = false;
	} else if (name_len == 10 && !strncasecmp(line, "Connection", name_len)) {
		response->close = !strcasecmp(value, "close");
	} else if (name_len == 17 && !strncasecmp(line, "Transfer-Encoding", name_len)) {
		return false;
	}
	return true;
}

/*! \brief The empty line: find out what follows. */
static void end_headers(struct http_response *response)
{
	if (response->status < 200) {
		http_response_init(response); /* 100 Continue: the real one follows */
		return;
	}
	if (response->status == 204 || response->status == 304) {
		response->until_close = false;
		response->body_left = 0;
	}
	response->close |= response->until_close;
	response->state = response->until_close || response->body_left ? HTTP_IN_BODY : HTTP_DONE;
}

static bool take_line(struct http_response *response)
{
	bool ok = true;

	while (response->line_len && response->line[response->line_len - 1] == '\r') {
		response->line_len--;
	}
	response->line[response->line_len] = '\0';
	if (response->state == HTTP_IN_STATUS) {
		ok = take_status(response);
	} else if (response->line_len) {
		ok = take_header(response);
	} else {
		end_headers(response);
	}
	response->line_len = 0;
	return ok;
}

static size_t take_body(struct http_response *response, const char *bytes, size_t len)
{
	size_t used = response->until_close || len < response->body_left ? len : response->body_left;
	size_t room = sizeof(response->body) - 1 - response->body_len;
	size_t kept = used < room ? used : room;

	memcpy(response->body + response->body_len, bytes, kept);
	response->body_len += kept;
	response->body[response->body_len] = '\0';
	if (!response->until_close) {
		response->body_left -= used;
		response->state = response->body_left ? HTTP_IN_BODY : HTTP_DONE;
	}
	return used;
}

long http_response_feed(struct http_response *response, const char *bytes, size_t len)
{
	size_t at = 0;

	while (at < len && response->state != HTTP_DONE) {
		if (response->state == HTTP_IN_BODY) {
			at += take_body(response, bytes + at, len - at);
		} else if (bytes[at++] == '\n') {
			if (!take_line(response)) {
				return -1;
			}
		} else if (response->line_len < sizeof(response->line) - 1) {
			response->line[response->line_len++] = bytes[at - 1];
		}
	}
	return (long) at;
}
