/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Channels that do nothing, and applications that only count what they are told.
 */

#include "bench.h"

#include <stdatomic.h>
#include <time.h>

#include "../../../tests/module/still_channel.h"
#include "asterisk/lock.h"

/*! Offers that may wait for an application; beyond that a provider may drop some. */
#define IN_FLIGHT 500

/*! How long a broadcast may stay open, in milliseconds. */
#define OPEN_MS 60000

static struct ast_channel_tech technology =
	STILL_TECHNOLOGY("StasisBroadcastBench", "Channels to measure stasis broadcasts with");

AST_MUTEX_DEFINE_STATIC(told_lock);
static ast_cond_t told_enough;
/*! What all applications were told so far. */
static atomic_size_t told;
/*! The number that somebody waits for, and when it was reached. */
static atomic_size_t wanted;
static _Atomic int64_t reached_ns;

int setting_init(void)
{
	pthread_condattr_t attributes;

	if (still_technology_init(&technology)) {
		return -1;
	}
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	ast_cond_init(&told_enough, &attributes);
	pthread_condattr_destroy(&attributes);
	return 0;
}

void setting_cleanup(void)
{
	still_technology_cleanup(&technology);
	ast_cond_destroy(&told_enough);
}

int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/*! \brief Make a channel without a queue of frames, which nobody here needs. */
static struct ast_channel *make_channel(int number)
{
	struct ast_channel *chan = ast_channel_alloc(0, AST_STATE_UP, "4711", "Caller", NULL, "200", "default",
		NULL, NULL, 0, "StasisBroadcastBench/%d", number);

	if (!chan) {
		return NULL;
	}
	still_channel_set(chan, &technology);
	ast_channel_unlock(chan);
	return chan;
}

struct ast_channel **channels_new(int count)
{
	struct ast_channel **channels = ast_calloc(count, sizeof(*channels));

	for (int i = 0; channels && i < count; i++) {
		channels[i] = make_channel(i);
		if (!channels[i]) {
			channels_free(channels, i);
			return NULL;
		}
	}
	return channels;
}

void channels_free(struct ast_channel **channels, int count)
{
	for (int i = 0; channels && i < count; i++) {
		stasis_app_broadcast_cleanup(ast_channel_uniqueid(channels[i]));
		ast_hangup(channels[i]);
	}
	ast_free(channels);
}

/*! \brief The callback of all applications: as cheap as it can be. */
static void count_event(
	void *data attribute_unused, const char *name attribute_unused, struct ast_json *event attribute_unused)
{
	size_t now = atomic_fetch_add(&told, 1) + 1;

	if (now == atomic_load(&wanted)) {
		atomic_store(&reached_ns, now_ns());
		ast_mutex_lock(&told_lock);
		ast_cond_signal(&told_enough);
		ast_mutex_unlock(&told_lock);
	}
}

int apps_register(const char *prefix, int count)
{
	char name[80];

	atomic_store(&told, 0);
	atomic_store(&wanted, 0);
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s%d", prefix, i);
		if (stasis_app_register(name, count_event, NULL)) {
			apps_unregister(prefix, i);
			return -1;
		}
	}
	return 0;
}

void apps_unregister(const char *prefix, int count)
{
	char name[80];

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s%d", prefix, i);
		stasis_app_unregister(name);
	}
}

void apps_expect(size_t count)
{
	atomic_store(&reached_ns, 0);
	atomic_store(&wanted, count);
}

int64_t apps_told(void)
{
	const int64_t end_ns = now_ns() + PATIENCE_MS * INT64_C(1000000);
	const struct timespec end = { .tv_sec = end_ns / 1000000000, .tv_nsec = end_ns % 1000000000 };
	int late = 0;

	ast_mutex_lock(&told_lock);
	while (atomic_load(&told) < atomic_load(&wanted) && !late) {
		late = ast_cond_timedwait(&told_enough, &told_lock, &end);
	}
	ast_mutex_unlock(&told_lock);
	return late ? 0 : atomic_load(&reached_ns);
}

static int offer_some(struct ast_channel **channels, int count, const char *filter, int apps, size_t *told)
{
	apps_expect(*told += (size_t) count * apps);
	for (int i = 0; i < count; i++) {
		if (stasis_app_broadcast_channel(
				channels[i], OPEN_MS, filter, STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED)) {
			return -1;
		}
	}
	/* An offer that is over before it is told need not be told. */
	return apps_told() ? 0 : -1;
}

static int claim_some(struct ast_channel **channels, int count, const char *app)
{
	for (int i = 0; i < count; i++) {
		if (stasis_app_claim_channel(ast_channel_uniqueid(channels[i]), app) ||
			stasis_app_broadcast_wait(channels[i], OPEN_MS)) {
			return -1;
		}
	}
	return 0;
}

int channels_claim(
	struct ast_channel **channels, int count, const char *filter, const char *app, int apps, size_t *told)
{
	for (int i = 0; i < count; i += IN_FLIGHT) {
		int some = MIN(IN_FLIGHT, count - i);

		if (offer_some(channels + i, some, filter, apps, told) || claim_some(channels + i, some, app)) {
			return -1;
		}
	}
	return 0;
}
