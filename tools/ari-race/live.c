/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The live line, and what else is to be done once a second.
 */

#include "live.h"
#include "clock.h"
#include "race.h"
#include "requests.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#define KEEP_ALIVE_NS \
	(10 * NS_PER_S) /* Asterisk closes after 15 s, unless http.conf's session_keep_alive says else */

static uint64_t cpu_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NS_PER_S +
		(uint64_t) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * NS_PER_US;
}

/*! \brief Requests without an answer count as such; if nothing comes from Asterisk at all, it is gone. */
static void look_after_http(struct race *race, uint64_t now)
{
	uint64_t limit = now - (uint64_t) race->options.answer_timeout_ns;
	uint64_t late = http_pool_counters(race->claims)->late + http_pool_counters(race->others)->late;
	char buf[REQUEST_SIZE];
	struct text ping;

	http_pool_give_up(race->claims, limit);
	http_pool_give_up(race->others, limit);
	if (late < http_pool_counters(race->claims)->late + http_pool_counters(race->others)->late &&
		http_pool_heard(race->claims) < limit && http_pool_heard(race->others) < limit &&
		race->last_event_ns < limit) {
		race_gone(race, "nothing came from Asterisk for %.1f s",
			(double) race->options.answer_timeout_ns / (double) NS_PER_S);
		return;
	}
	text_init(&ping, buf, sizeof(buf));
	request_ping(&ping, &race->options);
	http_pool_keep_alive(race->claims, &ping, now - KEEP_ALIVE_NS);
	http_pool_keep_alive(race->others, &ping, now - KEEP_ALIVE_NS);
}

static void print_line(const struct race *race, double seconds, double share)
{
	const struct stats *stats = &race->stats;
	double rate = (double) (race->calls.count - race->live.last_calls) / seconds;

	fprintf(stderr,
		"%5.0f s  calls %zu (%.1f/s, %zu open)  offers %" PRIu64 "  claims %" PRIu64 " (204: %" PRIu64
		")  errors %" PRIu64,
		(double) (race->live.last_ns - race->live.started_ns) / (double) NS_PER_S, race->calls.count, rate,
		race->calls.open, stats->offers, stats->sent[REQUEST_CLAIM], stats->answers[REQUEST_CLAIM][204],
		stats_errors(stats));
	if (stats->second->count) {
		fprintf(stderr, "  p99 %.3f ms", (double) hist_percentile(stats->second, 99) / (double) NS_PER_MS);
	} else {
		fputs("  p99 -", stderr);
	}
	fprintf(stderr, "  own CPU %.0f %%\n", share * 100);
}

static void measure(struct live *live, struct race *race)
{
	uint64_t now = now_ns(), cpu = cpu_ns();
	uint64_t turn = loop_take_longest_turn(&race->loop);
	double seconds = (double) (now - live->last_ns) / (double) NS_PER_S;
	double share = (double) (cpu - live->last_cpu_ns) / (double) (now - live->last_ns);

	live->last_ns = now;
	live->last_cpu_ns = cpu;
	live->turn_longest_ns = turn > live->turn_longest_ns ? turn : live->turn_longest_ns;
	if (seconds > 0.5) { /* a fraction of a second says little of the load */
		live->cpu_max = share > live->cpu_max ? share : live->cpu_max;
	}
	if (live->show && seconds > 0.5) {
		print_line(race, seconds, share);
	}
	live->last_calls = race->calls.count;
	hist_clear(race->stats.second);
}

static void on_second(struct timer *timer)
{
	struct race *race = lws_container_of(timer, struct race, live.timer);

	measure(&race->live, race);
	timer_set(&race->loop.timers, timer, race->live.last_ns + NS_PER_S);
	look_after_http(race, race->live.last_ns);
}

void live_start(struct live *live, struct race *race, bool show)
{
	*live = (struct live){ .show = show };
	live->started_ns = live->last_ns = now_ns();
	live->started_cpu_ns = live->last_cpu_ns = cpu_ns();
	live->timer.fire = on_second;
	loop_take_longest_turn(&race->loop);
	timer_set(&race->loop.timers, &live->timer, live->started_ns + NS_PER_S);
}

void live_stop(struct live *live, struct race *race)
{
	if (!live->started_ns || live->stopped_ns) {
		return;
	}
	timer_cancel(&race->loop.timers, &live->timer);
	measure(live, race);
	live->stopped_ns = live->last_ns;
	live->stopped_cpu_ns = live->last_cpu_ns;
}

double live_cpu_share(const struct live *live)
{
	uint64_t wall = live->stopped_ns - live->started_ns;

	return wall ? (double) (live->stopped_cpu_ns - live->started_cpu_ns) / (double) wall : 0;
}
