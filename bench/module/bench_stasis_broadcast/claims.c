/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Claims per second, while many claimed broadcasts are alive.
 *
 * All claims are of an application that comes too late: that is what most claims of a race are, and
 * every provider answers them without a change of state.
 */

#include "bench.h"

#include <stdatomic.h>

/*! Room for a unique ID. */
#define ID_SIZE 64

/*! \brief What the threads share; only \c start and \c stop change. */
struct field {
	char (*ids)[ID_SIZE];
	int count;
	atomic_int start;
	atomic_int stop;
};

/*! \brief A thread that claims, on cache lines of its own. */
struct claimant {
	struct field *field;
	pthread_t thread;
	uint64_t random;
	uint64_t claims;
	uint64_t wrong;
	int64_t cpu_ns;
	char padding[64];
};

static uint64_t next_random(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random;
}

static void *claim_on_and_on(void *data)
{
	struct claimant *claimant = data;
	struct field *field = claimant->field;

	while (!atomic_load_explicit(&field->start, memory_order_acquire)) {
		sched_yield();
	}
	while (!atomic_load_explicit(&field->stop, memory_order_relaxed)) {
		const char *id = field->ids[next_random(&claimant->random) % field->count];

		claimant->wrong += stasis_app_claim_channel(id, "bench-1") != -2;
		claimant->claims++;
	}
	claimant->cpu_ns = cpu_ns();
	return NULL;
}

/*! \brief Have all channels claimed by the first application. \retval 0 on success. */
static int prepare(struct ast_channel **channels, struct field *field)
{
	size_t told = 0;

	for (int i = 0; i < field->count; i++) {
		ast_copy_string(field->ids[i], ast_channel_uniqueid(channels[i]), ID_SIZE);
	}
	return channels_claim(channels, field->count, NULL, "bench-0", 2, &told);
}

/*! \brief Let the threads claim for a while. \return The JSON object. */
static struct ast_json *run(struct field *field, struct claimant *claimants, int threads, int seconds)
{
	uint64_t claims = 0;
	uint64_t wrong = 0;
	int64_t start_ns;
	int64_t took_ns;
	int64_t busy_ns = 0;
	int started = 0;

	while (started < threads) {
		struct claimant *claimant = &claimants[started];

		*claimant = (struct claimant){ .field = field, .random = 0x9e3779b97f4a7c15u * (started + 1) };
		if (ast_pthread_create(&claimant->thread, NULL, claim_on_and_on, claimant)) {
			break;
		}
		started++;
	}
	start_ns = now_ns();
	atomic_store_explicit(&field->start, 1, memory_order_release);
	usleep(seconds * 1000000);
	atomic_store_explicit(&field->stop, 1, memory_order_relaxed);
	took_ns = now_ns() - start_ns;
	for (int i = 0; i < started; i++) {
		pthread_join(claimants[i].thread, NULL);
		claims += claimants[i].claims;
		wrong += claimants[i].wrong;
		busy_ns += claimants[i].cpu_ns;
	}
	/* What a claim costs, also on a machine that has other things to do. */
	return ast_json_pack("{s: s, s: i, s: i, s: f, s: I, s: I, s: f, s: f}", "case", "claims", "threads",
		started, "broadcasts", field->count, "seconds", (double) took_ns / 1e9, "claims",
		(ast_json_int_t) claims, "wrong", (ast_json_int_t) wrong, "claims_per_second",
		(double) claims * 1e9 / (double) took_ns, "cpu_ns_each",
		claims ? (double) busy_ns / (double) claims : 0.0);
}

struct ast_json *measure_claims(int threads, int count, int seconds)
{
	struct field field = { .count = count, .ids = ast_calloc(count, ID_SIZE) };
	struct claimant *claimants = ast_calloc(threads, sizeof(*claimants));
	struct ast_channel **channels = channels_new(count);
	struct ast_json *result;

	if (!field.ids || !claimants || !channels || apps_register("bench-", 2)) {
		result = measure_failed("out of memory, or of channels");
	} else {
		result = prepare(channels, &field) ? measure_failed("a channel could not be offered and claimed")
										   : run(&field, claimants, threads, seconds);
		apps_unregister("bench-", 2);
	}
	channels_free(channels, count);
	ast_free(claimants);
	ast_free(field.ids);
	return result;
}
