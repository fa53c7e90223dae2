/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The WebSockets on which events come.
 */

#include "event_socket.h"
#include "clock.h"
#include "event.h"
#include "memory.h"
#include "message.h"
#include "race.h"
#include "ws_requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define CONNECTING_MAX 8 /* Asterisk's listen backlog is 10 */
#define RETRY_NS (100 * NS_PER_MS)
#define RETRY_FOR_NS (3 * NS_PER_S)

struct event_socket {
	struct race *race;
	const struct target *target;
	char *node;                       /*!< with --nats: its name as the token of a subject */
	struct event_socket *next_of_app; /*!< with --nats: the application's WebSocket to another Asterisk */
	struct app *first;                /*!< the first of its applications; the others follow it */
	size_t count;
	bool stalled; /*!< its applications do not read */
	enum {
		EVENT_SOCKET_DOWN,
		EVENT_SOCKET_CONNECTING,
		EVENT_SOCKET_UP,
		EVENT_SOCKET_CLOSED
	} state;
	struct lws *wsi;
	uint64_t stood_ns;      /*!< for the first time; 0: not yet */
	uint64_t down_since_ns; /*!< 0: was never lost */
	struct timer retry;
	struct message message; /*!< the beginning of one that comes in pieces */
	struct ws_requests requests;
};

struct event_sockets {
	struct race *race;
	event_cb on_event;
	struct event_socket **all;
	struct event_socket **of_app; /*!< with --nats, by the index of the application: its first */
	size_t size;                  /*!< of the memory for all */
	size_t count;
	size_t next; /*!< the first that nobody has tried to connect */
	size_t up;
	size_t connecting;
	bool closing; /*!< none is to be opened any more */
};

static void add_path(struct text *path, const struct event_socket *socket)
{
	text_add(path, socket->target->prefix);
	text_add(path, "/ari/events?app=");
	for (size_t i = 0; i < socket->count; i++) {
		text_add(path, i ? "," : "");
		text_add_url(path, socket->first[i].name);
	}
}

static bool connect_socket(struct event_socket *socket)
{
	const struct target *target = socket->target;
	char path_buf[24000];
	struct text path;
	struct lws_client_connect_info info = {
		.context = socket->race->loop.lws,
		.address = target->address,
		.port = target->port,
		.path = path_buf,
		.host = target->host,
		.origin = target->host,
		.protocol = "ari",
		.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT, /* the log-in is for this server only */
		.userdata = socket,
	};

	text_init(&path, path_buf, sizeof(path_buf));
	add_path(&path, socket);
	socket->state = EVENT_SOCKET_CONNECTING;
	socket->race->sockets->connecting++;
	socket->wsi = path.truncated ? NULL : lws_client_connect_via_info(&info);
	if (!socket->wsi) {
		socket->state = EVENT_SOCKET_DOWN;
		socket->race->sockets->connecting--;
	}
	return socket->wsi;
}

void event_sockets_connect(struct event_sockets *sockets)
{
	while (sockets->next < sockets->count && sockets->connecting < CONNECTING_MAX && !sockets->closing) {
		struct event_socket *socket = sockets->all[sockets->next++];

		if (!connect_socket(socket)) {
			race_give_up(sockets->race, "%s: the WebSocket could not be opened", socket->first->name);
			return;
		}
	}
}

/*! \brief Whether no WebSocket is to be opened any more. */
static bool is_over(const struct race *race)
{
	return race->sockets->closing || race->ending == ENDING_GONE;
}

/*! \brief A reading application lost its WebSocket: come back at once, and then every RETRY_NS for a while. */
static void reconnect(struct timer *timer)
{
	struct event_socket *socket = lws_container_of(timer, struct event_socket, retry);

	if (!is_over(socket->race) && !connect_socket(socket)) {
		race_give_up(socket->race, "%s lost its WebSocket and could not connect again", socket->first->name);
	}
}

static struct event_socket *add_socket(
	struct event_sockets *sockets, const struct target *target, struct app *first, size_t count, bool stalled)
{
	struct event_socket *socket = xcalloc(1, sizeof(*socket));

	if (sockets->count == sockets->size) {
		sockets->size = sockets->size * 2 + 16;
		sockets->all = xrealloc(sockets->all, sockets->size * sizeof(struct event_socket *));
	}
	sockets->all[sockets->count++] = socket;
	socket->race = sockets->race;
	socket->target = target;
	socket->first = first;
	socket->count = count;
	socket->stalled = stalled;
	socket->retry.fire = reconnect;
	return socket;
}

/*! \brief Share out the applications from \a first to before \a end. */
static void share_out(struct event_sockets *sockets, size_t first, size_t end, bool stalled)
{
	size_t share = (size_t) sockets->race->options.apps_per_connection;

	for (; first < end; first += share) {
		add_socket(sockets, &sockets->race->options.targets[0], &sockets->race->apps.all[first],
			end - first < share ? end - first : share, stalled);
	}
}

struct event_sockets *event_sockets_create(struct race *race, event_cb on_event)
{
	struct event_sockets *sockets = xcalloc(1, sizeof(*sockets));

	sockets->race = race;
	sockets->on_event = on_event;
	if (race->options.nats) {
		sockets->of_app = xcalloc(race->apps.count, sizeof(struct event_socket *));
		return sockets;
	}
	share_out(sockets, 0, race->apps.readers, false);
	share_out(sockets, race->apps.readers, race->apps.count, true);
	return sockets;
}

void event_sockets_open_at(
	struct event_sockets *sockets, struct app *app, const struct target *target, const char *node)
{
	struct event_socket **at = &sockets->of_app[app->index];

	while (*at && (*at)->target != target) {
		at = &(*at)->next_of_app;
	}
	if (*at || is_over(sockets->race)) {
		return;
	}
	*at = add_socket(sockets, target, app, 1, false);
	(*at)->node = xstrdup(node);
	sockets->next = sockets->count; /* at once, and not a few at a time: its call waits */
	if (!connect_socket(*at)) {
		race_give_up(sockets->race, "%s: the WebSocket could not be opened", app->name);
	}
}

uint64_t event_sockets_stood_ns(
	const struct event_sockets *sockets, const struct app *app, const struct target *target)
{
	const struct event_socket *socket = sockets->of_app[app->index];

	while (socket && socket->target != target) {
		socket = socket->next_of_app;
	}
	return socket ? socket->stood_ns : 0;
}

size_t event_sockets_count(const struct event_sockets *sockets)
{
	return sockets->count;
}

bool event_sockets_all_up(const struct event_sockets *sockets)
{
	return sockets->up == sockets->count;
}

bool event_sockets_all_down(const struct event_sockets *sockets)
{
	return !sockets->up;
}

static void stop_reading(struct event_socket *socket)
{
	int size = (int) socket->race->options.stalled_buffer;

	if (size) {
		setsockopt(lws_get_socket_fd(socket->wsi), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	}
	lws_rx_flow_control(socket->wsi, 0);
}

static void on_established(struct event_socket *socket, struct lws *wsi)
{
	struct event_sockets *sockets = socket->race->sockets;

	socket->wsi = wsi;
	socket->state = EVENT_SOCKET_UP;
	socket->stood_ns = socket->stood_ns ? socket->stood_ns : now_ns();
	sockets->connecting--;
	sockets->up++;
	if (socket->stalled) {
		stop_reading(socket);
	}
	if (socket->requests.unsent) {
		lws_callback_on_writable(wsi);
	}
	event_sockets_connect(sockets);
}

/*! \brief A connection did not come about. */
static void on_refused(struct event_socket *socket, const char *why)
{
	struct race *race = socket->race;
	struct target probe = *socket->target;

	socket->wsi = NULL;
	socket->state = EVENT_SOCKET_DOWN;
	race->sockets->connecting--;
	if (is_over(race)) {
		return;
	}
	if (!socket->down_since_ns) {
		race_give_up(race,
			"Asterisk did not open the WebSocket of %s (%s). Is http.conf's sessionlimit, 100 unless set, enough "
			"for %zu WebSockets and as many HTTP connections as --http-connections?",
			socket->first->name, why, race->sockets->count);
	} else if (target_probe(&probe)) {
		race_give_up(race, "Asterisk went away: %s", target_probe(&probe));
	} else if (now_ns() - socket->down_since_ns > RETRY_FOR_NS) {
		race_give_up(
			race, "%s lost its WebSocket and could not open it again (%s)", socket->first->name, why);
	} else {
		timer_set(&race->loop.timers, &socket->retry, now_ns() + RETRY_NS);
	}
}

/*! \brief A WebSocket that stood is closed. */
static void on_closed(struct event_socket *socket)
{
	struct race *race = socket->race;

	socket->wsi = NULL;
	socket->state = EVENT_SOCKET_CLOSED;
	race->sockets->up--;
	message_clear(&socket->message);
	if (!race->sockets->closing) {
		ws_requests_lost(&socket->requests);
	}
	if (is_over(race)) {
		return;
	}
	if (socket->stalled) {
		return; /* Asterisk has had enough of it, which is for the report */
	}
	socket->down_since_ns = now_ns();
	race->stats.lost++;
	for (size_t i = 0; i < socket->count; i++) {
		socket->first[i].lost_ns = socket->down_since_ns;
		history_write(&race->history, "lost", socket->down_since_ns, NULL, socket->first[i].name, NULL, 0);
	}
	timer_set(&race->loop.timers, &socket->retry, socket->down_since_ns);
}

static void on_answer(struct event_socket *socket, const struct event *event)
{
	struct race *race = socket->race;

	race->last_answer_ns = now_ns();
	if (!event->status ||
		ws_requests_answer(&socket->requests, event->request_id, event->status, race->last_answer_ns)) {
		race->stats.unreadable += !event->status;
	}
}

static void on_message(struct event_socket *socket, const char *json, size_t len)
{
	struct race *race = socket->race;
	struct app *app = socket->count == 1 ? socket->first : NULL;
	struct event event;

	race->stats.events++;
	race->stats.event_bytes += len;
	if (event_parse(json, len, app ? EVENT_WANTS_NO_MORE : EVENT_WANTS_APPLICATION, &event)) {
		race->stats.unreadable++;
		return;
	}
	if (event.type == EVENT_OTHER) {
		return;
	}
	if (event.type == EVENT_REST_RESPONSE) {
		on_answer(socket, &event);
		return;
	}
	if (socket->node) {
		snprintf(event.node, sizeof(event.node), "%s", socket->node);
	}
	app = app ? app : apps_find(&race->apps, event.application);
	if (app) {
		race->last_event_ns = now_ns();
		race->sockets->on_event(race, app, &event, race->last_event_ns);
	}
}

/*! \retval -1 to close the WebSocket: what comes is no event any more */
static int on_receive(struct event_socket *socket, const char *piece, size_t len)
{
	struct race *race = socket->race;
	struct message *message = &socket->message;
	bool complete = lws_is_final_fragment(socket->wsi) && !lws_remaining_packet_payload(socket->wsi);
	const char *wrong;

	if (complete && !message->len) {
		on_message(socket, piece, len);
		return 0;
	}
	wrong = message_add(message, piece, len);
	if (wrong) {
		race_give_up(
			race, "http://%s: %s on the WebSocket of %s", socket->target->host, wrong, socket->first->name);
		return -1;
	}
	if (complete) {
		on_message(socket, message->bytes, message->len);
		message_clear(message);
	}
	return 0;
}

static int add_authorization(
	const struct event_socket *socket, struct lws *wsi, unsigned char **at, size_t room)
{
	const char *value = socket->target->authorization;

	return lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, (const unsigned char *) value,
		(int) strlen(value), at, *at + room);
}

int event_socket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct event_socket *socket = user;

	switch (reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return add_authorization(socket, wsi, in, len);
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		on_established(socket, wsi);
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return on_receive(socket, in, len);
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		if (socket->race->sockets->closing) {
			lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
			return -1;
		}
		return ws_requests_write(&socket->requests, wsi);
	case LWS_CALLBACK_CLIENT_CLOSED:
		on_closed(socket);
		return 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		on_refused(socket, in ? in : "no reason given");
		return 0;
	default:
		return 0;
	}
}

void event_sockets_shut_down(struct event_sockets *sockets)
{
	sockets->closing = true;
	for (size_t i = 0; i < sockets->count; i++) {
		struct event_socket *socket = sockets->all[i];

		if (socket->state == EVENT_SOCKET_UP) {
			lws_callback_on_writable(socket->wsi);
		}
	}
}

void event_sockets_abandon(struct event_sockets *sockets)
{
	sockets->closing = true;
}

void event_sockets_destroy(struct event_sockets *sockets)
{
	for (size_t i = 0; i < sockets->count; i++) {
		message_clear(&sockets->all[i]->message);
		ws_requests_clear(&sockets->all[i]->requests);
		free(sockets->all[i]->node);
		free(sockets->all[i]);
	}
	free(sockets->of_app);
	free(sockets->all);
	free(sockets);
}

size_t event_sockets_unread(const struct event_sockets *sockets)
{
	size_t all = 0;

	for (size_t i = 0; i < sockets->count; i++) {
		const struct event_socket *socket = sockets->all[i];
		int unread = 0;

		if (socket->stalled && socket->state == EVENT_SOCKET_UP &&
			!ioctl(lws_get_socket_fd(socket->wsi), FIONREAD, &unread)) {
			all += (size_t) unread;
		}
	}
	return all;
}

void event_sockets_send(struct event_sockets *sockets, const struct app *app, const char *method,
	const struct text *uri, uint64_t *sent_ns, http_answer_cb done, void *data)
{
	size_t share = (size_t) sockets->race->options.apps_per_connection;
	struct event_socket *socket = sockets->all[app->index / share]; /* those that read come first */

	ws_requests_add(&socket->requests, method, uri, sent_ns, done, data);
	if (socket->state == EVENT_SOCKET_UP && ws_requests_write(&socket->requests, socket->wsi)) {
		lws_set_timeout(socket->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
	}
}

size_t event_sockets_give_up(struct event_sockets *sockets, uint64_t oldest_ns)
{
	size_t count = 0;

	for (size_t i = 0; i < sockets->count; i++) {
		count += ws_requests_give_up(&sockets->all[i]->requests, oldest_ns);
	}
	return count;
}
