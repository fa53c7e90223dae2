/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A thread for what an observer wants done and may not do itself.
 */

#include "asterisk.h"

#include <pthread.h>
#include <time.h>

#include "asterisk/linkedlists.h"
#include "asterisk/lock.h"
#include "asterisk/utils.h"
#include "background.h"
#include "broadcast.h"

struct task {
	AST_LIST_ENTRY(task) next;
	void (*function)(void *data);
	void *data;
};

AST_LIST_HEAD_NOLOCK(tasks, task);

struct background {
	int gather_ms;
	/*! Protects what follows. No other lock is taken under it. */
	ast_mutex_t lock;
	/*! From the first task on. */
	pthread_t thread;
	int has_thread;
	/*! Signalled at the first task, and at the end. */
	ast_cond_t changed;
	struct tasks tasks;
	int is_ending;
};

/*! \brief Wait for a task, and a moment for more of them. With the lock. */
static void gather(struct background *background)
{
	int64_t until;
	struct timespec end;

	while (AST_LIST_EMPTY(&background->tasks) && !background->is_ending) {
		ast_cond_wait(&background->changed, &background->lock);
	}
	until = broadcast_clock_ns() + background->gather_ms * INT64_C(1000000);
	end = (struct timespec){ .tv_sec = until / 1000000000, .tv_nsec = until % 1000000000 };
	while (!background->is_ending && broadcast_clock_ns() < until) {
		ast_cond_timedwait(&background->changed, &background->lock, &end);
	}
}

/*! \brief Do tasks. Without the lock. */
static void run(struct tasks *tasks)
{
	struct task *task;

	while ((task = AST_LIST_REMOVE_HEAD(tasks, next))) {
		task->function(task->data);
		ast_free(task);
	}
}

static void *background_main(void *data)
{
	struct background *background = data;
	struct tasks now = AST_LIST_HEAD_NOLOCK_INIT_VALUE;

	ast_mutex_lock(&background->lock);
	do {
		gather(background);
		AST_LIST_APPEND_LIST(&now, &background->tasks, next);
		ast_mutex_unlock(&background->lock);
		run(&now);
		ast_mutex_lock(&background->lock);
	} while (!background->is_ending || !AST_LIST_EMPTY(&background->tasks));
	ast_mutex_unlock(&background->lock);
	return NULL;
}

static void background_free(struct background *background)
{
	ast_cond_destroy(&background->changed);
	ast_mutex_destroy(&background->lock);
	ast_free(background);
}

struct background *background_start(int gather_ms)
{
	struct background *background = ast_calloc(1, sizeof(*background));
	pthread_condattr_t attributes;

	if (!background) {
		return NULL;
	}
	background->gather_ms = gather_ms;
	ast_mutex_init(&background->lock);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	ast_cond_init(&background->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	return background;
}

/*! \brief Start the thread, unless it runs. If none can be started, the next task tries again. With the lock. */
static void start_thread_locked(struct background *background)
{
	if (!background->has_thread) {
		background->has_thread =
			!ast_pthread_create_background(&background->thread, NULL, background_main, background);
	}
}

void background_push(struct background *background, void (*function)(void *data), void *data)
{
	struct task *task = ast_calloc(1, sizeof(*task));
	int is_first;

	if (!task) {
		ast_free(data);
		return;
	}
	task->function = function;
	task->data = data;
	ast_mutex_lock(&background->lock);
	is_first = AST_LIST_EMPTY(&background->tasks);
	AST_LIST_INSERT_TAIL(&background->tasks, task, next);
	start_thread_locked(background);
	ast_mutex_unlock(&background->lock);
	if (is_first) {
		ast_cond_signal(&background->changed);
	}
}

void background_stop(struct background *background)
{
	if (!background) {
		return;
	}
	ast_mutex_lock(&background->lock);
	background->is_ending = 1;
	ast_cond_signal(&background->changed);
	ast_mutex_unlock(&background->lock);
	if (background->has_thread) {
		pthread_join(background->thread, NULL);
	}
	/* What no thread could be started for. */
	run(&background->tasks);
	background_free(background);
}
