/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the dispatcher says of itself: events that were dropped are counted, and no queue is left.
 */

#include "cases.h"

#include "res_stasis_broadcast/internal_api.h"

/*! \brief Wait until the dispatcher has nothing to do. \retval 0 on success, -1 if it still has. */
static int wait_for_rest(struct stasis_broadcast_stats *stats)
{
	const int64_t end_ms = now_ms() + PATIENCE_MS;

	do {
		if (stasis_broadcast_get_stats(stats)) {
			return -1;
		}
		if (!stats->queues && !stats->queued) {
			return 0;
		}
		sleep_until(now_ms() + 5);
	} while (now_ms() < end_ms);
	return -1;
}

AST_TEST_DEFINE(queue_stats_add_up)
{
	enum {
		OPEN = 1300
	};
	struct stasis_broadcast_stats before;
	struct stasis_broadcast_stats during;
	struct stasis_broadcast_stats after;
	struct app *app;

	if (cmd == TEST_INIT) {
		return describe(info, "queue_stats_add_up",
			"1300 open offers to an application that does not read: each was sent, is queued, or is counted");
	}
	/* The log will tell of it: tests/module/run checks the line. */
	ast_test_validate(test, (app = app_new("odd\n[reader\x1b[31m")) && !wait_for_rest(&before));
	app_hold(app);
	for (size_t i = 0; i < OPEN; i++) {
		struct call *call = call_new();

		ast_test_validate(test,
			call &&
				!stasis_app_broadcast_channel(
					call->chan, DAY_MS, NULL, STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED));
	}
	ast_test_validate(test, app_is_stuck(app) && !stasis_broadcast_get_stats(&during));
	ast_test_validate(test, during.queues == 1 && during.queued == 1024);
	ast_test_validate(test, during.overflowed - before.overflowed == OPEN - 1024 - 1);
	ast_test_validate(test, during.broadcasts - before.broadcasts == OPEN);
	app_release(app);
	ast_test_validate(test, !wait_for_rest(&after));
	ast_test_validate(test, after.sent - before.sent == 1024 + 1);
	ast_test_validate(test, after.stale == before.stale);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(queue_tells_of_drops_before_stale_offers)
{
	enum {
		OPEN = 1300
	};
	struct stasis_broadcast_stats before;
	struct stasis_broadcast_stats after;
	struct call *calls[OPEN];
	struct app *app;

	if (cmd == TEST_INIT) {
		return describe(info, "queue_tells_of_drops_before_stale_offers",
			"An application's queue was full, and all that is left in it is stale: the log tells of the drops");
	}
	/* tests/module/run checks the line. */
	ast_test_validate(test, (app = app_new("stale-reader")) && !wait_for_rest(&before));
	app_hold(app);
	for (size_t i = 0; i < OPEN; i++) {
		ast_test_validate(test, (calls[i] = call_new()) && !call_offer(calls[i], DAY_MS, NULL));
	}
	ast_test_validate(test, app_is_stuck(app));
	for (size_t i = 0; i < OPEN; i++) {
		stasis_app_broadcast_cleanup(calls[i]->id);
	}
	app_release(app);
	ast_test_validate(test, !wait_for_rest(&after));
	ast_test_validate(test, after.sent - before.sent == 1 && after.stale - before.stale == 1024);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(queue_of_a_guest_goes)
{
	enum {
		GUESTS = 10000
	};
	struct stasis_broadcast_stats before;
	struct stasis_broadcast_stats after;
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "queue_of_a_guest_goes",
			"10000 applications come, are offered a call and go: none leaves a queue");
	}
	ast_test_validate(test, (call = call_new()) && !wait_for_rest(&before));
	for (int i = 0; i < GUESTS; i++) {
		char name[32];
		struct app *guest;

		snprintf(name, sizeof(name), "guest-%d", i);
		ast_test_validate(test, (guest = app_new(name)));
		ast_test_validate(test, !stasis_app_broadcast_channel(call->chan, DAY_MS, NULL, 0));
		app_leave(guest);
	}
	stasis_app_broadcast_cleanup(call->id);
	ast_test_validate(test, !wait_for_rest(&after));
	ast_test_validate(test, after.broadcasts == before.broadcasts);
	ast_test_status_update(test, "threads: %zu, then %zu\n", before.threads, after.threads);
	return AST_TEST_PASS;
}

ast_test_cb_t *const queue_cases[] = { queue_stats_add_up, queue_tells_of_drops_before_stale_offers,
	queue_of_a_guest_goes, NULL };
