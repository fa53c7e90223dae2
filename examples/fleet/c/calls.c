/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The calls that are ours, or may be in a moment.
 */

#include "calls.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_US (1000 * LWS_US_PER_MS) /* after that a request is sent again */
#define TAKE_US (2000 * LWS_US_PER_MS)
#define BACK_US (250 * LWS_US_PER_MS)
#define RECONNECT_US (1000 * LWS_US_PER_MS)
#define TRIES 3
#define COMES_MS 3000 /* beyond hold_ms: how long StasisStart may take */
#define NODES_MAX 256
#define WINDOW_MAX_MS 5000

struct call {
	struct call *next;
	enum {
		CALL_ASKED,  /*!< claimed, no answer yet */
		CALL_TAKING, /*!< asked a node for its next call; the channel is not known yet */
		CALL_COMING, /*!< ours: StasisStart is to come */
		CALL_HELD
	} state;
	char channel[300], offer[128];
	unsigned number; /*!< of the request that is under way */
	int tries;
	int window_ms;       /*!< how long bids are collected: no claim is answered before */
	int next_node;       /*!< whom to ask next, while taking */
	char at[TOKEN_SIZE]; /*!< token of the node that was asked for it; empty: none over NATS */
	struct node *node;   /*!< NULL: not known yet */
	lws_sorted_usec_list_t timer;
};

static struct bus *bus;
static struct node_owner *owner;
static struct call *calls;
static int capacity, count;
static const char *play;
static unsigned numbers;
static bool is_stopping;
static lws_sorted_usec_list_t reconnect; /*!< to NATS, after it was given up */
static lws_sorted_usec_list_t later; /*!< to ask for a call again, after a request that nobody has answered */
static bool left_open; /*!< an offer was left open while we did not know yet whether there is room */
static struct {
	char token[TOKEN_SIZE], ari[512];
} nodes[NODES_MAX];
static int nodes_count;

static void take_next(void);

static struct call *add(int state, const char *channel)
{
	struct call *call = calloc(1, sizeof(*call));

	call->state = state;
	snprintf(call->channel, sizeof(call->channel), "%s", channel);
	call->next = calls;
	calls = call;
	count++;
	return call;
}

static void drop(struct call *call)
{
	struct call **at = &calls;
	bool had_it = call->state == CALL_HELD;

	while (*at != call) {
		at = &(*at)->next;
	}
	*at = call->next;
	count--;
	lws_sul_cancel(&call->timer);
	if (call->node) {
		node_release(call->node);
	}
	free(call);
	if (had_it || left_open) {
		left_open = false;
		take_next();
	}
	node_close_idle();
}

int calls_held(void)
{
	int held = 0;

	for (const struct call *call = calls; call; call = call->next) {
		held += call->state >= CALL_COMING;
	}
	return held;
}

/*! \brief No room: for a while, so decline, or only until we hear that what we have asked for is another's. */
static bool is_to_decline(void)
{
	const int held = calls_held();

	left_open |= held < capacity && !is_stopping;
	return is_stopping || held >= capacity;
}

/*! \brief Where a node is in `nodes`; behind the last one when it has not been heard of. */
static int index_of(const char *token)
{
	int i = 0;

	while (i < nodes_count && strcmp(nodes[i].token, token)) {
		i++;
	}
	return i;
}

/*! \brief Whether a call is at this node. We may not have heard yet where the node is at which it was claimed. */
static bool is_at(const struct call *call, const struct node *node)
{
	int i = index_of(call->at);

	return call->node ? call->node == node : i < nodes_count && !strcmp(nodes[i].ari, node_url(node));
}

/*! \brief The call of a channel, which alone does not say it: channels of two nodes may have the same ID. */
static struct call *find(const struct node *node, const char *channel)
{
	struct call *call = calls;

	while (call && (call->state == CALL_TAKING || strcmp(call->channel, channel) || !is_at(call, node))) {
		call = call->next;
	}
	return call;
}

/*! \brief Whether a request is out that may bring a call from this node; one of a node not heard of yet may be to it. */
static bool is_asked(const struct node *node)
{
	const struct call *call = calls;

	while (
		call && !(call->state <= CALL_TAKING && (index_of(call->at) == nodes_count || is_at(call, node)))) {
		call = call->next;
	}
	return call;
}

static void ask(lws_sorted_usec_list_t *timer)
{
	struct call *call = lws_container_of(timer, struct call, timer);

	if (call->tries++ == TRIES) {
		tell("claim", "{s:s, s:i}", "channel", call->channel, "status", 0);
		drop(call);
		return;
	}
	call->number = ++numbers;
	lws_sul_schedule(owner->lws, 0, timer, ask, ANSWER_US + call->window_ms * LWS_US_PER_MS);
	bus_ask(bus, "claim", call->at, call->number,
		json_pack("{s:s, s:s}", "channel_id", call->channel, "offer", call->offer));
}

static void take_later(lws_sorted_usec_list_t *timer)
{
	(void) timer;
	take_next();
}

/*!
 * \brief A request that nobody has answered may still be on its way, and bring a call later: ask no other node for a
 * while.
 */
static void take_unanswered(lws_sorted_usec_list_t *timer)
{
	tell("take", "{s:i}", "status", 0);
	lws_sul_schedule(owner->lws, 0, &later, take_later, TAKE_US);
	left_open = false; /* it is asked for later */
	drop(lws_container_of(timer, struct call, timer));
}

static void ask_next_node(lws_sorted_usec_list_t *timer)
{
	struct call *call = lws_container_of(timer, struct call, timer);
	const char *token;

	if (call->next_node == nodes_count || is_stopping) {
		drop(call);
		return;
	}
	token = nodes[call->next_node++].token;
	call->number = ++numbers;
	snprintf(call->at, sizeof(call->at), "%s", token);
	lws_sul_schedule(owner->lws, 0, timer, take_unanswered, TAKE_US);
	bus_ask(bus, "take", token, call->number, json_object());
}

/*! \brief There is room: ask one node after the other for a call that waits. */
static void take_next(void)
{
	if (!is_stopping && count < capacity) {
		ask_next_node(&add(CALL_TAKING, "")->timer);
	}
}

/*! \brief How long bids are collected for a call, in ms: 0 if they are not. */
static int window_of(const json_t *event)
{
	const json_int_t window = json_integer_value(json_object_get(event, "bid_window"));

	return window < 0 || window > WINDOW_MAX_MS ? 0 : (int) window;
}

static void on_offer(const struct bus_message *message)
{
	const json_t *event = message->body;
	const char *channel = text_of(json_object_get(event, "channel"), "id"), *offer = text_of(event, "offer");
	struct call *call;

	if (strcmp(text_of(event, "type"), "CallBroadcast") || !*channel ||
		strlen(channel) >= sizeof(call->channel)) {
		return;
	}
	tell("offer", "{s:s, s:s, s:s, s:s}", "channel", channel, "node", text_of(event, "node"), "caller",
		text_of(event, "caller"), "called", text_of(event, "called"));
	if (is_stopping || count >= capacity) {
		if (!is_to_decline()) {
			return;
		}
		tell("decline", "{s:s}", "channel", channel);
		bus_ask(bus, "decline", message->token, 0,
			json_pack("{s:s, s:s}", "channel_id", channel, "offer", offer));
		return;
	}
	call = add(CALL_ASKED, channel);
	snprintf(call->offer, sizeof(call->offer), "%s", offer);
	call->window_ms = window_of(event);
	snprintf(call->at, sizeof(call->at), "%s", message->token);
	ask(&call->timer);
}

static void did_not_come(lws_sorted_usec_list_t *timer)
{
	struct call *call = lws_container_of(timer, struct call, timer);

	tell("not-come", "{s:s}", "channel", call->channel);
	drop(call);
}

/*! \brief The call is ours: have a WebSocket to its node before hold_ms is over, and wait for it. */
static void await(struct call *call, struct node *node, int hold_ms)
{
	call->state = CALL_COMING;
	if (!call->node && node) {
		call->node = node;
		node_use(node);
	}
	lws_sul_schedule(owner->lws, 0, &call->timer, did_not_come, (hold_ms + COMES_MS) * LWS_US_PER_MS);
	node_close_idle();
}

/*! \brief A node has given us a call. StasisStart may have been faster, and not have known what we had asked there. */
static void on_ours(struct call *call, const json_t *answer)
{
	struct node *node = node_at(owner, text_of(answer, "ari"));
	struct call *started = node ? find(node, call->channel) : NULL;

	if (started && started != call) {
		drop(call);
	} else {
		await(call, node, (int) json_integer_value(json_object_get(answer, "hold_ms")));
	}
}

static void on_answer(const struct bus_message *message)
{
	unsigned number = (unsigned) strtoul(message->token, NULL, 10);
	int status = (int) json_integer_value(json_object_get(message->body, "status"));
	struct call *call = calls;

	while (call && call->number != number) {
		call = call->next;
	}
	/* 0 is of a decline, and of calls that came over a WebSocket. */
	if (!number || !call || (!message->body && call->state != CALL_TAKING)) {
		return; /* nobody listens there: the timer asks again */
	}
	if (call->state == CALL_TAKING && status != 200) {
		ask_next_node(&call->timer);
		return;
	}
	if (call->state == CALL_TAKING) {
		snprintf(call->channel, sizeof(call->channel), "%s", text_of(message->body, "channel_id"));
	}
	tell(call->state == CALL_TAKING ? "take" : "claim", "{s:s, s:i, s:s}", "channel", call->channel, "status",
		status, "winner", text_of(message->body, "winner_app"));
	if (call->state > CALL_TAKING) {
		return; /* StasisStart was faster, on a WebSocket that was there already */
	}
	if (status == 200 || status == 204) {
		on_ours(call, message->body);
	} else {
		drop(call);
	}
}

static void on_node(const struct bus_message *message)
{
	int i = index_of(message->token);
	bool is_new = i == nodes_count && i < NODES_MAX;

	if (is_new) {
		snprintf(nodes[nodes_count++].token, sizeof(nodes[i].token), "%s", message->token);
	}
	if (i < nodes_count) {
		snprintf(nodes[i].ari, sizeof(nodes[i].ari), "%s", text_of(message->body, "ari"));
	}
	if (is_new) {
		take_next();
	}
	if (json_is_true(json_object_get(message->body, "ask_hello")) && !is_stopping) {
		bus_hello(bus, HELLO_TTL_MS);
		/* It is back, and may have calls that wait. Not at once: it has to take in our hello, and everybody else's. */
		lws_sul_schedule(owner->lws, 0, &later, take_later, BACK_US + random() % BACK_US);
	}
}

static void connect_again(lws_sorted_usec_list_t *timer)
{
	(void) timer;
	bus_reconnect(bus);
}

void calls_on_message(const struct bus_message *message)
{
	switch (message->kind) {
	case BUS_CONNECTED:
		tell("connected", "{}");
		if (!is_stopping) {
			bus_hello(bus, HELLO_TTL_MS);
			bus_ping(bus);
			/* What was on offer meanwhile we have not heard of. */
			take_next();
		}
		break;
	case BUS_LOST:
		tell("disconnected", "{}");
		break;
	case BUS_GIVEN_UP:
		tell("refused", "{s:s}", "error", text_of(message->body, "error"));
		lws_sul_schedule(owner->lws, 0, &reconnect, connect_again, RECONNECT_US);
		break;
	case BUS_OFFER:
		on_offer(message);
		break;
	case BUS_NODE:
		on_node(message);
		break;
	case BUS_ANSWER:
		on_answer(message);
		break;
	}
}

/*! \brief Quote a value of a URL for the format of request(), which wants each % twice. */
static void quote_for_request(char *to, size_t size, const char *value)
{
	text_quote(to, size, value, URL_KEEPS);
	for (char *at = strchr(to, '%'); at && strlen(to) + 2 < size; at = strchr(at + 2, '%')) {
		memmove(at + 1, at, strlen(at) + 1);
	}
}

/*! \brief A request about a channel, whose id tells what for. \param uri With a %s for the channel. */
static void request(
	struct node *node, const char *what, const char *channel, const char *method, const char *uri)
{
	char id[400], quoted[900], text[2048];

	text_quote(quoted, sizeof(quoted), channel, URL_KEEPS);
	snprintf(id, sizeof(id), "%s:%s", what, channel);
	snprintf(text, sizeof(text), uri, quoted);
	node_request(node, id, method, text);
}

static void on_start(struct node *node, const char *channel)
{
	struct call *call = find(node, channel);
	char media[512], uri[700];

	if (!call) {
		call = add(CALL_COMING, channel);
	}
	await(call, node, 0);
	lws_sul_cancel(&call->timer);
	call->state = CALL_HELD;
	tell("start", "{s:s, s:s}", "channel", channel, "ari", node_url(node));
	request(node, "answer", channel, "POST", "channels/%s/answer");
	quote_for_request(media, sizeof(media), play);
	snprintf(uri, sizeof(uri), "channels/%%s/play?media=%s", media);
	request(node, "play", channel, "POST", uri);
}

static void over(struct node *node, const char *channel)
{
	struct call *call = find(node, channel);

	if (call) {
		tell("end", "{s:s, s:s}", "channel", channel, "ari", node_url(node));
		drop(call);
	}
}

/*! \brief A node where we have a WebSocket offers over that one, and takes the claim over it. */
static void on_offer_over_websocket(struct node *node, const char *channel, int window_ms)
{
	char app[512], uri[700];

	quote_for_request(app, sizeof(app), owner->app);
	tell("offer", "{s:s, s:s}", "channel", channel, "ari", node_url(node));
	if (is_stopping || count >= capacity || find(node, channel)) {
		snprintf(uri, sizeof(uri), "broadcasts/%%s/decline?application=%s", app);
		request(node, "decline", channel, "POST", uri);
		return;
	}
	await(add(CALL_COMING, channel), node, window_ms);
	snprintf(uri, sizeof(uri), "events/claim?channelId=%%s&application=%s", app);
	request(node, "claim", channel, "POST", uri);
}

/*! \brief The answer to one of our requests; its id begins with what it was for. */
static void on_response(struct node *node, const json_t *event)
{
	const char *id = text_of(event, "request_id"), *channel = strchr(id, ':');
	int status = (int) json_integer_value(json_object_get(event, "status_code"));
	struct call *call = channel ? find(node, channel + 1) : NULL;

	if (call && !strncmp(id, "claim:", 6)) {
		tell("claim", "{s:s, s:i}", "channel", channel + 1, "status", status);
		if (status != 204) {
			drop(call);
		}
	} else if (call && !strncmp(id, "check:", 6) && status == 404 && call->state == CALL_COMING) {
		did_not_come(&call->timer);
	} else if (call && !strncmp(id, "check:", 6) && status == 404) {
		over(node, channel + 1);
	}
}

static void on_event(struct node *node, json_t *event)
{
	const char *type = text_of(event, "type"), *channel = text_of(json_object_get(event, "channel"), "id");

	if (!strcmp(type, "StasisStart")) {
		on_start(node, channel);
	} else if (!strcmp(type, "StasisEnd")) {
		over(node, channel);
	} else if (!strcmp(type, "CallBroadcast")) {
		on_offer_over_websocket(node, channel, window_of(event));
	} else if (!strcmp(type, "RESTResponse")) {
		on_response(node, event);
	} else if (!strcmp(type, "PlaybackFinished")) {
		channel = strchr(text_of(json_object_get(event, "playback"), "target_uri"), ':');
		request(node, "hangup", channel ? channel + 1 : "", "DELETE", "channels/%s");
	}
}

/*! \brief While the WebSocket was away, nobody could tell us of ends; nor of a caller who hung up while we came. */
static void on_open(struct node *node)
{
	for (struct call *call = calls; call; call = call->next) {
		if (call->node == node && call->state >= CALL_COMING) {
			request(node, "check", call->channel, "GET", "channels/%s");
		}
	}
}

static void on_gone(struct node *node)
{
	struct call *next;

	for (struct call *call = calls; call; call = next) {
		next = call->next;
		if (call->node == node) {
			tell("lost", "{s:s, s:s}", "channel", call->channel, "ari", node_url(node));
			drop(call);
		}
	}
}

void calls_init(struct bus *the_bus, struct node_owner *the_owner, const struct calls_options *options)
{
	bus = the_bus;
	owner = the_owner;
	capacity = options->capacity;
	play = options->play;
	owner->on_event = on_event;
	owner->on_open = on_open;
	owner->on_gone = on_gone;
	owner->is_asked = is_asked;
}

void calls_stop(void)
{
	is_stopping = true;
}

int calls_count(void)
{
	return count;
}
