/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The two pools of HTTP connections of a run.
 */

#include "pools.h"
#include "event_socket.h"
#include "race.h"
#include "requests.h"
#include "workers.h"

#define CLAIMS_FIRST 200 /* connections for claims at the beginning, at most, … */
#define CLAIMS_MORE 64   /* … and so many more when they are all busy */
#define KEEP_ALIVE_NS \
	(10 * NS_PER_S) /* Asterisk closes after 15 s, unless http.conf's session_keep_alive says else */

int pools_size(const struct options *options)
{
	return (int) options->http_connections + CLAIMS_FIRST + CLAIMS_MORE +
		(int) options->target_count * NODES_OTHERS_MAX;
}

/* One connection for each application that answers, so that no claim waits for another. */
void pools_open(struct race *race)
{
	const struct options *options = &race->options;
	size_t first = race->apps.active < CLAIMS_FIRST ? race->apps.active : CLAIMS_FIRST;
	size_t max = first + CLAIMS_MORE;

	first = first ? first : 1;
	if (options->http_connections) {
		max = (size_t) options->http_connections;
		first = max;
	}
	first = options->over_websocket || options->nats ? 0 : first;
	race->claim_connections = first;
	race->claims = http_pool_create(race->loop.lws, &options->targets[0], max);
}

/*! \brief Whether nothing has come from Asterisk since \a limit_ns, on any connection. */
static bool is_silent(const struct race *race, uint64_t limit_ns)
{
	uint64_t heard = http_pool_heard(race->claims);

	for (size_t i = 0; i < race->nodes.count; i++) {
		uint64_t here = http_pool_heard(race->nodes.list[i]->others);

		heard = here > heard ? here : heard;
	}
	return heard < limit_ns && race->last_event_ns < limit_ns && race->last_answer_ns < limit_ns;
}

static uint64_t late(const struct race *race)
{
	uint64_t count = http_pool_counters(race->claims)->late + race->sockets_late;

	for (size_t i = 0; i < race->nodes.count; i++) {
		count += http_pool_counters(race->nodes.list[i]->others)->late;
	}
	return count;
}

static void keep_alive(struct http_pool *pool, const struct target *target, uint64_t now)
{
	char buf[REQUEST_SIZE];
	struct text ping;

	text_init(&ping, buf, sizeof(buf));
	request_ping(&ping, target);
	http_pool_keep_alive(pool, &ping, now - KEEP_ALIVE_NS);
}

static void on_second(struct timer *timer)
{
	struct race *race = lws_container_of(timer, struct race, check_timer);
	uint64_t now = now_ns();
	uint64_t limit = now - (uint64_t) race->options.answer_timeout_ns;
	uint64_t late_before = late(race);

	timer_set(&race->loop.timers, timer, now + NS_PER_S);
	http_pool_give_up(race->claims, limit);
	for (size_t i = 0; i < race->nodes.count; i++) {
		http_pool_give_up(race->nodes.list[i]->others, limit);
	}
	race->sockets_late += event_sockets_give_up(race->sockets, limit);
	race->sockets_late += workers_give_up(race->workers, limit);
	if (late(race) > late_before && is_silent(race, limit)) {
		race_give_up(race, "nothing came from Asterisk for %.1f s",
			(double) race->options.answer_timeout_ns / (double) NS_PER_S);
		return;
	}
}

static void on_idle_second(struct timer *timer)
{
	struct race *race = lws_container_of(timer, struct race, idle_timer);
	uint64_t now = now_ns();

	timer_set(&race->loop.timers, timer, now + NS_PER_S);
	keep_alive(race->claims, &race->options.targets[0], now);
	for (size_t i = 0; i < race->nodes.count; i++) {
		keep_alive(race->nodes.list[i]->others, race->nodes.list[i]->target, now);
	}
}

void pools_keep_alive(struct race *race)
{
	race->idle_timer.fire = on_idle_second;
	timer_set(&race->loop.timers, &race->idle_timer, now_ns() + NS_PER_S);
}

void pools_check(struct race *race)
{
	race->check_timer.fire = on_second;
	timer_set(&race->loop.timers, &race->check_timer, now_ns() + NS_PER_S);
}

static void find_trouble(struct race *race, const struct http_pool *pool, const struct target *target)
{
	struct target probe = *target;
	const char *why, *probed;

	switch (http_pool_trouble(pool, &why)) {
	case HTTP_FINE:
		return;
	case HTTP_REFUSED:
		probed = target_probe(&probe);
		race_give_up(race, "%s: %s",
			race->stage < STAGE_RUN ? "Asterisk cannot be reached" : "Asterisk went away",
			probed ? probed : why);
		return;
	case HTTP_WRONG:
		race_give_up(race, "http://%s sent an answer that Asterisk would not send: %s", target->host, why);
		return;
	}
}

void pools_find_trouble(struct race *race)
{
	if (race->ending != ENDING_GONE) {
		find_trouble(race, race->claims, &race->options.targets[0]);
	}
	for (size_t i = 0; race->ending != ENDING_GONE && i < race->nodes.count; i++) {
		find_trouble(race, race->nodes.list[i]->others, race->nodes.list[i]->target);
	}
}
