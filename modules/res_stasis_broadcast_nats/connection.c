/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The connection to the bus: made and renewed, and what is published by it.
 */

#include "asterisk.h"

#include <stdatomic.h>

#include "asterisk/astobj2.h"
#include "asterisk/lock.h"
#include "asterisk/manager.h"
#include "asterisk/utils.h"

#include "config.h"
#include "connection.h"
#include "counters.h"
#include "monotonic.h"
#include "outbox.h"
#include "printable.h"
#include "workers.h"

/*! How long until the next try if there cannot be a connection, in nanoseconds. */
#define RETRY_NS INT64_C(1000000000)

/*! So often the log tells of a message that is too long, and of what NATS refuses, in nanoseconds. */
#define TOO_LONG_NS INT64_C(60000000000)
#define REFUSED_NS INT64_C(60000000000)

/*! How long a message may be if the server has not told, in bytes: what it takes unless it is told otherwise. */
#define LONGEST ((size_t) 1024 * 1024)

/*! The longest subject: the prefix, a word, two names, and the dots. */
#define SUBJECT_SIZE (CONFIG_PREFIX_SIZE + 16 + 2 * TOKEN_SIZE)

/*! All these are the thread's own. */
static struct bus *bus;
static char before_app[CONFIG_PREFIX_SIZE + 16];
static size_t before_app_length;
static char after_app[TOKEN_SIZE + 1];
static size_t after_app_length;
static char *buffer;
static size_t buffer_size;
static int64_t retry_ns = INT64_MAX;

/*! When the log was told that NATS refuses something; 0: not since the connection came. */
static _Atomic int64_t refused_ns;

/*! How long a message may be, in bytes. */
static atomic_size_t longest = LONGEST;

/*! Whether the library will not connect again by itself. */
static atomic_int has_given_up;

/*! Whom the connection belongs to: set before there is one. */
static _Atomic(const struct connection_user *) owner;

/*! Protects what follows. */
AST_MUTEX_DEFINE_STATIC(state_lock);
static struct connection_state state = { .is_connected = -1 };
static int64_t state_ns;
/*! Why there is no connection, as the log was told it last. */
static char told_reason[BUS_TEXT_SIZE];

/*! \brief Note what is known. */
static void set_state(int is_connected, const char *text)
{
	ast_mutex_lock(&state_lock);
	if (state.is_connected != is_connected) {
		state_ns = monotonic_ns();
	}
	state.is_connected = is_connected;
	ast_copy_string(state.text, text, sizeof(state.text));
	ast_mutex_unlock(&state_lock);
}

void connection_get_state(struct connection_state *copy)
{
	ast_mutex_lock(&state_lock);
	*copy = state;
	copy->for_s = (monotonic_ns() - state_ns) / 1000000000;
	ast_mutex_unlock(&state_lock);
}

/*! \brief Tell managers. */
static void tell_ami(int is_connected, const char *text)
{
	struct config *config = config_get();
	char shown[BUS_TEXT_SIZE];
	char node[PRINTABLE_SIZE];

	manager_event(EVENT_FLAG_SYSTEM, "StasisBroadcastBus", "Status: %s\r\n%s: %s\r\nNode: %s\r\n",
		is_connected ? "Connected" : "Disconnected", is_connected ? "Server" : "Reason",
		printable(text, shown, sizeof(shown)), printable(config ? config->node : "", node, sizeof(node)));
	ao2_cleanup(config);
}

/*!
 * \brief Whether the log has to be told.
 *
 * After a reload it may be connected as before, but to another server. And it may have gone because a server ended, and
 * not come back because the next one does not let us in.
 */
static int is_news(const struct connection_state *before, int is_connected, const char *text)
{
	int is_other;

	ast_mutex_lock(&state_lock);
	is_other = strcmp(is_connected > 0 ? before->text : told_reason, text) != 0;
	if (before->is_connected == (is_connected > 0) && (!is_connected || !is_other)) {
		ast_mutex_unlock(&state_lock);
		return 0;
	}
	ast_copy_string(told_reason, is_connected > 0 ? "" : text, sizeof(told_reason));
	ast_mutex_unlock(&state_lock);
	return 1;
}

/*! \brief Tell the log. */
static void log_change(int is_connected, const char *text)
{
	char shown[BUS_TEXT_SIZE];

	printable(text, shown, sizeof(shown));
	if (is_connected > 0) {
		ast_log(LOG_NOTICE, "NATS: connected to %s\n", shown);
	} else {
		ast_log(LOG_WARNING,
			"NATS: no connection: %s. Only applications of ARI are offered calls until there is one\n",
			shown);
	}
}

/*! \brief The connection has come or gone, or (-1) will not come by itself. In a thread of the library's, or in ours. */
static void changed(int is_connected, const char *text)
{
	struct connection_state before;

	connection_get_state(&before);
	if (is_connected > 0) {
		atomic_store(&refused_ns, 0);
	}
	workers_set_connected(is_connected > 0);
	set_state(is_connected > 0, text);
	if (is_connected > 0) {
		/* Only now: the thread that this wakes says nothing of us while it finds no connection, and sleeps again. */
		atomic_load(&owner)->connected();
	}
	if (!is_news(&before, is_connected, text)) {
		return;
	}
	if (is_connected > 0) {
		count(COUNTER_CONNECTS);
	} else if (before.is_connected > 0) {
		count(COUNTER_DISCONNECTS);
	}
	log_change(is_connected, text);
	if (is_connected > 0 || before.is_connected) {
		tell_ami(is_connected > 0, text);
	}
}

/*! \brief As changed(), from the library. */
static void on_changed(int is_connected, const char *text)
{
	changed(is_connected, text);
	if (is_connected < 0) {
		/* It has given up, as when it may not log in. */
		atomic_store(&has_given_up, 1);
		outbox_wake();
	}
}

static void on_overrun(void)
{
	count(COUNTER_OVERRUNS);
}

/*! \brief The server has permissions that do not suffice: without a word, that is a node that nobody hears. */
static void on_refused(const char *text)
{
	char shown[BUS_TEXT_SIZE];

	count(COUNTER_REFUSED);
	if (monotonic_is_time(&refused_ns, REFUSED_NS)) {
		ast_log(LOG_WARNING,
			"NATS: the server refuses what a node needs: %s. Give its user what contrib/nats/nats-server.conf gives a node\n",
			printable(text, shown, sizeof(shown)));
	}
}

/*! \brief Have a prefix; with another one than before, no worker is known. */
static void set_prefix(const char *prefix)
{
	char before[sizeof(before_app)];

	ast_copy_string(before, before_app, sizeof(before));
	before_app_length = (size_t) snprintf(before_app, sizeof(before_app), "%s.offer.", prefix);
	if (*before && strcmp(before, before_app)) {
		workers_forget();
	}
}

/*! \brief Make a connection. \retval 0 on success, else -1 with the \a reason. */
static int begin(const struct config *config, char reason[BUS_TEXT_SIZE])
{
	const struct bus_options options = {
		.servers = config->servers,
		.user = config->user,
		.password = config->password,
		.credentials = config->credentials,
		.tls = config->tls,
		.tls_ca = config->tls_ca,
		.name = config->node_token,
		.changed = on_changed,
		.overrun = on_overrun,
		.refused = on_refused,
	};
	const char *refusal = bus_check(&options);

	if (refusal) {
		ast_copy_string(reason, refusal, BUS_TEXT_SIZE);
		return -1;
	}
	set_prefix(config->prefix);
	after_app_length = (size_t) snprintf(after_app, sizeof(after_app), ".%s", config->node_token);
	bus = bus_open(&options, reason);
	if (bus && atomic_load(&owner)->subscribe(bus, config)) {
		ast_copy_string(reason, "no memory, or no thread", BUS_TEXT_SIZE);
		bus_close(bus, 0);
		bus = NULL;
	}
	return bus ? 0 : -1;
}

/*! \brief Say, once, why there is no connection. */
static void tell_failed(const char *reason)
{
	char shown[BUS_TEXT_SIZE];
	struct connection_state before;

	connection_get_state(&before);
	if (before.is_connected == 0 && !strcmp(before.text, reason)) {
		return;
	}
	set_state(0, reason);
	ast_log(LOG_ERROR, "NATS: there can be no connection: %s. It is tried again\n",
		printable(reason, shown, sizeof(shown)));
}

void connection_renew(const struct connection_user *user)
{
	struct config *config = config_get();
	char reason[BUS_TEXT_SIZE] = "";

	atomic_store(&owner, user);
	retry_ns = INT64_MAX;
	bus_close(bus, 0);
	bus = NULL;
	atomic_store(&has_given_up, 0);
	if (!config || ast_strlen_zero(config->node)) {
		workers_set_connected(0);
		set_state(-1, "");
	} else if (begin(config, reason)) {
		workers_set_connected(0);
		tell_failed(reason);
		retry_ns = monotonic_ns() + RETRY_NS;
	}
	ao2_cleanup(config);
}

void connection_end(void)
{
	bus_close(bus, 1);
	bus = NULL;
	workers_set_connected(0);
	set_state(-1, "");
	ast_free(buffer);
	buffer = NULL;
	buffer_size = 0;
	retry_ns = INT64_MAX;
}

/*! \brief Note how long a message may be. The server may tell another length at any time. */
static void note_longest(void)
{
	const size_t told = bus ? bus_longest(bus) : 0;

	atomic_store(&longest, told ? told : LONGEST);
}

size_t connection_longest(void)
{
	return atomic_load(&longest);
}

int64_t connection_attend(void)
{
	if (atomic_exchange(&has_given_up, 0)) {
		retry_ns = monotonic_ns() + RETRY_NS;
	}
	if (retry_ns <= monotonic_ns()) {
		connection_renew(atomic_load(&owner));
	}
	note_longest();
	return retry_ns;
}

/*! \brief Tell the log, once in a while, of what no server takes. */
static void tell_too_long(const char *subject, size_t length)
{
	static _Atomic int64_t told_ns;
	char shown[PRINTABLE_SIZE];

	if (monotonic_is_time(&told_ns, TOO_LONG_NS)) {
		ast_log(LOG_WARNING,
			"Fleet: a message of %zu bytes to %s is not sent: it is longer than max_payload of the NATS server. "
			"Raise that, or have fewer or shorter channelvars in ari.conf\n",
			length, printable(subject, shown, sizeof(shown)));
	}
}

/*! \brief Publish one. \retval 0 on success, else -1; then it is counted. */
static int send_one(const char *subject, const char *data, size_t length)
{
	const int result = bus ? bus_publish(bus, subject, data, length) : -1;

	if (result) {
		count(COUNTER_UNSENT);
	}
	if (result == BUS_TOO_LONG) {
		tell_too_long(subject, length);
	}
	return result;
}

void connection_publish(const char *subject, const char *data, size_t length)
{
	send_one(subject, data, length);
}

/*! \brief Make room in the buffer. \retval 0 on success, -1 without memory. */
static int make_room(size_t size)
{
	char *larger = size > buffer_size ? ast_realloc(buffer, size) : buffer;

	if (!larger) {
		return -1;
	}
	buffer = larger;
	buffer_size = MAX(buffer_size, size);
	return 0;
}

/*! \brief Put bytes behind others. \return Where the next ones go. */
static char *put(char *next, const char *bytes, size_t length)
{
	return (char *) memcpy(next, bytes, length) + length;
}

/*! \brief Put a number that is not negative behind others. printf() takes longer than all the rest of an event. */
static char *put_number(char *next, int64_t number)
{
	char digits[20];
	size_t used = sizeof(digits);

	do {
		digits[--used] = (char) ('0' + number % 10);
		number /= 10;
	} while (number);
	return put(next, digits + used, sizeof(digits) - used);
}

/*! \brief Write an event into the buffer. \return How long it is; 0 without memory. */
static size_t write_event(
	const struct fleet_app *app, const struct event_text *text, int64_t until_ns, int64_t now_ns)
{
	static const char before_name[] = "{\"application\":";
	static const char before_time[] = ",\"remaining_ms\":";
	size_t length;
	const char *name = fleet_app_json(app, &length);
	char *next;

	if (make_room(length + text->length + 64)) {
		return 0;
	}
	next = put(buffer, before_name, sizeof(before_name) - 1);
	next = put(next, name, length);
	if (until_ns) {
		next = put(next, before_time, sizeof(before_time) - 1);
		next = put_number(next, (MAX(until_ns - now_ns, 0) + 999999) / 1000000);
	}
	*next++ = ',';
	next = put(next, text->text, text->length);
	return (size_t) (next - buffer);
}

/*! \brief Write the subject of events for an application. */
static void write_subject(const struct fleet_app *app, char subject[SUBJECT_SIZE])
{
	size_t length;
	const char *token = fleet_app_token(app, &length);
	char *next = put(subject, before_app, before_app_length);

	next = put(next, token, length);
	put(next, after_app, after_app_length + 1);
}

void connection_publish_event(
	const struct fleet_app *app, const struct event_text *text, int64_t until_ns, int64_t now_ns)
{
	const size_t length = bus ? write_event(app, text, until_ns, now_ns) : 0;
	char subject[SUBJECT_SIZE];

	if (!length) {
		count(COUNTER_UNSENT);
		return;
	}
	write_subject(app, subject);
	if (!send_one(subject, buffer, length)) {
		count(COUNTER_PUBLISHED);
	}
}

void connection_flush(void)
{
	if (bus) {
		bus_flush(bus);
	}
}
