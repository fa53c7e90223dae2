/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The beginning of a run: is that an Asterisk with ARI, and does it take all the connections?
 */

#include "requests.h"
#include "stages.h"

#include <stdio.h>
#include <string.h>

#define SETUP_NS (30 * NS_PER_S)
#define OTHERS_FIRST 2 /* connections for originates and hang-ups; more are opened when needed */
#define SESSION_HINT \
	"http.conf's sessionlimit, 100 unless set, counts every WebSocket and every HTTP connection"

static void on_others_greeted(void *data, size_t failed)
{
	struct race *race = data;

	if (failed) {
		race_gone(
			race, "Asterisk closed %zu of %d HTTP connections at once; " SESSION_HINT, failed, OTHERS_FIRST);
	} else if (race->stage == STAGE_CONNECT) {
		feeds_connect(&race->feeds);
	}
}

static void on_claims_greeted(void *data, size_t failed)
{
	struct race *race = data;
	char buf[REQUEST_SIZE];
	struct text ping;

	if (failed) {
		race_gone(race, "Asterisk closed %zu of %zu HTTP connections at once; " SESSION_HINT, failed,
			race->claim_connections);
		return;
	}
	text_init(&ping, buf, sizeof(buf));
	request_ping(&ping, &race->options);
	http_pool_greet(race->others, OTHERS_FIRST, &ping, on_others_greeted);
}

static void greet_claims(struct race *race)
{
	char buf[REQUEST_SIZE];
	struct text ping;

	text_init(&ping, buf, sizeof(buf));
	request_ping(&ping, &race->options);
	http_pool_greet(race->claims, race->claim_connections, &ping, on_claims_greeted);
}

/*! \brief Asterisk has told its version, or why it does not want to. */
static void on_info(void *data, const struct http_answer *answer)
{
	struct race *race = data;
	const char *version = strstr(answer->body, "\"version\"");
	const char *quote = version ? strchr(version + 9, '"') : NULL;

	if (answer->status == 401 || answer->status == 403) {
		race_gone(race, "Asterisk refuses the log-in of user '%s' (%d): see ari.conf", race->options.user,
			answer->status);
	} else if (answer->status == 404) {
		race_gone(race,
			"%s has no ARI (404): is ari.conf enabled, and the path prefix of http.conf in --url?",
			race->options.url);
	} else if (answer->status != 200) {
		race_gone(race, "Asterisk does not answer (%d: %s)", answer->status, answer->body);
	} else {
		size_t len = quote ? strcspn(quote + 1, "\"") : 0;

		snprintf(race->asterisk, sizeof(race->asterisk), "%.*s", (int) len, quote ? quote + 1 : "");
		greet_claims(race);
	}
}

static void on_setup_timer(struct timer *timer)
{
	struct race *race = lws_container_of(timer, struct race, setup_timer);

	if (race->stage == STAGE_CONNECT) {
		race_gone(race, "not all connections could be opened within %d s; " SESSION_HINT,
			(int) (SETUP_NS / NS_PER_S));
	} else {
		loop_stop(&race->loop);
	}
}

void setup_start(struct race *race)
{
	char buf[REQUEST_SIZE];
	struct text info;

	race->setup_timer.fire = on_setup_timer;
	timer_set(&race->loop.timers, &race->setup_timer, now_ns() + SETUP_NS);
	text_init(&info, buf, sizeof(buf));
	request_info(&info, &race->options);
	http_send(race->others, &info, NULL, on_info, race);
}
