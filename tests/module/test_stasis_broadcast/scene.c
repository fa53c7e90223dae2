/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The scene of a test case: one lock, one condition, clocks, and threads that start together.
 */

#include "cases.h"

#include <time.h>

#include "asterisk/lock.h"

AST_MUTEX_DEFINE_STATIC(lock);
static ast_cond_t changed;

int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

int64_t now_ms(void)
{
	return now_us() / 1000;
}

void sleep_until_us(int64_t when_us)
{
	struct timespec when = { .tv_sec = when_us / 1000000, .tv_nsec = when_us % 1000000 * 1000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL)) {
	}
}

void sleep_until(int64_t when_ms)
{
	/* A millisecond more, since now_ms() rounds down. */
	sleep_until_us((when_ms + 1) * 1000);
}

void scene_init(void)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	ast_cond_init(&changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

void scene_cleanup(void)
{
	ast_cond_destroy(&changed);
}

void scene_lock(void)
{
	ast_mutex_lock(&lock);
}

void scene_unlock(void)
{
	ast_mutex_unlock(&lock);
}

void scene_changed(void)
{
	ast_cond_broadcast(&changed);
}

void scene_sleep(void)
{
	ast_cond_wait(&changed, &lock);
}

int eventually(int (*is_true)(void *data), void *data)
{
	struct timespec end;
	int answer;
	int late = 0;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += PATIENCE_MS / 1000;
	scene_lock();
	while (!(answer = is_true(data)) && !late) {
		late = ast_cond_timedwait(&changed, &lock, &end);
	}
	scene_unlock();
	return answer;
}

/*! \brief One of the threads of together(). */
struct runner {
	pthread_t thread;
	pthread_barrier_t *start;
	void (*function)(size_t index, void *data);
	size_t index;
	void *data;
};

static void *run(void *data)
{
	struct runner *runner = data;

	pthread_barrier_wait(runner->start);
	runner->function(runner->index, runner->data);
	return NULL;
}

void together(size_t count, void (*function)(size_t index, void *data), void *data)
{
	pthread_barrier_t start;
	struct runner runners[count];

	pthread_barrier_init(&start, NULL, count);
	for (size_t i = 0; i < count; i++) {
		runners[i] = (struct runner){ .start = &start, .function = function, .index = i, .data = data };
		if (ast_pthread_create(&runners[i].thread, NULL, run, &runners[i])) {
			/* The others wait for it forever: there is no case to go on with. */
			ast_log(LOG_ERROR, "No thread to be had for a test: %s\n", strerror(errno));
			abort();
		}
	}
	for (size_t i = 0; i < count; i++) {
		pthread_join(runners[i].thread, NULL);
	}
	pthread_barrier_destroy(&start);
}

int scene_end(void)
{
	size_t left;

	waiters_end();
	left = apps_end();
	left += calls_end();
	return left ? -1 : 0;
}
