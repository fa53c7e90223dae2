/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What nodes and workers tell each other of themselves.
 */

#include "asterisk.h"

#include <stdatomic.h>

#include "asterisk/astobj2.h"
#include "asterisk/json.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "awards.h"
#include "config.h"
#include "connection.h"
#include "counters.h"
#include "monotonic.h"
#include "namesake.h"
#include "nonce.h"
#include "outbox.h"
#include "presence.h"
#include "requests.h"
#include "workers.h"

/*! So often this node tells of itself, in nanoseconds. */
#define PERIOD_NS INT64_C(10000000000)

/*! At most so often, whoever asks, in nanoseconds. */
#define LEAST_NS INT64_C(50000000)

/*! The longest and the shortest time that a worker is believed, in milliseconds. */
#define MAX_TTL_MS 3600000
#define MIN_TTL_MS 100

/*! Whether this node has to tell of itself before its time, and to ask the workers for a hello. */
static atomic_int is_due;
static atomic_int must_ask;
/*! When this node told of itself; the thread that publishes. */
static int64_t last_ns;

void presence_connected(void)
{
	atomic_store(&must_ask, 1);
	atomic_store(&is_due, 1);
	outbox_wake();
}

/*! \brief Publish what there is to say of this node. */
static void say(const struct config *config)
{
	struct ast_json *body = ast_json_pack("{s: s, s: s, s: i, s: s}", "node", config->node, "ari",
		config->ari, "proto", 1, "instance", nonce_instance());
	char subject[CONFIG_PREFIX_SIZE + TOKEN_SIZE + 8];
	char *text;

	if (body && atomic_exchange(&must_ask, 0)) {
		ast_json_object_set(body, "ask_hello", ast_json_true());
	}
	text = body ? ast_json_dump_string(body) : NULL;
	if (text) {
		snprintf(subject, sizeof(subject), "%s.node.%s", config->prefix, config->node_token);
		connection_publish(subject, text, strlen(text));
	}
	ast_json_free(text);
	ast_json_unref(body);
}

int64_t presence_attend(void)
{
	const int64_t now_ns = monotonic_ns();
	int64_t due_ns = last_ns + (atomic_load(&is_due) ? LEAST_NS : PERIOD_NS);
	struct connection_state state;
	struct config *config;

	connection_get_state(&state);
	if (state.is_connected != 1) {
		return INT64_MAX;
	}
	if (due_ns > now_ns) {
		return due_ns;
	}
	atomic_store(&is_due, 0);
	last_ns = now_ns;
	config = config_get();
	if (config) {
		say(config);
	}
	ao2_cleanup(config);
	return now_ns + PERIOD_NS;
}

void on_hello(const struct bus_message *message)
{
	struct request request;

	if (request_read(message, REQUEST_WORKER | REQUEST_TTL, &request)) {
		return;
	}
	if (request.ttl_ms) {
		request.ttl_ms = MAX(MIN_TTL_MS, MIN(request.ttl_ms, MAX_TTL_MS));
	} else {
		/* Before its application goes: what it has bid for is the next best one's at once. */
		awards_leave(request.app, request.worker);
	}
	if (workers_hello(request.app, request.worker, request.ttl_ms)) {
		count(COUNTER_GARBAGE);
	} else {
		count(COUNTER_HELLOS);
	}
}

void on_ping(const struct bus_message *message attribute_unused)
{
	if (!atomic_exchange(&is_due, 1)) {
		outbox_wake();
	}
}

void on_node(const struct bus_message *message)
{
	struct ast_json *body = message->length && message->length <= 4096
		? ast_json_load_buf(message->data, message->length, NULL)
		: NULL;
	const char *instance = body ? ast_json_string_get(ast_json_object_get(body, "instance")) : NULL;
	const char *ari = body ? ast_json_string_get(ast_json_object_get(body, "ari")) : NULL;

	if (!instance) {
		count(COUNTER_GARBAGE);
	} else if (strcmp(instance, nonce_instance())) {
		if (namesake_heard(instance, S_OR(ari, "not told"))) {
			/* It shall know, too. Not each time, or the two would go on telling each other for ever. */
			on_ping(message);
		}
	}
	ast_json_unref(body);
}
