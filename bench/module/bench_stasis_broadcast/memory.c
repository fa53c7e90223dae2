/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Memory of a broadcast that is claimed and alive, as during the Stasis session of its call.
 *
 * Exact, from the allocator's own books: bytes in use in all arenas with the broadcasts, less those
 * with the same channels without them. Start Asterisk with glibc.malloc.tcache_count=0 in
 * GLIBC_TUNABLES, or else what each thread keeps for its next allocation counts as in use.
 */

/* Asterisk puts its own allocator over these names, which malloc.h does not survive. */
#include <malloc.h>

#include "bench.h"

/*! How often the whole is measured; odd. */
#define ROUNDS 3

/*! Readings that differ by less, in bytes, are of a process that rests. */
#define AT_REST 1024

/*! How far apart they are, in microseconds, and how many there are at the most. */
#define READING_US 50000
#define READINGS 100

/*! \brief Bytes in use now: in all arenas, and those mapped one by one. */
static int64_t memory_now(void)
{
#if __GLIBC_PREREQ(2, 33)
	struct mallinfo2 info = mallinfo2();
#else
	struct mallinfo info = mallinfo();
#endif

	return (int64_t) info.uordblks + (int64_t) info.hblkhd;
}

/*! \brief Bytes in use once Asterisk's other threads have worked off what they were told about the channels. */
static int64_t memory_used(void)
{
	int64_t last = memory_now();

	for (int i = 0; i < READINGS; i++) {
		int64_t now;

		usleep(READING_US);
		now = memory_now();
		if (llabs(now - last) < AT_REST) {
			return now;
		}
		last = now;
	}
	return last;
}

/*! \brief What one round found, in bytes for all broadcasts together. */
struct round {
	int64_t alive;
	int64_t cleaned_up;
};

/*! \brief Make channels, claim them all, and clean up. \retval 0 on success, else -1. */
static int measure_round(int count, const char *filter, size_t *told, struct round *round)
{
	struct ast_channel **channels = channels_new(count);
	int64_t before = memory_used();
	int failed = !channels || channels_claim(channels, count, filter, "sales-0", 1, told);

	round->alive = memory_used() - before;
	for (int i = 0; channels && i < count; i++) {
		stasis_app_broadcast_cleanup(ast_channel_uniqueid(channels[i]));
	}
	round->cleaned_up = memory_used() - before;
	channels_free(channels, count);
	return failed ? -1 : 0;
}

static int compare(const void *one, const void *other)
{
	const int64_t a = *(const int64_t *) one;
	const int64_t b = *(const int64_t *) other;

	return (a > b) - (a < b);
}

/*! \brief The median of some rounds: in one of them a thread may be started, by whomever. */
static struct ast_json *run(int count, const char *filter)
{
	int64_t alive[ROUNDS];
	int64_t cleaned_up[ROUNDS];
	struct round round;
	size_t told = 0;

	/* The first one is small, for what is made once, such as a compiled filter that is kept. */
	if (measure_round(MIN(count, 100), filter, &told, &round)) {
		return measure_failed("a channel could not be offered and claimed: does the filter match sales-0?");
	}
	for (int i = 0; i < ROUNDS; i++) {
		if (measure_round(count, filter, &told, &round)) {
			return measure_failed("a channel could not be offered and claimed");
		}
		alive[i] = round.alive;
		cleaned_up[i] = round.cleaned_up;
	}
	qsort(alive, ROUNDS, sizeof(alive[0]), compare);
	qsort(cleaned_up, ROUNDS, sizeof(cleaned_up[0]), compare);
	return ast_json_pack("{s: s, s: i, s: s, s: f, s: f}", "case", "memory", "broadcasts", count, "filter",
		filter, "bytes_each", (double) alive[ROUNDS / 2] / count, "after_cleanup_bytes_each",
		(double) cleaned_up[ROUNDS / 2] / count);
}

struct ast_json *measure_memory(int count, const char *filter)
{
	struct ast_json *result;

	if (apps_register("sales-", 1)) {
		return measure_failed("the application could not be registered");
	}
	result = run(count, filter);
	apps_unregister("sales-", 1);
	return result;
}
