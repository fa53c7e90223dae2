/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Rule 3: the deadline, and waits that are longer or shorter than it.
 */

#include "cases.h"

static void claim_it(size_t index attribute_unused, void *data)
{
	struct call *call = data;

	sleep_until(now_ms() + 1);
	call_claim(call, "app");
}

/*! \brief A broadcast with \a timeout_ms is over from the start. */
static enum ast_test_result_state over_at_once(struct ast_test *test, int timeout_ms)
{
	struct call *call;

	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, timeout_ms, NULL));
	ast_test_validate(test, call_claim(call, "app") == -1);
	ast_test_validate(test, wait_on(call, DAY_MS) == -1);
	ast_test_validate(test, call_claim(call, "app") == -1);
	ast_test_validate(test, call_won_by(call, NULL));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(deadline_zero)
{
	if (cmd == TEST_INIT) {
		return describe(info, "deadline_zero", "Rule 3: no claim succeeds with a timeout of 0");
	}
	return over_at_once(test, 0);
}

AST_TEST_DEFINE(deadline_negative)
{
	if (cmd == TEST_INIT) {
		return describe(info, "deadline_negative", "Rule 3: a negative timeout is 0");
	}
	return over_at_once(test, INT_MIN);
}

AST_TEST_DEFINE(deadline_over_a_day)
{
	static const int timeouts[] = { DAY_MS, DAY_MS + 1, INT_MAX };
	struct call *call;
	struct app *app;

	if (cmd == TEST_INIT) {
		return describe(info, "deadline_over_a_day", "Rule 3: more than 24 hours is 24 hours, not the past");
	}
	ast_test_validate(test, (app = app_new("app")));
	for (size_t i = 0; i < ARRAY_LEN(timeouts); i++) {
		struct waiter *waiter;

		ast_test_validate(test, (call = call_new()) && !call_offer(call, timeouts[i], NULL));
		ast_test_validate(test, (waiter = waiter_new(call, timeouts[i])));
		ast_test_validate(test, app_hears(app, "CallBroadcast", call->id, 1));
#ifndef AST_DEVMODE
		ast_test_validate(test,
			ast_json_integer_get(
				ast_json_object_get(app_told(app, "CallBroadcast", call->id).event, "timeout")) == DAY_MS);
#endif
		ast_test_validate(test, waiter_waits(waiter));
		ast_test_validate(test, call_claim(call, "app") == 0);
		ast_test_validate(test, waiter_result(waiter) == 0);
	}
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(deadline_ends_wait)
{
	struct call *call;
	int64_t start_ms;

	if (cmd == TEST_INIT) {
		return describe(info, "deadline_ends_wait",
			"Rule 3: a longer wait ends with the deadline, not before it, and no claim succeeds after that");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	start_ms = now_ms();
	ast_test_validate(test, !call_offer(call, 60, NULL));
	ast_test_validate(test, wait_on(call, DAY_MS) == -1);
	/* Both readings of the clock are rounded down. */
	ast_test_validate(test, now_ms() - start_ms >= 60 - 1);
	ast_test_validate(test, call_claim(call, "app") == -1);
	ast_test_validate(test, wait_on(call, DAY_MS) == -1);
	ast_test_validate(test, call_won_by(call, NULL));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(deadline_without_wait)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "deadline_without_wait", "Rule 3: the deadline holds although nobody waits");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, 20, NULL));
	sleep_until(now_ms() + 20);
	ast_test_validate(test, call_claim(call, "app") == -1);
	ast_test_validate(test, wait_on(call, DAY_MS) == -1);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(deadline_runs_from_offer)
{
	struct call *call;
	int64_t start_ms;

	if (cmd == TEST_INIT) {
		return describe(
			info, "deadline_runs_from_offer", "Rule 3: the time runs from the offer, not the wait");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	start_ms = now_ms();
	ast_test_validate(test, !call_offer(call, 500, NULL));
	sleep_until(start_ms + 400);
	ast_test_validate(test, wait_on(call, PATIENCE_MS) == -1);
	ast_test_validate(test, now_ms() - start_ms < PATIENCE_MS);
	ast_test_validate(test, call_claim(call, "app") == -1);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(deadline_short_waits)
{
	struct call *call;
	struct waiter *waiter;
	int64_t start_ms;

	if (cmd == TEST_INIT) {
		return describe(info, "deadline_short_waits",
			"Rule 3: a wait shorter than the deadline returns -1 in time and may be called again");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, wait_on(call, 0) == -1);
	ast_test_validate(test, wait_on(call, -1) == -1);
	ast_test_validate(test, wait_on(call, INT_MIN) == -1);
	for (int i = 1; i <= 5; i++) {
		start_ms = now_ms();
		ast_test_validate(test, wait_on(call, 10 * i) == -1);
		ast_test_validate(test, now_ms() - start_ms >= 10 * i - 1);
	}
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, waiter_result(waiter) == 0);
	return AST_TEST_PASS;
}

/*! \brief A claim that hits the deadline as well as it can. */
struct photo_finish {
	struct call *call;
	int64_t when_us;
	int answer;
	int waited;
};

static void finish(size_t index, void *data)
{
	struct photo_finish *finish = data;

	if (index) {
		finish->waited = stasis_app_broadcast_wait(finish->call->chan, DAY_MS);
	} else {
		sleep_until_us(finish->when_us);
		finish->answer = call_claim(finish->call, "app");
	}
}

AST_TEST_DEFINE(deadline_races_claim)
{
	size_t wins = 0;

	if (cmd == TEST_INIT) {
		return describe(info, "deadline_races_claim",
			"Rules 2 and 3: a claim at the deadline and the wait agree on who was first");
	}
	ast_test_validate(test, app_new("app"));
	for (int i = 0; i < ROUNDS; i++) {
		struct photo_finish race = { .call = call_new() };

		ast_test_validate(test, race.call && !call_offer(race.call, 6, NULL));
		/* From 400 microseconds before the deadline to as many after it. */
		race.when_us = now_us() + 6000 + 4 * (i - ROUNDS / 2);
		together(2, finish, &race);
		ast_test_validate(test, race.answer == 0 || race.answer == -1);
		ast_test_validate(test, race.waited == race.answer);
		ast_test_validate(test, call_won_by(race.call, race.answer ? NULL : "app"));
		ast_test_validate(test, call_claim(race.call, "app") == race.answer);
		wins += !race.answer;
		call_end(race.call);
	}
	ast_test_status_update(test, "%zu of %d claims came before the deadline\n", wins, ROUNDS);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(deadline_claim_survives_it)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "deadline_claim_survives_it",
			"Rules 2 and 4: what was claimed in time stays claimed after the deadline");
	}
	ast_test_validate(test, app_new("app") && app_new("other") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, 5000, NULL));
	together(1, claim_it, call);
	ast_test_validate(test, call_won_by(call, "app"));
	ast_test_validate(test, wait_on(call, 1) == 0);
	stasis_app_broadcast_cleanup(call->id);

	ast_test_validate(test, (call = call_new()) && !call_offer(call, 300, NULL));
	ast_test_validate(test, call_claim(call, "app") == 0);
	sleep_until(now_ms() + 301);
	ast_test_validate(test, wait_on(call, DAY_MS) == 0);
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, call_claim(call, "other") == -2);
	return AST_TEST_PASS;
}

ast_test_cb_t *const deadline_cases[] = { deadline_zero, deadline_negative, deadline_over_a_day,
	deadline_ends_wait, deadline_without_wait, deadline_runs_from_offer, deadline_short_waits,
	deadline_races_claim, deadline_claim_survives_it, NULL };
