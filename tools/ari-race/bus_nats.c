/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Connections to NATS by libnats. It reads and writes when our loop says so, and has no thread for a
 * connection: subscriptions are emptied here, right after a read, so that a message is handled in the turn in which
 * it came.
 */

#include "bus.h"
#include "memory.h"

#include <ev.h>
#include <nats/nats.h>
#include <stdlib.h>
#include <string.h>

#define SERVERS_MAX 16
#define CONNECT_MS 2000
#define CLOSE_MS 1000

struct bus_link {
	struct ev_loop *loop;
	struct bus_owner owner;
	natsConnection *connection;
	natsSubscription **subscriptions;
	size_t count;
	ev_io reads;
	ev_io writes;
	bool closing; /*!< by us */
};

const char *bus_missing(void)
{
	return NULL;
}

/*! \brief Hand over the next message of a subscription. \return false if there is none */
static bool take_one(struct bus_link *link, natsSubscription *subscription)
{
	struct bus_message message = { .subject = "", .body = "" };
	natsMsg *msg = NULL;
	natsStatus s = natsSubscription_NextMsg(&msg, subscription, 0);

	if (s == NATS_OK) {
		message.subject = natsMsg_GetSubject(msg);
		message.body = natsMsg_GetData(msg);
		message.len = (size_t) natsMsg_GetDataLength(msg);
	}
	message.nobody = s == NATS_NO_RESPONDERS;
	if (s == NATS_OK || message.nobody) {
		link->owner.on_message(link->owner.data, &message);
	}
	natsMsg_Destroy(msg);
	return s == NATS_OK || message.nobody;
}

/*! \brief Hand over all that a read has brought. */
static void empty(struct bus_link *link)
{
	for (size_t i = 0; i < link->count && !link->closing; i++) {
		while (!link->closing && take_one(link, link->subscriptions[i])) {
		}
	}
}

static void on_readable(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct bus_link *link = watcher->data;
	const char *why = NULL;

	(void) loop;
	(void) events;
	natsConnection_ProcessReadEvent(link->connection);
	empty(link);
	if (!link->closing && natsConnection_IsClosed(link->connection)) {
		ev_io_stop(link->loop, &link->reads);
		natsConnection_GetLastError(link->connection, &why);
		link->owner.on_gone(link->owner.data, why && *why ? why : "it has closed the connection");
	}
}

static void on_writable(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct bus_link *link = watcher->data;

	(void) loop;
	(void) events;
	natsConnection_ProcessWriteEvent(link->connection);
}

/*! \brief libnats has connected. It hands us what natsOptions_SetEventLoop() was given, as \a loop. */
static natsStatus attach(void **data, void *loop, natsConnection *connection, natsSock socket)
{
	struct bus_link *link = loop;

	*data = link;
	link->connection = connection;
	ev_io_init(&link->reads, on_readable, socket, EV_READ);
	ev_io_init(&link->writes, on_writable, socket, EV_WRITE);
	link->reads.data = link->writes.data = link;
	ev_io_start(link->loop, &link->reads);
	return NATS_OK;
}

static natsStatus watch(struct bus_link *link, ev_io *watcher, bool add)
{
	if (add) {
		ev_io_start(link->loop, watcher);
	} else {
		ev_io_stop(link->loop, watcher);
	}
	return NATS_OK;
}

static natsStatus want_read(void *data, bool add)
{
	struct bus_link *link = data;

	return watch(link, &link->reads, add);
}

static natsStatus want_write(void *data, bool add)
{
	struct bus_link *link = data;

	return watch(link, &link->writes, add);
}

static natsStatus detach(void *data)
{
	want_read(data, false);
	return want_write(data, false);
}

/*!
 * \brief No second connection when one breaks, and no pings: libnats would do both on threads of its own. That NATS
 * stands still is seen by answers that do not come.
 */
static natsStatus set_options(natsOptions *options, struct bus_link *link, char *servers, const char *name)
{
	const char *list[SERVERS_MAX];
	char *rest = NULL;
	int count = 0;
	natsStatus s;

	for (char *one = strtok_r(servers, ",", &rest); one && count < SERVERS_MAX;
		 one = strtok_r(NULL, ",", &rest)) {
		list[count++] = one;
	}
	s = natsOptions_SetServers(options, list, count);
	s = s ? s : natsOptions_SetName(options, name);
	s = s ? s : natsOptions_SetTimeout(options, CONNECT_MS);
	s = s ? s : natsOptions_SetAllowReconnect(options, false);
	s = s ? s : natsOptions_SetPingInterval(options, 0);
	s = s ? s : natsOptions_SetSendAsap(options, true);
	return s ? s : natsOptions_SetEventLoop(options, link, attach, want_read, want_write, detach);
}

struct bus_link *bus_open(
	const char *url, const char *name, struct ev_loop *loop, const struct bus_owner *owner, const char **why)
{
	struct bus_link *link = xcalloc(1, sizeof(*link));
	char *servers = xstrdup(url);
	natsOptions *options = NULL;
	natsConnection *connection = NULL;
	natsStatus s;

	link->loop = loop;
	link->owner = *owner;
	s = natsOptions_Create(&options);
	s = s ? s : set_options(options, link, servers, name);
	s = s ? s : natsConnection_Connect(&connection, options);
	natsOptions_Destroy(options);
	free(servers);
	link->connection = connection;
	if (s) {
		*why = natsStatus_GetText(s);
		free(link);
		return NULL;
	}
	return link;
}

bool bus_subscribe(struct bus_link *link, const char *subject)
{
	link->subscriptions = xrealloc(link->subscriptions, (link->count + 1) * sizeof(natsSubscription *));
	if (natsConnection_SubscribeSync(&link->subscriptions[link->count], link->connection, subject)) {
		return false;
	}
	link->count++;
	natsConnection_ProcessWriteEvent(link->connection);
	return true;
}

void bus_publish(struct bus_link *link, const char *subject, const char *reply, const char *body)
{
	if (reply) {
		natsConnection_PublishRequestString(link->connection, subject, reply, body);
	} else {
		natsConnection_PublishString(link->connection, subject, body);
	}
	natsConnection_ProcessWriteEvent(
		link->connection); /* at once, not when the loop finds the socket writable */
}

void bus_close(struct bus_link *link)
{
	if (!link) {
		return;
	}
	link->closing = true;
	for (size_t i = 0; i < link->count; i++) {
		natsSubscription_Destroy(link->subscriptions[i]);
	}
	natsConnection_ProcessWriteEvent(link->connection);
	natsConnection_Close(link->connection);
	natsConnection_Destroy(link->connection);
	free(link->subscriptions);
	free(link);
}

void bus_end(void)
{
	nats_CloseAndWait(CLOSE_MS);
}
