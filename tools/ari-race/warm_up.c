/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The beginning of a run: is that an Asterisk with ARI, and does it take all the connections?
 */

#include "warm_up.h"
#include "event_socket.h"
#include "pools.h"
#include "race.h"
#include "requests.h"

#include <stdio.h>
#include <string.h>

#define OTHERS_FIRST 2 /* connections for originates and hang-ups; more are opened when needed */

/*! \brief Asterisk has told its version, or why it does not want to. */
static void on_info(void *data, const struct http_answer *answer)
{
	struct race *race = data;
	const char *version = strstr(answer->body, "\"version\"");
	const char *quote = version ? strchr(version + 9, '"') : NULL;

	pools_find_trouble(race); /* it knows better why there is no answer */
	if (answer->status == 401 || answer->status == 403) {
		race_give_up(race, "Asterisk refuses the log-in of user '%s' (%d): see ari.conf", race->options.user,
			answer->status);
	} else if (answer->status == 404) {
		race_give_up(race,
			"%s has no ARI (404): is ari.conf enabled, and the path prefix of http.conf in --url?",
			race->options.url);
	} else if (answer->status != 200) {
		race_give_up(race, "Asterisk does not answer (%d: %s)", answer->status, answer->body);
	} else {
		size_t len = quote ? strcspn(quote + 1, "\"") : 0;

		snprintf(race->asterisk, sizeof(race->asterisk), "%.*s", (int) len, quote ? quote + 1 : "");
		race->asked = true;
	}
}

void warm_up_ask(struct race *race)
{
	char buf[REQUEST_SIZE];
	struct text info;

	text_init(&info, buf, sizeof(buf));
	request_info(&info, &race->options.targets[0]);
	http_send(race->nodes.list[0]->others, &info, NULL, on_info, race);
}

static void warm_up(const struct target *target, struct http_pool *pool, size_t connections)
{
	char buf[REQUEST_SIZE];
	struct text ping;

	text_init(&ping, buf, sizeof(buf));
	request_ping(&ping, target);
	if (connections) {
		http_pool_warm_up(pool, connections, &ping);
	}
}

void warm_up_claims(struct race *race)
{
	warm_up(&race->options.targets[0], race->claims, race->claim_connections);
}

void warm_up_others(struct race *race)
{
	for (size_t i = 0; i < race->nodes.count; i++) {
		warm_up(race->nodes.list[i]->target, race->nodes.list[i]->others, OTHERS_FIRST);
	}
}

/*! \brief Whether a pool's connections stand. */
static bool is_warm(struct race *race, const struct http_pool *pool, size_t connections)
{
	size_t failed;

	if (http_pool_cold(pool, &failed)) {
		return false;
	}
	if (failed) {
		race_give_up(
			race, "Asterisk closed %zu of %zu HTTP connections at once; " SESSION_HINT, failed, connections);
	}
	return !failed;
}

bool warm_up_done(struct race *race)
{
	bool warm = is_warm(race, race->claims, race->claim_connections);

	for (size_t i = 0; warm && i < race->nodes.count; i++) {
		warm = is_warm(race, race->nodes.list[i]->others, OTHERS_FIRST);
	}
	return warm;
}

static void on_socket_answer(void *data, const struct http_answer *answer)
{
	struct race *race = data;

	if (answer->status == 200) {
		race->sockets_cold--;
	} else {
		race_give_up(race, "Asterisk answers a request over a WebSocket with status %d", answer->status);
	}
}

void warm_up_sockets(struct race *race)
{
	char buf[REQUEST_SIZE];
	struct text ping;

	text_init(&ping, buf, sizeof(buf));
	text_add(&ping, "asterisk/ping");
	for (size_t i = 0; i < race->apps.readers; i++) {
		const struct app *app = &race->apps.all[i];

		if (app->role != ROLE_WATCHER) {
			race->sockets_cold++;
			event_sockets_send(race->sockets, app, "GET", &ping, NULL, on_socket_answer, race);
		}
	}
}
