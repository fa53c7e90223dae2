/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The Asterisks where we have calls, and the WebSockets to them.
 */

#include "node.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX (1 << 20)
#define RETRY_US (300 * LWS_US_PER_MS)
#define TRIES 16 /* five seconds */

struct request {
	struct request *next;
	size_t length;
	char text[]; /*!< LWS_PRE bytes of room before it */
};

struct node {
	struct node *next;
	struct node_owner *owner;
	char url[512], host[256];
	int port;
	struct lws *wsi; /*!< NULL: there is no WebSocket */
	bool is_open;
	int users, tries;
	lws_sorted_usec_list_t retry;
	struct request *first, **last;
	char *message; /*!< one that comes in pieces */
	size_t length;
};

static struct node *nodes;

static void connect_node(struct node *node)
{
	struct node_owner *owner = node->owner;
	char path[2048], app[512], key[512];
	struct lws_client_connect_info info = {
		.context = owner->lws,
		.address = node->host,
		.port = node->port,
		.path = path,
		.host = node->host,
		.origin = node->host,
		.protocol = node_protocols[0].name,
		.local_protocol_name = node_protocols[0].name,
		.userdata = node,
		.pwsi = &node->wsi,
	};

	text_quote(app, sizeof(app), owner->app, URL_KEEPS);
	snprintf(path, sizeof(path), "%s:%s", owner->user, owner->password);
	text_quote(key, sizeof(key), path, URL_KEEPS);
	snprintf(path, sizeof(path), "/ari/events?app=%s&api_key=%s", app, key);
	if (!node->wsi) {
		lws_client_connect_via_info(&info);
	}
}

static void retry(lws_sorted_usec_list_t *sul)
{
	connect_node(lws_container_of(sul, struct node, retry));
}

struct node *node_at(struct node_owner *owner, const char *ari)
{
	struct node *node = nodes;

	while (node && strcmp(node->url, ari)) {
		node = node->next;
	}
	if (!node) {
		node = calloc(1, sizeof(*node));
		node->owner = owner;
		node->last = &node->first;
		snprintf(node->url, sizeof(node->url), "%s", ari);
		if (sscanf(ari, "http://%255[^:/]:%d/ari", node->host, &node->port) != 2) {
			tell("failed", "{s:s}", "error", "a URL of ARI is http://HOST:PORT/ari here");
			free(node);
			return NULL;
		}
		node->next = nodes;
		nodes = node;
	}
	return node;
}

const char *node_url(const struct node *node)
{
	return node->url;
}

void node_use(struct node *node)
{
	if (!node->users++) {
		node->tries = 0;
		connect_node(node);
	}
}

void node_release(struct node *node)
{
	node->users--;
}

void node_close_idle(void)
{
	for (struct node *node = nodes; node; node = node->next) {
		if (node->wsi && !node->users && !node->owner->is_asked(node)) {
			lws_set_timeout(node->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
		}
	}
}

void node_request(struct node *node, const char *id, const char *method, const char *uri)
{
	json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", "RESTRequest", "transaction_id", id,
		"request_id", id, "method", method, "uri", uri);
	char *text = json_dumps(body, JSON_COMPACT);
	size_t length = strlen(text);
	struct request *request = calloc(1, sizeof(*request) + LWS_PRE + length + 1);

	request->length = length;
	memcpy(request->text + LWS_PRE, text, length);
	*node->last = request;
	node->last = &request->next;
	if (node->is_open) {
		lws_callback_on_writable(node->wsi);
	}
	free(text);
	json_decref(body);
}

static void send_next(struct node *node)
{
	struct request *request = node->first;

	if (request) {
		lws_write(node->wsi, (unsigned char *) request->text + LWS_PRE, request->length, LWS_WRITE_TEXT);
		node->first = request->next;
		free(request);
	}
	if (node->first) {
		lws_callback_on_writable(node->wsi);
	} else {
		node->last = &node->first;
	}
}

/*! \brief A piece of a message has come. */
static void collect(struct node *node, const char *data, size_t length)
{
	json_t *event;

	if (node->length + length <= MESSAGE_MAX) {
		node->message = realloc(node->message, node->length + length);
		memcpy(node->message + node->length, data, length);
		node->length += length;
	}
	if (lws_is_final_fragment(node->wsi) && !lws_remaining_packet_payload(node->wsi)) {
		event = json_loadb(node->message, node->length, 0, NULL);
		node->length = 0;
		if (event) {
			node->owner->on_event(node, event);
			json_decref(event);
		}
	}
}

/*! \brief The WebSocket has gone, or did not come: try again for as long as a call needs it. */
static void closed(struct node *node)
{
	tell(node->users ? "websocket-lost" : "websocket-closed", "{s:s}", "ari", node->url);
	node->is_open = false;
	node->length = 0;
	node->wsi = NULL;
	if (node->users && node->tries++ < TRIES) {
		lws_sul_schedule(node->owner->lws, 0, &node->retry, retry, RETRY_US);
	} else if (node->users) {
		node->owner->on_gone(node);
	}
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *data, size_t length)
{
	struct node *node = user;

	switch (reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		tell("websocket-open", "{s:s}", "ari", node->url);
		node->is_open = true;
		node->tries = 0;
		node->owner->on_open(node);
		lws_callback_on_writable(wsi);
		break;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		send_next(node);
		break;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		collect(node, data, length);
		break;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
	case LWS_CALLBACK_CLIENT_CLOSED:
		closed(node);
		break;
	default:
		break;
	}
	return 0;
}

const struct lws_protocols node_protocols[] = {
	{ .name = "ari", .callback = callback, .rx_buffer_size = 16384 },
	{ .name = NULL },
};
