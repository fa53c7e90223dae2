/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The bus, by means of libnats.
 */

#include "bus.h"

#include <nats/nats.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json_text.h"

/*! The most URLs of servers. */
#define MAX_SERVERS 32

/*! The most subscriptions of a connection. */
#define MAX_SUBSCRIPTIONS 16

/*! So many messages of a subscription may wait to be taken, of so many bytes: more are dropped. */
#define PENDING_MESSAGES 16384
#define PENDING_BYTES (16 * 1024 * 1024)

/*! How long a write may block, in milliseconds. */
#define WRITE_MS 100

/*! How long to wait for a server when connecting, in milliseconds. */
#define CONNECT_MS 2000

/*! How long to wait before trying all servers again, in milliseconds. */
#define RETRY_MS 200

/*! So often the server is asked whether it is there, in milliseconds; a second silence is the end. */
#define PING_MS 5000

/*! How long to wait for the threads of the library to end, in milliseconds. */
#define END_MS 5000

struct bus {
	natsConnection *connection;
	void (*changed)(int state, const char *text);
	void (*overrun)(void);
	void (*refused)(const char *text);
	natsSubscription *subscriptions[MAX_SUBSCRIPTIONS];
	bus_handler handlers[MAX_SUBSCRIPTIONS];
	size_t count;

	/*! Protects all that follows. */
	pthread_mutex_t lock;
	/*! Signalled when it changes what bus_close() waits for. */
	pthread_cond_t ended;
	/*! Subscriptions whose thread has not ended. */
	size_t running;
	/*! Callbacks that run. */
	size_t inside;
	/*! Whether no callback may begin. */
	int is_closing;
	/*! Whether the library is done with the connection. */
	int is_closed;
	/*! What was told last; -1: nothing. */
	int is_connected;
};

/*! \brief Whether it is to be encrypted. The library does that for such a URL as well, whatever else it was told. */
static int has_tls(const struct bus_options *options)
{
	return options->tls || strstr(options->servers, "tls://");
}

const char *bus_check(const struct bus_options *options)
{
	unsigned long major;
	unsigned long minor;
	char *end;

	if (*options->credentials && access(options->credentials, R_OK)) {
		/* The library would try again and again, and not say why. */
		return "the file that credentials names is not there, or Asterisk's user may not read it";
	}
	if (!has_tls(options)) {
		return NULL;
	}
	major = strtoul(nats_GetVersion(), &end, 10);
	minor = *end ? strtoul(end + 1, NULL, 10) : 0;
	return major > 3 || (major == 3 && minor >= 11)
		? NULL
		: "libnats before 3.11 can hang with TLS. Run a leaf node of NATS on 127.0.0.1 that has TLS to the others, and "
		  "connect to it without";
}

/*! \brief Begin a callback. \retval 1 if it may run, and has to end with leave(). */
static int enter(struct bus *bus)
{
	int may_run;

	pthread_mutex_lock(&bus->lock);
	may_run = !bus->is_closing;
	bus->inside += (size_t) may_run;
	pthread_mutex_unlock(&bus->lock);
	return may_run;
}

static void leave(struct bus *bus)
{
	pthread_mutex_lock(&bus->lock);
	bus->inside--;
	pthread_cond_signal(&bus->ended);
	pthread_mutex_unlock(&bus->lock);
}

/*! \brief The URL of a server without user and password. */
static void hide_password(char *url)
{
	char *scheme = strstr(url, "://");
	char *begin = scheme ? scheme + 3 : url;
	char *at = strrchr(begin, '@');

	if (at) {
		memmove(begin, at + 1, strlen(at + 1) + 1);
	}
}

static void tell_connected(struct bus *bus, natsConnection *connection)
{
	char url[BUS_TEXT_SIZE] = "";

	natsConnection_GetConnectedUrl(connection, url, sizeof(url));
	hide_password(url);
	bus->changed(1, url);
}

/*! \brief Tell whether it is connected, if that is news. In the order in which the library's one thread tells us. */
static void tell(struct bus *bus, natsConnection *connection, int is_connected)
{
	const char *error = NULL;
	int is_news;

	if (!enter(bus)) {
		return;
	}
	pthread_mutex_lock(&bus->lock);
	is_news = bus->is_connected != is_connected;
	bus->is_connected = is_connected;
	pthread_mutex_unlock(&bus->lock);
	if (is_news && is_connected) {
		tell_connected(bus, connection);
	} else if (is_news) {
		natsConnection_GetLastError(connection, &error);
		bus->changed(0, error && *error ? error : "the connection was closed");
	}
	leave(bus);
}

/*! \brief Why there is no connection yet. The library does not say what is wrong with TLS, or with credentials. */
static void write_not_yet(struct bus *bus, const struct bus_options *options, char text[BUS_TEXT_SIZE])
{
	const char *error = NULL;

	natsConnection_GetLastError(bus->connection, &error);
	if (error && *error) {
		snprintf(text, BUS_TEXT_SIZE, "%s", error);
		return;
	}
	snprintf(text, BUS_TEXT_SIZE, "no server answers%s%s",
		has_tls(options)
			? ", or none has TLS and a certificate of its name that is valid and that tls_ca vouches for"
			: "",
		*options->credentials ? ", or the file that credentials names has none" : "");
}

/*! \brief Tell that it is not connected at first, unless it is by now. */
static void tell_not_yet(struct bus *bus, const struct bus_options *options)
{
	char text[BUS_TEXT_SIZE];
	int is_news;

	pthread_mutex_lock(&bus->lock);
	is_news = bus->is_connected < 0;
	if (is_news) {
		bus->is_connected = 0;
	}
	pthread_mutex_unlock(&bus->lock);
	if (!is_news) {
		return;
	}
	write_not_yet(bus, options, text);
	bus->changed(0, text);
	pthread_mutex_lock(&bus->lock);
	is_news = bus->is_connected > 0;
	pthread_mutex_unlock(&bus->lock);
	if (is_news) {
		/* It has come meanwhile, and may have been told before: the last word is that it is there. */
		tell_connected(bus, bus->connection);
	}
}

/*! \brief Tell that it is connected, and again until that is so or not: it may come or go while that is told. */
static void tell_as_it_is(struct bus *bus)
{
	int is_connected = 1;
	int told;

	do {
		told = is_connected;
		tell(bus, bus->connection, told);
		is_connected = natsConnection_Status(bus->connection) == NATS_CONN_STATUS_CONNECTED;
	} while (is_connected != told);
}

static void on_connected(natsConnection *connection, void *data)
{
	tell(data, connection, 1);
}

static void on_disconnected(natsConnection *connection, void *data)
{
	tell(data, connection, 0);
}

/*! \brief The last that the library tells of a connection. It gives up by itself if it may not log in. */
static void on_closed(natsConnection *connection, void *data)
{
	struct bus *bus = data;
	const char *error = NULL;

	if (enter(bus)) {
		natsConnection_GetLastError(connection, &error);
		bus->changed(-1, error && *error ? error : "it was closed");
		leave(bus);
	}
	pthread_mutex_lock(&bus->lock);
	bus->is_closed = 1;
	pthread_cond_signal(&bus->ended);
	pthread_mutex_unlock(&bus->lock);
}

static void on_error(natsConnection *connection, natsSubscription *subscription, natsStatus error, void *data)
{
	struct bus *bus = data;
	const char *text = NULL;

	(void) subscription;
	if ((error != NATS_SLOW_CONSUMER && error != NATS_NOT_PERMITTED) || !enter(bus)) {
		return;
	}
	if (error == NATS_SLOW_CONSUMER) {
		bus->overrun();
	} else {
		natsConnection_GetLastError(connection, &text);
		bus->refused(text && *text ? text : "Permissions Violation");
	}
	leave(bus);
}

/*! \brief Set the servers, from a list that is separated by commas. */
static natsStatus set_servers(natsOptions *options, const char *list)
{
	char *copy = strdup(list);
	const char *servers[MAX_SERVERS];
	natsStatus status = copy ? NATS_OK : NATS_NO_MEMORY;
	char *rest = copy;
	char *server;
	int count = 0;

	while (copy && count < MAX_SERVERS && (server = strsep(&rest, ", "))) {
		if (*server) {
			servers[count++] = server;
		}
	}
	if (copy) {
		status = natsOptions_SetServers(options, servers, count);
	}
	free(copy);
	return status;
}

#define TRY(call) status = status == NATS_OK ? (call) : status

/*! \brief How the connection behaves. */
static natsStatus set_behavior(natsOptions *options, struct bus *bus)
{
	natsStatus status = NATS_OK;

	TRY(natsOptions_SetTimeout(options, CONNECT_MS));
	TRY(natsOptions_SetRetryOnFailedConnect(options, true, on_connected, bus));
	TRY(natsOptions_SetReconnectedCB(options, on_connected, bus));
	TRY(natsOptions_SetDisconnectedCB(options, on_disconnected, bus));
	TRY(natsOptions_SetClosedCB(options, on_closed, bus));
	TRY(natsOptions_SetErrorHandler(options, on_error, bus));
	TRY(natsOptions_SetMaxReconnect(options, -1));
	TRY(natsOptions_SetReconnectWait(options, RETRY_MS));
	TRY(natsOptions_SetReconnectJitter(options, RETRY_MS, RETRY_MS));
	TRY(natsOptions_SetReconnectBufSize(options, 1));
	TRY(natsOptions_SetPingInterval(options, PING_MS));
	TRY(natsOptions_SetMaxPingsOut(options, 1));
	TRY(natsOptions_SetWriteDeadline(options, WRITE_MS));
	TRY(natsOptions_SetNoEcho(options, true));
	return status;
}

/*! \brief A text as it is within quotes of JSON, to be freed; NULL without memory. */
static char *within_quotes(const char *text)
{
	char *json = malloc(JSON_TEXT_SIZE(strlen(text)));
	size_t length;

	if (json) {
		length = json_text(text, json) - 2;
		memmove(json, json + 1, length);
		json[length] = '\0';
	}
	return json;
}

/*! \brief Who we are. The library puts these texts between quotes of the JSON that it logs in with, just as they are. */
static natsStatus set_names(natsOptions *options, const struct bus_options *wanted)
{
	char *name = within_quotes(wanted->name);
	char *user = within_quotes(wanted->user);
	char *password = within_quotes(wanted->password);
	natsStatus status = name && user && password ? NATS_OK : NATS_NO_MEMORY;

	TRY(natsOptions_SetName(options, name));
	if (*wanted->user) {
		TRY(natsOptions_SetUserInfo(options, user, password));
	}
	free(name);
	free(user);
	free(password);
	return status;
}

/*! \brief Whom to connect to, and as whom. */
static natsStatus set_peers(natsOptions *options, const struct bus_options *wanted)
{
	natsStatus status = set_servers(options, wanted->servers);

	TRY(set_names(options, wanted));
	if (*wanted->credentials) {
		TRY(natsOptions_SetUserCredentialsFromFiles(options, wanted->credentials, NULL));
	}
	if (has_tls(wanted)) {
		TRY(natsOptions_SetSecure(options, true));
		if (*wanted->tls_ca) {
			TRY(natsOptions_LoadCATrustedCertificates(options, wanted->tls_ca));
		}
	}
	return status;
}

/*! \brief Begin to connect. */
static natsStatus connect_bus(struct bus *bus, const struct bus_options *wanted)
{
	natsOptions *options = NULL;
	natsStatus status = natsOptions_Create(&options);

	TRY(set_behavior(options, bus));
	TRY(set_peers(options, wanted));
	TRY(natsConnection_Connect(&bus->connection, options));
	natsOptions_Destroy(options);
	return status;
}

static void init_waits(struct bus *bus)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&bus->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&bus->ended, &attributes);
	pthread_condattr_destroy(&attributes);
}

static void bus_free(struct bus *bus)
{
	pthread_cond_destroy(&bus->ended);
	pthread_mutex_destroy(&bus->lock);
	free(bus);
}

/*! \brief Say why there cannot be a connection. */
static void write_reason(const struct bus_options *options, natsStatus status, char reason[BUS_TEXT_SIZE])
{
	const char *detail = nats_GetLastError(NULL);

	if (status == NATS_INVALID_ARG && strchr(options->servers, '@')) {
		/* What the library quotes of a URL that it cannot read may be a part of a password. */
		detail = "servers has a URL that cannot be read: give user and password by their own settings";
	}
	snprintf(reason, BUS_TEXT_SIZE, "%s", detail && *detail ? detail : natsStatus_GetText(status));
}

struct bus *bus_open(const struct bus_options *options, char reason[BUS_TEXT_SIZE])
{
	struct bus *bus = calloc(1, sizeof(*bus));
	natsStatus status;

	if (!bus) {
		snprintf(reason, BUS_TEXT_SIZE, "out of memory");
		return NULL;
	}
	bus->changed = options->changed;
	bus->overrun = options->overrun;
	bus->refused = options->refused;
	bus->is_connected = -1;
	init_waits(bus);
	status = connect_bus(bus, options);
	if (status != NATS_OK && status != NATS_NOT_YET_CONNECTED) {
		write_reason(options, status, reason);
		bus_free(bus);
		return NULL;
	}
	/* The library tells only of a connection that is late, and that may have come meanwhile. */
	if (status == NATS_OK) {
		tell_as_it_is(bus);
	} else {
		tell_not_yet(bus, options);
	}
	return bus;
}

static void on_message(natsConnection *connection, natsSubscription *subscription, natsMsg *msg, void *data)
{
	const bus_handler *handler = data;
	const struct bus_message message = {
		.subject = natsMsg_GetSubject(msg),
		.reply = natsMsg_GetReply(msg),
		.data = natsMsg_GetData(msg),
		.length = (size_t) natsMsg_GetDataLength(msg),
	};

	(void) connection;
	(void) subscription;
	(*handler)(&message);
	natsMsg_Destroy(msg);
}

/*! \brief The thread of a subscription has ended. */
static void on_complete(void *data)
{
	struct bus *bus = data;

	pthread_mutex_lock(&bus->lock);
	bus->running--;
	pthread_cond_signal(&bus->ended);
	pthread_mutex_unlock(&bus->lock);
}

int bus_subscribe(struct bus *bus, const char *subject, bus_handler handler)
{
	natsSubscription *subscription = NULL;
	natsStatus status = NATS_NO_MEMORY;

	if (bus->count < MAX_SUBSCRIPTIONS) {
		bus->handlers[bus->count] = handler;
		status = natsConnection_Subscribe(
			&subscription, bus->connection, subject, on_message, &bus->handlers[bus->count]);
	}
	if (status != NATS_OK) {
		return -1;
	}
	pthread_mutex_lock(&bus->lock);
	bus->running++;
	pthread_mutex_unlock(&bus->lock);
	if (natsSubscription_SetOnCompleteCB(subscription, on_complete, bus) != NATS_OK) {
		/* The connection was closed meanwhile: nobody will tell. */
		on_complete(bus);
	}
	natsSubscription_SetPendingLimits(subscription, PENDING_MESSAGES, PENDING_BYTES);
	bus->subscriptions[bus->count++] = subscription;
	return 0;
}

size_t bus_longest(struct bus *bus)
{
	const int64_t longest = natsConnection_GetMaxPayload(bus->connection);

	return longest > 0 ? (size_t) longest : 0;
}

int bus_publish(struct bus *bus, const char *subject, const char *data, size_t length)
{
	const natsStatus status = natsConnection_Publish(bus->connection, subject, data, (int) length);

	return status == NATS_OK ? 0 : status == NATS_MAX_PAYLOAD ? BUS_TOO_LONG : -1;
}

int bus_flush(struct bus *bus)
{
	/* It writes at once, and comes back with the server's answer: what waits meanwhile goes in one piece next time. */
	return natsConnection_FlushTimeout(bus->connection, WRITE_MS) == NATS_OK ? 0 : -1;
}

/*! \brief Let no callback begin any more. */
static void shut(struct bus *bus)
{
	pthread_mutex_lock(&bus->lock);
	bus->is_closing = 1;
	pthread_mutex_unlock(&bus->lock);
}

/*! \brief Wait until no thread of a subscription and no callback runs. \retval 0 if so, -1 if that took too long. */
static int wait_for_end(struct bus *bus)
{
	struct timespec end;
	int failed = 0;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += END_MS / 1000;
	pthread_mutex_lock(&bus->lock);
	while (!failed && (bus->running || bus->inside || !bus->is_closed)) {
		failed = pthread_cond_timedwait(&bus->ended, &bus->lock, &end);
	}
	pthread_mutex_unlock(&bus->lock);
	return failed ? -1 : 0;
}

void bus_close(struct bus *bus, int is_last)
{
	int failed = 0;

	if (bus) {
		shut(bus);
		natsConnection_Close(bus->connection);
		failed = wait_for_end(bus);
		for (size_t i = 0; i < bus->count; i++) {
			natsSubscription_Destroy(bus->subscriptions[i]);
		}
		natsConnection_Destroy(bus->connection);
	}
	if (is_last) {
		nats_CloseAndWait(END_MS);
	}
	/* Rather lost than missed by a thread of the library's. */
	if (bus && !failed) {
		bus_free(bus);
	}
}
