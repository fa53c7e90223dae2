/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief How long a call's thread is busy with offering the channel, and until all have been told.
 */

#include "bench.h"

static int compare(const void *one, const void *other)
{
	const int64_t a = *(const int64_t *) one;
	const int64_t b = *(const int64_t *) other;

	return (a > b) - (a < b);
}

/*! \brief Median, 99th percentile and extremes of sorted times. */
static struct ast_json *summary(int64_t *times, int count)
{
	qsort(times, count, sizeof(*times), compare);
	return ast_json_pack("{s: I, s: I, s: I, s: I}", "min", (ast_json_int_t) times[0], "median",
		(ast_json_int_t) times[count / 2], "p99", (ast_json_int_t) times[count * 99 / 100], "max",
		(ast_json_int_t) times[count - 1]);
}

/*! \brief One round each: until the call returns, CPU time of it, and until the last application was told. */
struct times {
	int64_t *call;
	int64_t *cpu;
	int64_t *all_told;
};

/*! \brief Offer a channel again and again, each time when all is quiet. \retval 0 on success. */
static int offer_rounds(
	struct ast_channel *chan, const struct times *times, int apps, int rounds, const char *filter)
{
	for (int i = 0; i < rounds; i++) {
		int64_t start_ns;
		int64_t start_cpu_ns;
		int64_t told_ns;

		apps_expect((size_t) apps * (i + 1));
		start_cpu_ns = cpu_ns();
		start_ns = now_ns();
		if (stasis_app_broadcast_channel(chan, 60000, filter, STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED)) {
			return -1;
		}
		times->call[i] = now_ns() - start_ns;
		times->cpu[i] = cpu_ns() - start_cpu_ns;
		told_ns = apps_told();
		if (!told_ns) {
			return -1;
		}
		times->all_told[i] = told_ns - start_ns;
		stasis_app_broadcast_cleanup(ast_channel_uniqueid(chan));
	}
	return 0;
}

static struct ast_json *run(struct ast_channel *chan, int apps, int rounds, const char *filter)
{
	int64_t *room = ast_calloc(3 * rounds, sizeof(*room));
	struct ast_json *result;
	struct times times;

	if (!room) {
		return measure_failed("out of memory");
	}
	times = (struct times){ .call = room, .cpu = room + rounds, .all_told = room + 2 * rounds };
	if (offer_rounds(chan, &times, apps, rounds, filter)) {
		result = measure_failed("not all applications were told: does the filter match bench-0 and so on?");
	} else {
		result = ast_json_pack("{s: s, s: i, s: i, s: o, s: o, s: o}", "case", "offer", "apps", apps,
			"rounds", rounds, "call_ns", summary(times.call, rounds), "cpu_ns", summary(times.cpu, rounds),
			"all_told_ns", summary(times.all_told, rounds));
	}
	ast_free(room);
	return result;
}

struct ast_json *measure_offer(int apps, int rounds, const char *filter)
{
	struct ast_channel **channels = channels_new(1);
	struct ast_json *result;

	if (!channels || apps_register("bench-", apps)) {
		result = measure_failed("the channel or the applications could not be made");
	} else {
		result = run(channels[0], apps, rounds, filter);
		apps_unregister("bench-", apps);
	}
	channels_free(channels, 1);
	return result;
}
