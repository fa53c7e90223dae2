/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief REST requests over a WebSocket.
 */

#include "ws_requests.h"
#include "clock.h"
#include "memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MAX 4096 /* the longest: a claim, with an ID and a name of 255 bytes each, encoded */

struct ws_request {
	struct ws_request *next;
	http_answer_cb done;
	void *data;
	uint64_t made_ns;
	uint64_t *sent_to;
	char id[24];
	size_t len;
	unsigned char *text; /*!< LWS_PRE bytes into the memory behind this struct */
};

static struct ws_request *create(const char *json, size_t len)
{
	struct ws_request *request = xcalloc(1, sizeof(*request) + LWS_PRE + len);

	request->made_ns = now_ns();
	request->len = len;
	request->text = (unsigned char *) (request + 1) + LWS_PRE;
	memcpy(request->text, json, len);
	return request;
}

void ws_requests_add(struct ws_requests *requests, const char *method, const struct text *uri,
	uint64_t *sent_ns, http_answer_cb done, void *data)
{
	char id[24], buf[REQUEST_MAX];
	struct ws_request *request;
	struct text json;

	snprintf(id, sizeof(id), "%" PRIu64, ++requests->last_id);
	text_init(&json, buf, sizeof(buf));
	text_addf(&json,
		"{\"type\":\"RESTRequest\",\"transaction_id\":\"ari-race\",\"request_id\":\"%s\",\"method\":\"%s\",\"uri\":\"",
		id, method);
	text_add_json(&json, uri->buf);
	text_add(&json, "\"}");

	request = create(json.buf, json.len);
	memcpy(request->id, id, sizeof(id));
	request->sent_to = sent_ns;
	request->done = done;
	request->data = data;
	if (requests->last) {
		requests->last->next = request;
	} else {
		requests->first = request;
	}
	requests->last = request;
	requests->unsent = requests->unsent ? requests->unsent : request;
}

int ws_requests_write(struct ws_requests *requests, struct lws *wsi)
{
	while (requests->unsent && !lws_send_pipe_choked(wsi)) {
		struct ws_request *request = requests->unsent;

		requests->unsent = request->next;
		if (request->sent_to) {
			*request->sent_to = now_ns();
		}
		if (lws_write(wsi, request->text, request->len, LWS_WRITE_TEXT) < 0) {
			return -1;
		}
	}
	if (requests->unsent) {
		lws_callback_on_writable(wsi);
	}
	return 0;
}

/*! \brief Take out the request behind \a before (NULL: the first). */
static struct ws_request *take(struct ws_requests *requests, struct ws_request *before)
{
	struct ws_request **at = before ? &before->next : &requests->first;
	struct ws_request *request = *at;

	*at = request->next;
	if (requests->last == request) {
		requests->last = before;
	}
	if (requests->unsent == request) {
		requests->unsent = request->next;
	}
	return request;
}

static void finish(struct ws_request *request, int status, uint64_t at_ns, const char *why)
{
	struct http_answer answer = { .status = status, .answered_ns = at_ns, .body = why };

	request->done(request->data, &answer);
	free(request);
}

int ws_requests_answer(struct ws_requests *requests, const char *id, int status, uint64_t at_ns)
{
	struct ws_request *before = NULL;

	/* Asterisk answers in their order, so this is the first, nearly always. */
	for (struct ws_request *at = requests->first; at != requests->unsent; before = at, at = at->next) {
		if (!strcmp(at->id, id)) {
			finish(take(requests, before), status, at_ns, "");
			return 0;
		}
	}
	return -1;
}

void ws_requests_lost(struct ws_requests *requests)
{
	while (requests->first != requests->unsent) {
		finish(take(requests, NULL), 0, now_ns(), "the WebSocket broke before the answer");
	}
}

size_t ws_requests_give_up(struct ws_requests *requests, uint64_t oldest_ns)
{
	size_t count = 0;

	for (; requests->first && requests->first->made_ns < oldest_ns; count++) {
		finish(take(requests, NULL), 0, now_ns(), "no answer in time");
	}
	return count;
}

void ws_requests_clear(struct ws_requests *requests)
{
	while (requests->first) {
		free(take(requests, NULL));
	}
}
