/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief NATS: libnats hears on threads of its own; what it has heard is handed over to the loop.
 */

#include "bus.h"
#include "text.h"

#include <nats/nats.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SERVERS_MAX 16
#define SUBJECT_MAX (2 * TOKEN_SIZE + 512)

struct bus {
	struct bus_options options;
	char app[TOKEN_SIZE];
	char inbox[TOKEN_SIZE + 64];
	natsConnection *connection;
	natsSubscription *offers, *nodes, *answers;
	void (*wake)(void *data);
	void *data;
	pthread_mutex_t lock;
	struct bus_message *first, **last;
};

static void put(struct bus *bus, int kind, const char *token, json_t *body)
{
	struct bus_message *message = calloc(1, sizeof(*message));

	message->kind = kind;
	snprintf(message->token, sizeof(message->token), "%s", token);
	message->body = body;
	pthread_mutex_lock(&bus->lock);
	*bus->last = message;
	bus->last = &message->next;
	pthread_mutex_unlock(&bus->lock);
	bus->wake(bus->data);
}

struct bus_message *bus_next(struct bus *bus)
{
	struct bus_message *message;

	pthread_mutex_lock(&bus->lock);
	message = bus->first;
	if (message) {
		bus->first = message->next;
	}
	if (!bus->first) {
		bus->last = &bus->first;
	}
	pthread_mutex_unlock(&bus->lock);
	return message;
}

void bus_free(struct bus_message *message)
{
	json_decref(message->body);
	free(message);
}

/*! \brief A message has come: its last token says which node, or which request. */
static void heard(struct bus *bus, int kind, natsMsg *msg)
{
	const char *token = strrchr(natsMsg_GetSubject(msg), '.');
	json_t *body = NULL;

	if (!natsMsg_IsNoResponders(msg)) {
		/* Whoever may publish may have written it: not JSON, two equal names, a 0 in a string. */
		body = json_loadb(
			natsMsg_GetData(msg), (size_t) natsMsg_GetDataLength(msg), JSON_REJECT_DUPLICATES, NULL);
	}
	if (token && (body || kind == BUS_ANSWER)) {
		put(bus, kind, token + 1, body);
	} else {
		json_decref(body);
	}
	natsMsg_Destroy(msg);
}

static void on_offer(natsConnection *connection, natsSubscription *subscription, natsMsg *msg, void *data)
{
	(void) connection;
	(void) subscription;
	heard(data, BUS_OFFER, msg);
}

static void on_node(natsConnection *connection, natsSubscription *subscription, natsMsg *msg, void *data)
{
	(void) connection;
	(void) subscription;
	heard(data, BUS_NODE, msg);
}

static void on_answer(natsConnection *connection, natsSubscription *subscription, natsMsg *msg, void *data)
{
	(void) connection;
	(void) subscription;
	heard(data, BUS_ANSWER, msg);
}

static void connected(natsConnection *connection, void *data)
{
	(void) connection;
	put(data, BUS_CONNECTED, "", NULL);
}

static void lost(natsConnection *connection, void *data)
{
	(void) connection;
	put(data, BUS_LOST, "", NULL);
}

/*! \brief It is not connected, and libnats does not try again: as when it was refused twice. */
static void give_up(struct bus *bus, const char *error)
{
	put(bus, BUS_GIVEN_UP, "", json_pack("{s:s}", "error", error && *error ? error : "closed"));
}

static void closed(natsConnection *connection, void *data)
{
	const char *error = NULL;

	natsConnection_GetLastError(connection, &error);
	give_up(data, error);
}

/*!
 * \brief libnats' options: it gives up after 60 attempts and notices a dead server after minutes, if not told otherwise.
 *
 * \return Whether it takes them.
 */
static bool set_options(struct bus *bus, natsOptions *options, char *servers)
{
	const char *list[SERVERS_MAX];
	char *rest = NULL;
	int count = 0;

	for (char *one = strtok_r(servers, ",", &rest); one && count < SERVERS_MAX;
		 one = strtok_r(NULL, ",", &rest)) {
		list[count++] = one;
	}
	return !natsOptions_SetServers(options, list, count) &&
		!natsOptions_SetName(options, bus->options.worker) && !natsOptions_SetMaxReconnect(options, -1) &&
		!natsOptions_SetReconnectWait(options, 200) && !natsOptions_SetReconnectJitter(options, 200, 200) &&
		!natsOptions_SetPingInterval(options, 5000) && !natsOptions_SetSendAsap(options, true) &&
		!natsOptions_SetRetryOnFailedConnect(options, true, connected, bus) &&
		!natsOptions_SetReconnectedCB(options, connected, bus) &&
		!natsOptions_SetDisconnectedCB(options, lost, bus) &&
		!natsOptions_SetClosedCB(options, closed, bus) &&
		(!bus->options.user || !natsOptions_SetUserInfo(options, bus->options.user, bus->options.password));
}

static natsStatus subscribe(struct bus *bus)
{
	char subject[SUBJECT_MAX];
	natsStatus s;

	snprintf(bus->inbox, sizeof(bus->inbox), "_INBOX.%s.%ld-%ld", bus->app, (long) getpid(), random());
	snprintf(subject, sizeof(subject), "%s.*", bus->inbox);
	s = natsConnection_Subscribe(&bus->answers, bus->connection, subject, on_answer, bus);
	if (!s) {
		snprintf(subject, sizeof(subject), "%s.offer.%s.*", bus->options.prefix, bus->app);
		s = natsConnection_Subscribe(&bus->offers, bus->connection, subject, on_offer, bus);
	}
	if (!s) {
		snprintf(subject, sizeof(subject), "%s.node.*", bus->options.prefix);
		s = natsConnection_Subscribe(&bus->nodes, bus->connection, subject, on_node, bus);
	}
	return s;
}

/*! \brief Connect, as soon as there is a server. */
static natsStatus begin(struct bus *bus)
{
	natsOptions *options = NULL;
	char *servers = strdup(bus->options.servers);
	natsStatus s = natsOptions_Create(&options);

	if (!s) {
		s = set_options(bus, options, servers) ? natsConnection_Connect(&bus->connection, options)
											   : NATS_INVALID_ARG;
	}
	if (s == NATS_OK) {
		connected(bus->connection, bus);
	} else if (s == NATS_NOT_YET_CONNECTED) {
		lost(bus->connection, bus);
		s = NATS_OK;
	}
	if (s == NATS_OK) {
		s = subscribe(bus);
	}
	natsOptions_Destroy(options);
	free(servers);
	return s;
}

/*! \brief Let go of what begin() has made. */
static void end(struct bus *bus)
{
	natsConnection_Close(bus->connection);
	natsSubscription_Destroy(bus->offers);
	natsSubscription_Destroy(bus->nodes);
	natsSubscription_Destroy(bus->answers);
	natsConnection_Destroy(bus->connection);
	bus->offers = bus->nodes = bus->answers = NULL;
	bus->connection = NULL;
}

void bus_reconnect(struct bus *bus)
{
	natsStatus s;

	end(bus);
	s = begin(bus);
	if (s != NATS_OK) {
		give_up(bus, natsStatus_GetText(s));
	}
}

struct bus *bus_open(const struct bus_options *options, void (*wake)(void *data), void *data)
{
	struct bus *bus = calloc(1, sizeof(*bus));
	natsStatus s;

	bus->options = *options;
	bus->wake = wake;
	bus->data = data;
	bus->last = &bus->first;
	pthread_mutex_init(&bus->lock, NULL);
	text_quote(bus->app, sizeof(bus->app), options->app, TOKEN_KEEPS);
	s = begin(bus);
	if (s != NATS_OK) {
		fprintf(stderr, "worker: NATS: %s: see --nats\n", natsStatus_GetText(s));
		return NULL;
	}
	return bus;
}

static void publish(struct bus *bus, const char *reply, json_t *body, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void publish(struct bus *bus, const char *reply, json_t *body, const char *format, ...)
{
	char subject[SUBJECT_MAX];
	int length = snprintf(subject, sizeof(subject), "%s.", bus->options.prefix);
	char *text = json_dumps(body, JSON_COMPACT);
	va_list args;

	va_start(args, format);
	vsnprintf(subject + length, sizeof(subject) - (size_t) length, format, args);
	va_end(args);
	if (text && reply) {
		natsConnection_PublishRequestString(bus->connection, subject, reply, text);
	} else if (text) {
		natsConnection_PublishString(bus->connection, subject, text);
	}
	free(text);
	json_decref(body);
}

void bus_hello(struct bus *bus, int ttl_ms)
{
	publish(bus, NULL, json_pack("{s:s, s:i}", "worker", bus->options.worker, "ttl_ms", ttl_ms), "hello.%s",
		bus->app);
}

void bus_ping(struct bus *bus)
{
	publish(bus, NULL, json_object(), "ping");
}

void bus_ask(struct bus *bus, const char *verb, const char *node, unsigned number, json_t *body)
{
	char reply[sizeof(bus->inbox) + 16];

	snprintf(reply, sizeof(reply), "%s.%u", bus->inbox, number);
	json_object_set_new(body, "worker", json_string(bus->options.worker));
	publish(bus, reply, body, "%s.%s.%s", verb, node, bus->app);
}

void bus_close(struct bus *bus)
{
	struct bus_message *message;

	natsConnection_FlushTimeout(bus->connection, 1000);
	end(bus);
	nats_CloseAndWait(2000);
	while ((message = bus_next(bus))) {
		bus_free(message);
	}
	pthread_mutex_destroy(&bus->lock);
	free(bus);
}
