/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The WebSockets on which events come.
 */

#include "feed.h"
#include "answers.h"
#include "clock.h"
#include "event.h"
#include "memory.h"
#include "race.h"
#include "stages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define CONNECTING_MAX 8 /* Asterisk's listen backlog is 10 */
#define RETRY_NS (100 * NS_PER_MS)
#define RETRY_FOR_NS (3 * NS_PER_S)

static void add_path(struct text *path, const struct feed *feed)
{
	text_add(path, feed->race->options.target.prefix);
	text_add(path, "/ari/events?app=");
	for (size_t i = 0; i < feed->count; i++) {
		text_add(path, i ? "," : "");
		text_add_url(path, feed->first[i].name);
	}
}

static bool connect_feed(struct feed *feed)
{
	const struct target *target = &feed->race->options.target;
	char path_buf[24000];
	struct text path;
	struct lws_client_connect_info info = {
		.context = feed->race->loop.lws,
		.address = target->address,
		.port = target->port,
		.path = path_buf,
		.host = target->host,
		.origin = target->host,
		.protocol = "ari",
		.userdata = feed,
	};

	text_init(&path, path_buf, sizeof(path_buf));
	add_path(&path, feed);
	feed->state = FEED_CONNECTING;
	feed->race->feeds.connecting++;
	feed->wsi = path.truncated ? NULL : lws_client_connect_via_info(&info);
	if (!feed->wsi) {
		feed->state = FEED_DOWN;
		feed->race->feeds.connecting--;
	}
	return feed->wsi;
}

void feeds_connect(struct feeds *feeds)
{
	while (feeds->next < feeds->count && feeds->connecting < CONNECTING_MAX && !feeds->closing) {
		struct feed *feed = &feeds->all[feeds->next++];

		if (!connect_feed(feed)) {
			race_gone(feeds->race, "%s: the WebSocket could not be opened", feed->first->name);
			return;
		}
	}
}

/*! \brief A reading application lost its WebSocket: come back at once, and then every RETRY_NS for a while. */
static void reconnect(struct timer *timer)
{
	struct feed *feed = lws_container_of(timer, struct feed, retry);

	if (!feed->race->feeds.closing && !connect_feed(feed)) {
		race_gone(feed->race, "%s lost its WebSocket and could not connect again", feed->first->name);
	}
}

static void add_feed(struct feeds *feeds, size_t first, size_t count, bool stalled)
{
	struct feed *feed = &feeds->all[feeds->count++];

	feed->race = feeds->race;
	feed->first = &feeds->race->apps.all[first];
	feed->count = count;
	feed->stalled = stalled;
	feed->retry.fire = reconnect;
}

/*! \brief Share out the applications from \a first to before \a end. */
static void share_out(struct feeds *feeds, size_t first, size_t end, bool stalled)
{
	size_t share = (size_t) feeds->race->options.apps_per_connection;

	for (; first < end; first += share) {
		add_feed(feeds, first, end - first < share ? end - first : share, stalled);
	}
}

void feeds_open(struct feeds *feeds, struct race *race)
{
	*feeds = (struct feeds){ .race = race };
	feeds->all = xcalloc(race->apps.count, sizeof(*feeds->all));
	share_out(feeds, 0, race->apps.readers, false);
	share_out(feeds, race->apps.readers, race->apps.count, true);
}

static void stop_reading(struct feed *feed)
{
	int size = (int) feed->race->options.stalled_buffer;

	if (size) {
		setsockopt(lws_get_socket_fd(feed->wsi), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	}
	lws_rx_flow_control(feed->wsi, 0);
}

static void on_established(struct feed *feed, struct lws *wsi)
{
	struct feeds *feeds = &feed->race->feeds;

	feed->wsi = wsi;
	feed->state = FEED_UP;
	feed->partial_len = 0;
	feeds->connecting--;
	feeds->up++;
	if (feed->stalled) {
		stop_reading(feed);
	}
	feeds_connect(feeds);
	if (feed->race->stage == STAGE_CONNECT && feeds->up == feeds->count) {
		stages_run(feed->race);
	}
}

/*! \brief A connection did not come about. */
static void on_refused(struct feed *feed, const char *why)
{
	struct race *race = feed->race;

	feed->wsi = NULL;
	feed->state = FEED_DOWN;
	race->feeds.connecting--;
	if (race->feeds.closing) {
		return;
	}
	if (!feed->down_since_ns) {
		race_gone(race,
			"Asterisk did not open the WebSocket of %s (%s). Is http.conf's sessionlimit, 100 unless set, enough "
			"for %zu WebSockets and as many HTTP connections as --http-connections?",
			feed->first->name, why, race->feeds.count);
	} else if (target_probe(&race->options.target)) {
		race_gone(race, "Asterisk went away: %s", target_probe(&race->options.target));
	} else if (now_ns() - feed->down_since_ns > RETRY_FOR_NS) {
		race_gone(race, "%s lost its WebSocket and could not open it again (%s)", feed->first->name, why);
	} else {
		timer_set(&race->loop.timers, &feed->retry, now_ns() + RETRY_NS);
	}
}

/*! \brief A WebSocket that stood is closed. */
static void on_closed(struct feed *feed)
{
	struct race *race = feed->race;

	feed->wsi = NULL;
	feed->state = FEED_CLOSED;
	race->feeds.up--;
	if (race->feeds.closing) {
		if (!race->feeds.up) {
			stages_closed(race);
		}
		return;
	}
	if (feed->stalled) {
		return; /* Asterisk has had enough of it, which is for the report */
	}
	feed->down_since_ns = now_ns();
	race->stats.lost++;
	for (size_t i = 0; i < feed->count; i++) {
		feed->first[i].lost_ns = feed->down_since_ns;
		history_write(&race->history, "lost", feed->down_since_ns, NULL, feed->first[i].name, NULL, 0);
	}
	timer_set(&race->loop.timers, &feed->retry, feed->down_since_ns);
}

static void on_message(struct feed *feed, const char *json, size_t len)
{
	struct race *race = feed->race;
	struct app *app = feed->count == 1 ? feed->first : NULL;
	struct event event;

	race->stats.events++;
	race->stats.event_bytes += len;
	if (event_parse(json, len, !app, &event)) {
		race->stats.unreadable++;
		return;
	}
	if (event.type == EVENT_OTHER) {
		return;
	}
	app = app ? app : apps_find(&race->apps, event.application);
	if (app) {
		race->last_event_ns = now_ns();
		answers_on_event(race, app, &event, race->last_event_ns);
	}
}

/*! \brief Keep a piece of a message until the rest comes. */
static void keep(struct feed *feed, const char *piece, size_t len)
{
	if (feed->partial_len + len > feed->partial_size) {
		feed->partial_size = (feed->partial_len + len) * 2;
		feed->partial = xrealloc(feed->partial, feed->partial_size);
	}
	memcpy(feed->partial + feed->partial_len, piece, len);
	feed->partial_len += len;
}

static void on_receive(struct feed *feed, const char *piece, size_t len)
{
	bool complete = lws_is_final_fragment(feed->wsi) && !lws_remaining_packet_payload(feed->wsi);

	if (complete && !feed->partial_len) {
		on_message(feed, piece, len);
		return;
	}
	keep(feed, piece, len);
	if (complete) {
		on_message(feed, feed->partial, feed->partial_len);
		feed->partial_len = 0;
	}
}

static int add_authorization(const struct feed *feed, struct lws *wsi, unsigned char **at, size_t room)
{
	const char *value = feed->race->options.target.authorization;

	return lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, (const unsigned char *) value,
		(int) strlen(value), at, *at + room);
}

int feed_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct feed *feed = user;

	switch (reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return add_authorization(feed, wsi, in, len);
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		on_established(feed, wsi);
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		on_receive(feed, in, len);
		return 0;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		if (feed->race->feeds.closing) {
			lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
			return -1;
		}
		return 0;
	case LWS_CALLBACK_CLIENT_CLOSED:
		on_closed(feed);
		return 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		on_refused(feed, in ? in : "no reason given");
		return 0;
	default:
		return 0;
	}
}

void feeds_shut_down(struct feeds *feeds)
{
	feeds->closing = true;
	for (size_t i = 0; i < feeds->count; i++) {
		struct feed *feed = &feeds->all[i];

		if (feed->state == FEED_UP) {
			lws_callback_on_writable(feed->wsi);
		}
	}
	if (!feeds->up) {
		stages_closed(feeds->race);
	}
}

void feeds_close(struct feeds *feeds)
{
	for (size_t i = 0; i < feeds->count; i++) {
		free(feeds->all[i].partial);
	}
	free(feeds->all);
}

size_t feeds_unread(const struct feeds *feeds)
{
	size_t all = 0;

	for (size_t i = 0; i < feeds->count; i++) {
		const struct feed *feed = &feeds->all[i];
		int unread = 0;

		if (feed->stalled && feed->state == FEED_UP &&
			!ioctl(lws_get_socket_fd(feed->wsi), FIONREAD, &unread)) {
			all += (size_t) unread;
		}
	}
	return all;
}
