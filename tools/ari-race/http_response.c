/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Reads HTTP/1.1 responses as Asterisk sends them, and refuses others.
 */

#include "http_response.h"

#include <string.h>
#include <strings.h>

void http_response_init(struct http_response *response)
{
	response->state = HTTP_IN_STATUS;
	response->status = 0;
	response->close = false;
	response->until_close = true;
	response->head_size = 0;
	response->body_size = 0;
	response->body_taken = 0;
	response->line_len = 0;
	response->line_cut = false;
	response->body_len = 0;
	response->body[0] = '\0';
	response->wrong = NULL;
}

static bool refuse(struct http_response *response, const char *wrong)
{
	response->wrong = wrong;
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool take_status(struct http_response *response)
{
	const char *line = response->line;
	bool three_digits = response->line_len >= 12 && is_digit(line[9]) && is_digit(line[10]) &&
		is_digit(line[11]) && !is_digit(line[12]);

	if (strncmp(line, "HTTP/1.", 7) || !three_digits || !is_digit(line[7]) || line[8] != ' ') {
		return refuse(response, "it does not begin as HTTP/1.1 does");
	}
	response->close = line[7] == '0';
	response->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
	response->state = HTTP_IN_HEADERS;
	return (response->status >= 100 && response->status < 600) ||
		refuse(response, "its status is not from 100 to 599");
}

/*! \brief The value of Content-Length: digits only, the same each time, and no more than Asterisk sends. */
static bool take_length(struct http_response *response, const char *value)
{
	size_t size = 0;
	size_t digits = strspn(value, "0123456789");

	if (response->line_cut || !digits || value[digits + strspn(value + digits, " \t")]) {
		return refuse(response, "its Content-Length is no number");
	}
	for (; is_digit(*value) && size <= HTTP_BODY_MAX; value++) {
		size = size * 10 + (size_t) (*value - '0');
	}
	if (!response->until_close && size != response->body_size) {
		return refuse(response, "it has two lengths");
	}
	response->body_size = size;
	response->until_close = false;
	return size <= HTTP_BODY_MAX || refuse(response, "its body has more than 1 MiB");
}

static bool take_header(struct http_response *response)
{
	const char *line = response->line;
	const char *value = strchr(line, ':');
	size_t name_len;

	if (!value) {
		return refuse(response, "a line of its header has no colon");
	}
	name_len = (size_t) (value - line);
	value += 1 + strspn(value + 1, " \t");
	if (name_len == 14 && !strncasecmp(line, "Content-Length", name_len)) {
		return take_length(response, value);
	}
	if (name_len == 10 && !strncasecmp(line, "Connection", name_len)) {
		response->close = !strcasecmp(value, "close");
	} else if (name_len == 17 && !strncasecmp(line, "Transfer-Encoding", name_len)) {
		return refuse(response, "it comes in chunks, as Asterisk's never do");
	}
	return true;
}

/*! \brief The empty line: find out what follows. */
static void end_headers(struct http_response *response)
{
	size_t head_size = response->head_size;

	if (response->status < 200) {
		http_response_init(response);    /* 100 Continue: the real one follows, */
		response->head_size = head_size; /* but not after an endless row of these */
		return;
	}
	if (response->status == 204 || response->status == 304) {
		response->until_close = false;
		response->body_size = 0;
	}
	response->close |= response->until_close;
	response->state = response->until_close || response->body_size ? HTTP_IN_BODY : HTTP_DONE;
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
	response->line_cut = false;
	return ok;
}

/*! \brief Take one byte of the header. */
static bool take_head(struct http_response *response, char byte)
{
	if (++response->head_size > HTTP_HEAD_MAX) {
		return refuse(response, "its header has more than 64 KiB");
	}
	if (byte == '\n') {
		return take_line(response);
	}
	if (response->line_len < sizeof(response->line) - 1) {
		response->line[response->line_len++] = byte;
	} else {
		response->line_cut = true;
	}
	return true;
}

/*! \return how many bytes belong to the body; -1 if it is too long */
static long take_body(struct http_response *response, const char *bytes, size_t len)
{
	size_t left = response->body_size - response->body_taken;
	size_t used = response->until_close || len < left ? len : left;
	size_t room = sizeof(response->body) - 1 - response->body_len;
	size_t kept = used < room ? used : room;

	memcpy(response->body + response->body_len, bytes, kept);
	response->body_len += kept;
	response->body[response->body_len] = '\0';
	response->body_taken += used;
	if (response->body_taken > HTTP_BODY_MAX) {
		refuse(response, "its body has more than 1 MiB");
		return -1;
	}
	if (!response->until_close && response->body_taken == response->body_size) {
		response->state = HTTP_DONE;
	}
	return (long) used;
}

long http_response_feed(struct http_response *response, const char *bytes, size_t len)
{
	size_t at = 0;

	while (at < len && response->state != HTTP_DONE) {
		if (response->state != HTTP_IN_BODY) {
			if (!take_head(response, bytes[at++])) {
				return -1;
			}
		} else {
			long used = take_body(response, bytes + at, len - at);

			if (used < 0) {
				return -1;
			}
			at += (size_t) used;
		}
	}
	return (long) at;
}
