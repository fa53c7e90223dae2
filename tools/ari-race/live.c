/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The live line, and ari-race's own CPU time.
 */

#include "live.h"
#include "calls.h"
#include "clock.h"
#include "loop.h"
#include "stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

static uint64_t cpu_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NS_PER_S +
		(uint64_t) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * NS_PER_US;
}

static void print_line(const struct live *live, double seconds, double share)
{
	const struct stats *stats = live->stats;
	double rate = (double) (live->calls->count - live->last_calls) / seconds;

	fprintf(stderr,
		"%5.0f s  calls %zu (%.1f/s, %zu open)  offers %" PRIu64 "  claims %" PRIu64 " (204: %" PRIu64
		")  errors %" PRIu64,
		(double) (live->last_ns - live->started_ns) / (double) NS_PER_S, live->calls->count, rate,
		live->calls->open, stats->offers, stats->sent[REQUEST_CLAIM], stats->answers[REQUEST_CLAIM][204],
		stats_errors(stats));
	if (stats->second->count) {
		fprintf(stderr, "  p99 %.3f ms", (double) hist_percentile(stats->second, 99) / (double) NS_PER_MS);
	} else {
		fputs("  p99 -", stderr);
	}
	fprintf(stderr, "  own CPU %.0f %%\n", share * 100);
}

static void measure(struct live *live)
{
	uint64_t now = now_ns(), cpu = cpu_ns();
	uint64_t turn = loop_take_longest_turn(live->loop);
	double seconds = (double) (now - live->last_ns) / (double) NS_PER_S;
	double share = (double) (cpu - live->last_cpu_ns) / (double) (now - live->last_ns);

	live->last_ns = now;
	live->last_cpu_ns = cpu;
	live->turn_longest_ns = turn > live->turn_longest_ns ? turn : live->turn_longest_ns;
	if (seconds > 0.5) { /* a fraction of a second says little of the load */
		live->cpu_max = share > live->cpu_max ? share : live->cpu_max;
	}
	if (live->show && seconds > 0.5) {
		print_line(live, seconds, share);
	}
	live->last_calls = live->calls->count;
	hist_clear(live->stats->second);
}

static void on_second(struct timer *timer)
{
	struct live *live = lws_container_of(timer, struct live, timer);

	measure(live);
	timer_set(&live->loop->timers, timer, live->last_ns + NS_PER_S);
}

void live_start(
	struct live *live, struct loop *loop, const struct calls *calls, struct stats *stats, bool show)
{
	*live = (struct live){ .loop = loop, .calls = calls, .stats = stats, .show = show };
	live->started_ns = live->last_ns = now_ns();
	live->started_cpu_ns = live->last_cpu_ns = cpu_ns();
	live->timer.fire = on_second;
	loop_take_longest_turn(loop);
	timer_set(&loop->timers, &live->timer, live->started_ns + NS_PER_S);
}

void live_stop(struct live *live)
{
	if (!live->started_ns || live->stopped_ns) {
		return;
	}
	timer_cancel(&live->loop->timers, &live->timer);
	measure(live);
	live->stopped_ns = live->last_ns;
	live->stopped_cpu_ns = live->last_cpu_ns;
}

double live_cpu_share(const struct live *live)
{
	uint64_t wall = live->stopped_ns - live->started_ns;

	return wall ? (double) (live->stopped_cpu_ns - live->started_cpu_ns) / (double) wall : 0;
}
