/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Rules 1, 2, 4, 5 and 7: who gets a channel, who does not, and what each is told.
 */

#include "cases.h"

/*! Applications that race. */
#define RACERS 8

AST_TEST_DEFINE(claim_wakes_wait)
{
	struct call *call;
	struct waiter *waiter;

	if (cmd == TEST_INIT) {
		return describe(info, "claim_wakes_wait", "A wait of 24 hours returns 0 when another thread claims");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	ast_test_validate(test, waiter_waits(waiter));
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, waiter_result(waiter) == 0);
	ast_test_validate(test, call_won_by(call, "app"));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(claim_before_wait)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "claim_before_wait",
			"Rule 2: a claim that was faster than the wait is found by it, and by each later one");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, wait_on(call, DAY_MS) == 0);
	ast_test_validate(test, wait_on(call, 0) == 0);
	ast_test_validate(test, wait_on(call, -1) == 0);
	ast_test_validate(test, call_won_by(call, "app"));
	return AST_TEST_PASS;
}

/*! \brief A race for one call. */
struct race {
	struct call *call;
	struct app *apps[RACERS];
	int answers[RACERS];
};

static void claim_each(size_t index, void *data)
{
	struct race *race = data;

	race->answers[index] = call_claim(race->call, app_name(race->apps[index]));
}

/*! \brief How many got an answer; the last of them. */
static size_t count_answers(const struct race *race, int answer, size_t *last)
{
	size_t count = 0;

	for (size_t i = 0; i < RACERS; i++) {
		if (race->answers[i] == answer) {
			*last = i;
			count++;
		}
	}
	return count;
}

AST_TEST_DEFINE(claim_one_winner)
{
	struct race race = { 0 };
	size_t winner = 0;
	size_t loser;

	if (cmd == TEST_INIT) {
		return describe(info, "claim_one_winner",
			"Rule 1: of eight threads that claim for eight applications one gets 0, the others -2");
	}
	ast_test_validate(test, !apps_new("racer-", RACERS, race.apps));
	for (size_t i = 0; i < ROUNDS; i++) {
		struct waiter *waiter;

		ast_test_validate(test, (race.call = call_new()));
		ast_test_validate(test, !call_offer(race.call, DAY_MS, NULL));
		ast_test_validate(test, (waiter = waiter_new(race.call, DAY_MS)));
		together(RACERS, claim_each, &race);
		ast_test_validate(test, count_answers(&race, 0, &winner) == 1);
		ast_test_validate(test, count_answers(&race, -2, &loser) == RACERS - 1);
		ast_test_validate(test, waiter_result(waiter) == 0);
		ast_test_validate(test, call_won_by(race.call, app_name(race.apps[winner])));
		stasis_app_broadcast_cleanup(race.call->id);
		call_end(race.call);
	}
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(claim_same_application_at_once)
{
	struct race race = { 0 };
	size_t last;

	if (cmd == TEST_INIT) {
		return describe(info, "claim_same_application_at_once",
			"Rule 4: eight requests of one application at the same time all get 0");
	}
	ast_test_validate(test, (race.apps[0] = app_new("app")));
	for (size_t i = 1; i < RACERS; i++) {
		race.apps[i] = race.apps[0];
	}
	for (size_t i = 0; i < ROUNDS; i++) {
		ast_test_validate(test, (race.call = call_new()));
		ast_test_validate(test, !call_offer(race.call, DAY_MS, NULL));
		together(RACERS, claim_each, &race);
		ast_test_validate(test, count_answers(&race, 0, &last) == RACERS);
		ast_test_validate(test, call_won_by(race.call, "app"));
		stasis_app_broadcast_cleanup(race.call->id);
		call_end(race.call);
	}
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(claim_winner_retries)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "claim_winner_retries",
			"Rule 4: the winner gets 0 again, everyone else -2, until clean-up; after it -1");
	}
	ast_test_validate(test, app_new("winner") && app_new("loser") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, call_claim(call, "winner") == 0);
	for (int i = 0; i < 3; i++) {
		ast_test_validate(test, call_claim(call, "winner") == 0);
		ast_test_validate(test, call_claim(call, "loser") == -2);
	}
	ast_test_validate(test, wait_on(call, DAY_MS) == 0);
	ast_test_validate(test, call_claim(call, "winner") == 0);
	ast_test_validate(test, call_claim(call, "loser") == -2);
	stasis_app_broadcast_cleanup(call->id);
	ast_test_validate(test, call_claim(call, "winner") == -1);
	ast_test_validate(test, call_claim(call, "loser") == -1);
	ast_test_validate(test, call_won_by(call, NULL));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(claim_of_strangers)
{
	struct call *call;
	struct waiter *waiter;

	if (cmd == TEST_INIT) {
		return describe(info, "claim_of_strangers",
			"Rule 5: unregistered and unmatched applications get -1, and the offer goes on");
	}
	ast_test_validate(test, app_new("sales-1") && app_new("support-1") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, "^sales-"));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	ast_test_validate(test, call_claim(call, "sales-2") == -1);
	ast_test_validate(test, call_claim(call, "support-1") == -1);
	ast_test_validate(test, call_claim(call, "support-2") == -1);
	ast_test_validate(test, call_claim(call, "SALES-1") == -1);
	ast_test_validate(test, waiter_waits(waiter) && call_won_by(call, NULL));
	ast_test_validate(test, call_claim(call, "sales-1") == 0);
	ast_test_validate(test, waiter_result(waiter) == 0);
	ast_test_validate(test, call_won_by(call, "sales-1"));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(claim_of_newcomer)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "claim_of_newcomer",
			"Rule 5: what counts is who is registered at the claim, not at the offer");
	}
	ast_test_validate(test, app_new("sales-1") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, "^sales-"));
	ast_test_validate(test, call_claim(call, "sales-2") == -1);
	ast_test_validate(test, app_new("sales-2"));
	ast_test_validate(test, call_claim(call, "sales-2") == 0);
	ast_test_validate(test, call_claim(call, "sales-1") == -2);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(claim_of_one_that_left)
{
	struct call *call;
	struct app *app;

	if (cmd == TEST_INIT) {
		return describe(info, "claim_of_one_that_left", "Rule 5: who has unregistered cannot claim any more");
	}
	ast_test_validate(test, (app = app_new("gone")) && app_new("here") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	app_leave(app);
	ast_test_validate(test, call_claim(call, "gone") == -1);
	ast_test_validate(test, call_claim(call, "here") == 0);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(claim_outlives_application)
{
	struct call *call;
	struct app *app;

	if (cmd == TEST_INIT) {
		return describe(info, "claim_outlives_application",
			"Rule 2: the winner stays the winner when its application goes away");
	}
	ast_test_validate(test, (app = app_new("winner")) && app_new("loser") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, call_claim(call, "winner") == 0);
	app_leave(app);
	ast_test_validate(test, call_claim(call, "loser") == -2);
	ast_test_validate(test, wait_on(call, DAY_MS) == 0);
	ast_test_validate(test, call_won_by(call, "winner"));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(claim_winner_only_asks)
{
	struct call *call;
	struct waiter *waiter;

	if (cmd == TEST_INIT) {
		return describe(info, "claim_winner_only_asks", "Rule 7: asking for the winner changes nothing");
	}
	ast_test_validate(test, app_new("app") && app_new("other") && (call = call_new()));
	ast_test_validate(test, call_won_by(call, NULL));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	for (int i = 0; i < 1000; i++) {
		ast_test_validate(test, call_won_by(call, NULL));
	}
	ast_test_validate(test, waiter_waits(waiter));
	ast_test_validate(test, call_claim(call, "app") == 0);
	for (int i = 0; i < 1000; i++) {
		ast_test_validate(test, call_won_by(call, "app"));
	}
	ast_test_validate(test, waiter_result(waiter) == 0);
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, call_claim(call, "other") == -2);
	return AST_TEST_PASS;
}

/*! \brief Thread 0 claims, thread 1 does something that closes the broadcast. */
struct duel {
	struct call *call;
	void (*close)(struct call *call);
	/*! How much later the claim comes: closing takes longer until it takes effect. */
	int head_start_us;
	int answer;
};

static void fight(size_t index, void *data)
{
	struct duel *duel = data;

	if (index) {
		duel->close(duel->call);
	} else {
		const int64_t end_us = now_us() + duel->head_start_us;

		/* Too short for a sleep. */
		while (now_us() < end_us) {
		}
		duel->answer = call_claim(duel->call, "app");
	}
}

AST_TEST_DEFINE(claim_races_hangup)
{
	size_t wins = 0;

	if (cmd == TEST_INIT) {
		return describe(info, "claim_races_hangup",
			"Rules 2 and 3: a claim and a hang-up at the same time agree on who was first");
	}
	ast_test_validate(test, app_new("app"));
	for (size_t i = 0; i < ROUNDS; i++) {
		struct duel duel = { .call = call_new(), .close = call_softhangup, .head_start_us = i };
		struct waiter *waiter;
		int waited;

		ast_test_validate(test, duel.call && !call_offer(duel.call, DAY_MS, NULL));
		ast_test_validate(test, (waiter = waiter_new(duel.call, DAY_MS)));
		together(2, fight, &duel);
		waited = waiter_result(waiter);
		ast_test_validate(test, duel.answer == 0 || duel.answer == -1);
		ast_test_validate(test, waited == duel.answer);
		ast_test_validate(test, call_won_by(duel.call, duel.answer ? NULL : "app"));
		ast_test_validate(test, call_claim(duel.call, "app") == duel.answer);
		wins += !duel.answer;
		call_end(duel.call);
	}
	ast_test_status_update(test, "%zu of %d claims came before the hang-up\n", wins, ROUNDS);
	return AST_TEST_PASS;
}

static void clean_up(struct call *call)
{
	stasis_app_broadcast_cleanup(call->id);
}

AST_TEST_DEFINE(claim_races_cleanup)
{
	if (cmd == TEST_INIT) {
		return describe(info, "claim_races_cleanup",
			"A claim and a clean-up at the same time: the wait ends, and nothing is left");
	}
	ast_test_validate(test, app_new("app"));
	for (size_t i = 0; i < ROUNDS; i++) {
		struct duel duel = { .call = call_new(), .close = clean_up, .head_start_us = i % 20 };
		struct waiter *waiter;
		int waited;

		ast_test_validate(test, duel.call && !call_offer(duel.call, DAY_MS, NULL));
		ast_test_validate(test, (waiter = waiter_new(duel.call, DAY_MS)));
		together(2, fight, &duel);
		waited = waiter_result(waiter);
		ast_test_validate(test, duel.answer == 0 || duel.answer == -1);
		ast_test_validate(test, waited == duel.answer);
		ast_test_validate(test, call_won_by(duel.call, NULL));
		ast_test_validate(test, call_claim(duel.call, "app") == -1);
		call_end(duel.call);
	}
	return AST_TEST_PASS;
}

ast_test_cb_t *const claim_cases[] = { claim_wakes_wait, claim_before_wait, claim_one_winner,
	claim_same_application_at_once, claim_winner_retries, claim_of_strangers, claim_of_newcomer,
	claim_of_one_that_left, claim_outlives_application, claim_winner_only_asks, claim_races_hangup,
	claim_races_cleanup, NULL };
