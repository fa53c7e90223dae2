/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Fuzzes ari-race's reader of HTTP responses, and what shows and reports a body.
 *
 * The first byte of an input says how large the pieces are in which the rest is given to the reader. How
 * the bytes were cut must make no difference.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http_response.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
	if (!holds) {
		abort();
	}
}

/*! \brief What must hold of a response at any time. */
static void check_response(const struct http_response *response)
{
	check(response->body_len < sizeof(response->body) && !response->body[response->body_len]);
	check(response->line_len < sizeof(response->line));
	check(response->head_size <= HTTP_HEAD_MAX + 1);
	check(response->state == HTTP_IN_STATUS || response->wrong ||
		(response->status >= 100 && response->status < 600));
	if (response->state == HTTP_DONE) {
		check(response->status >= 200 && !response->until_close);
		check(response->body_taken == response->body_size && response->body_size <= HTTP_BODY_MAX);
	}
}

/*! \brief Give it all in pieces, each in memory of its own size. \return how many bytes were used; -1: refused */
static long feed(struct http_response *response, const uint8_t *data, size_t size, size_t piece)
{
	size_t at = 0;

	http_response_init(response);
	while (at < size && response->state != HTTP_DONE) {
		size_t len = size - at < piece ? size - at : piece;
		char *copy = malloc(len);
		long used;

		memcpy(copy, data + at, len);
		used = http_response_feed(response, copy, len);
		free(copy);
		check_response(response);
		check((used < 0) == !!response->wrong);
		if (used < 0) {
			return -1;
		}
		check(used <= (long) len && (used == (long) len || response->state == HTTP_DONE));
		at += (size_t) used;
	}
	return (long) at;
}

/*! \brief A body on the terminal and in JSON: ASCII without control characters, and for JSON no bare quote. */
static void check_text(const char *body)
{
	static char buf[8 * HTTP_BODY_KEPT];
	struct text text;

	text_init(&text, buf, sizeof(buf));
	text_add_printable(&text, body);
	text_add(&text, "\n");
	text_add_json(&text, body);
	for (size_t i = 0; i < text.len; i++) {
		check(buf[i] == '\n' || (buf[i] >= 0x20 && buf[i] < 0x7f));
	}
	for (const char *at = strchr(buf, '\n') + 1; *at; at++) {
		check(*at != '"');
		at += *at == '\\';
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_response whole, pieces;
	long used;

	if (size < 2) {
		return 0;
	}
	used = feed(&whole, data + 1, size - 1, size);
	check(used == feed(&pieces, data + 1, size - 1, data[0] % 64 + 1U));
	check(whole.state == pieces.state && whole.status == pieces.status && whole.close == pieces.close);
	check(!whole.wrong == !pieces.wrong && whole.body_len == pieces.body_len);
	check(!memcmp(whole.body, pieces.body, whole.body_len));
	check_text(whole.body);
	return 0;
}
