/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Many broadcasts, and applications that come and go: all rules hold, and nothing is left.
 */

#include "cases.h"

/*! Threads with calls. */
#define CALLERS 4

/*! Calls of each. */
#define CALLS 500

/*! Rounds in which memory is measured. */
#define BATCHES 5

/*! Broadcasts of a batch. */
#define BATCH 2500

/*! What may be left of each broadcast in the batch that leaves least, in bytes. */
#define LEFT_EACH 32

/*! \brief What the threads of a case share; under the scene's lock. */
struct traffic {
	size_t callers_left;
	size_t claimed;
	size_t wrong;
};

static int is_winner_known(struct call *call)
{
	return call_won_by(call, "steady-0") || call_won_by(call, "steady-1") || call_won_by(call, "steady-2");
}

/*! \brief One call from offer to clean-up. \return Whether it went as it has to. */
static int place_call(void)
{
	struct call *call = call_new();
	int right = call &&
		!stasis_app_broadcast_channel(call->chan, PATIENCE_MS, "^(steady|guest)-[0-9]+$", 0) &&
		!stasis_app_broadcast_wait(call->chan, PATIENCE_MS) && is_winner_known(call) &&
		call_claim(call, "nobody") == -2;

	if (call) {
		stasis_app_broadcast_cleanup(call->id);
		right = right && call_claim(call, "steady-0") == -1;
		call_end(call);
	}
	return right;
}

static void callers(size_t index attribute_unused, struct traffic *traffic)
{
	for (int i = 0; i < CALLS; i++) {
		int right = place_call();

		scene_lock();
		traffic->claimed += right;
		traffic->wrong += !right;
		scene_unlock();
	}
	scene_lock();
	traffic->callers_left--;
	scene_unlock();
}

static void ignore(
	void *data attribute_unused, const char *name attribute_unused, struct ast_json *event attribute_unused)
{
}

/*! \brief Applications that come and go until all callers have finished. */
static void guests(struct traffic *traffic)
{
	char name[32];
	size_t left;

	for (size_t i = 0;; i++) {
		snprintf(name, sizeof(name), "guest-%zu", i % 50);
		stasis_app_register(name, ignore, NULL);
		scene_lock();
		left = traffic->callers_left;
		scene_unlock();
		snprintf(name, sizeof(name), "guest-%zu", (i + 25) % 50);
		stasis_app_unregister(name);
		if (!left) {
			break;
		}
	}
	for (size_t i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "guest-%zu", i);
		stasis_app_unregister(name);
	}
}

static void come_and_go(size_t index, void *data)
{
	if (index == CALLERS) {
		guests(data);
	} else {
		callers(index, data);
	}
}

AST_TEST_DEFINE(volume_calls_and_guests)
{
	struct app *steady[3];
	struct traffic traffic = { .callers_left = CALLERS };

	if (cmd == TEST_INIT) {
		return describe(info, "volume_calls_and_guests",
			"2000 quick calls in four threads, while other applications come and go: each has one winner");
	}
	ast_test_validate(test, !apps_new("steady-", ARRAY_LEN(steady), steady));
	for (size_t i = 0; i < ARRAY_LEN(steady); i++) {
		app_claims(steady[i]);
	}
	together(CALLERS + 1, come_and_go, &traffic);
	ast_test_status_update(test, "%zu claimed, %zu wrong\n", traffic.claimed, traffic.wrong);
	ast_test_validate(test, traffic.claimed == CALLERS * CALLS && !traffic.wrong);
	return AST_TEST_PASS;
}

/*! \brief An application registers, is offered a call, and goes before or while it is told of it. */
static int register_rounds(void *data, int from, int to)
{
	struct call *call = data;
	char name[32];

	for (int i = from; i < to; i++) {
		snprintf(name, sizeof(name), "round-%d", i);
		if (stasis_app_register(name, ignore, NULL) ||
			stasis_app_broadcast_channel(call->chan, DAY_MS, "^round-", 0)) {
			return -1;
		}
		if (i % 2) {
			call_claim(call, name);
		}
		stasis_app_unregister(name);
		stasis_app_broadcast_cleanup(call->id);
	}
	return 0;
}

/*!
 * \brief Measure what batches of broadcasts leave in memory.
 *
 * A leak is in every batch. What a thread that is new keeps for itself is in one of them: so the least
 * of all tells.
 *
 * \param batch Makes the broadcasts from number \a from to \a to.
 * \return The bytes that were left in the batch that left least; \c SSIZE_MAX if one failed.
 */
static ssize_t least_left(int (*batch)(void *data, int from, int to), void *data)
{
	ssize_t least = SSIZE_MAX;

	/* The first one is to warm up. */
	for (int i = 0; i <= BATCHES; i++) {
		const size_t before = memory_used();
		ssize_t left;

		if (batch(data, i * BATCH, (i + 1) * BATCH) || !apps_settle()) {
			return SSIZE_MAX;
		}
		left = (ssize_t) (memory_used() - before);
		if (i) {
			least = MIN(least, left);
		}
	}
	return least;
}

AST_TEST_DEFINE(volume_registrations)
{
	size_t threads;
	struct app *app;
	struct call *call;
	size_t after;
	ssize_t left;

	if (cmd == TEST_INIT) {
		return describe(info, "volume_registrations",
			"15000 applications come, are offered a call and go: memory and threads are where they were");
	}
	threads = threads_settled();
	ast_test_validate(test, (app = app_new("settle")) && (call = call_new()));
	left = least_left(register_rounds, call);
	app_leave(app);
	after = threads_return(threads);
	ast_test_status_update(
		test, "memory: %zd bytes more in the best batch; threads: %zu, then %zu\n", left, threads, after);
	ast_test_validate(test, left < BATCH * LEFT_EACH);
	ast_test_validate(test, after <= threads);
	return AST_TEST_PASS;
}

/*! Channels of cycle(). */
#define CHANNELS 10

/*! \brief Broadcasts of all endings on a few channels, with a filter that is new each time. */
static int cycle(void *data, int from, int to)
{
	struct call **calls = data;
	char filter[64];

	for (int i = from; i < to; i++) {
		struct call *call = calls[i % CHANNELS];

		snprintf(filter, sizeof(filter), "^(app|other|nr%d)-[0-9]+$", i);
		if (stasis_app_broadcast_channel(call->chan, i % 3 ? DAY_MS : 0, filter, i % 2)) {
			return -1;
		}
		call_claim(call, "app-0");
		call_claim(call, "app-1");
		if (i % 5) {
			stasis_app_broadcast_cleanup(call->id);
		}
		/* An application that lags behind would not be told of the end of the batch. */
		if (!(i % 500) && !apps_settle()) {
			return -1;
		}
	}
	return 0;
}

AST_TEST_DEFINE(volume_broadcasts)
{
	struct call *calls[CHANNELS];
	struct app *apps[2];
	ssize_t left;

	if (cmd == TEST_INIT) {
		return describe(info, "volume_broadcasts",
			"15000 broadcasts that end in all ways: the memory in use is where it was");
	}
	for (size_t i = 0; i < CHANNELS; i++) {
		ast_test_validate(test, (calls[i] = call_new()));
	}
	ast_test_validate(test, !apps_new("app-", ARRAY_LEN(apps), apps));
	for (size_t i = 0; i < ARRAY_LEN(apps); i++) {
		app_forgets(apps[i]);
	}
	left = least_left(cycle, calls);
	ast_test_status_update(test, "memory: %zd bytes more in the best batch\n", left);
	ast_test_validate(test, left < BATCH * LEFT_EACH);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(volume_many_waiting)
{
	enum {
		WAITING = 200
	};
	struct call *calls[WAITING];
	struct waiter *waiters[WAITING];

	if (cmd == TEST_INIT) {
		return describe(info, "volume_many_waiting",
			"200 calls wait at the same time; each wakes for its own claim or hang-up and no other");
	}
	ast_test_validate(test, app_new("app"));
	for (size_t i = 0; i < WAITING; i++) {
		ast_test_validate(test, (calls[i] = call_new()) && !call_offer(calls[i], DAY_MS, NULL));
		ast_test_validate(test, (waiters[i] = waiter_new(calls[i], DAY_MS)));
	}
	for (size_t i = 0; i < WAITING; i += 2) {
		if (i % 4) {
			ast_test_validate(test, call_claim(calls[i], "app") == 0);
		} else {
			call_softhangup(calls[i]);
		}
	}
	for (size_t i = 0; i < WAITING; i += 2) {
		ast_test_validate(test, waiter_result(waiters[i]) == (i % 4 ? 0 : -1));
	}
	for (size_t i = 1; i < WAITING; i += 2) {
		ast_test_validate(test, waiter_waits(waiters[i]));
		ast_test_validate(test, call_claim(calls[i], "app") == 0);
		ast_test_validate(test, waiter_result(waiters[i]) == 0);
	}
	return AST_TEST_PASS;
}

ast_test_cb_t *const volume_cases[] = { volume_calls_and_guests, volume_registrations, volume_broadcasts,
	volume_many_waiting, NULL };
