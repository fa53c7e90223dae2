/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Rules 3, 6 and 8: how a broadcast ends: hang-up, replacement, clean-up, the channel's end.
 */

#include "cases.h"

#include "asterisk/pbx.h"

AST_TEST_DEFINE(hangup_wakes_wait)
{
	struct call *call;
	struct waiter *waiter;

	if (cmd == TEST_INIT) {
		return describe(info, "hangup_wakes_wait",
			"A wait of 24 hours returns -1 when the channel hangs up, and no claim succeeds after that");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	call_softhangup(call);
	ast_test_validate(test, waiter_result(waiter) == -1);
	ast_test_validate(test, call_claim(call, "app") == -1);
	ast_test_validate(test, call_won_by(call, NULL));
	ast_test_validate(test, wait_on(call, DAY_MS) == -1);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(hangup_from_the_driver)
{
	struct call *call;
	struct waiter *waiter;

	if (cmd == TEST_INIT) {
		return describe(info, "hangup_from_the_driver",
			"The same when the channel driver queues the hang-up, as it does for a caller");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	ast_queue_hangup(call->chan);
	ast_test_validate(test, waiter_result(waiter) == -1);
	ast_test_validate(test, call_claim(call, "app") == -1);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(hangup_before_wait)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(
			info, "hangup_before_wait", "A wait on a channel that has hung up returns -1 at once");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	call_softhangup(call);
	ast_test_validate(test, wait_on(call, DAY_MS) == -1);
	ast_test_validate(test, call_claim(call, "app") == -1);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(hangup_after_claim)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "hangup_after_claim",
			"Rule 2: a claim that came before the hang-up is still there for the wait that comes after");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, call_claim(call, "app") == 0);
	call_softhangup(call);
	ast_test_validate(test, wait_on(call, DAY_MS) == 0);
	ast_test_validate(test, call_won_by(call, "app"));
	return AST_TEST_PASS;
}

/*! \brief A call in StasisBroadcast() whose winner goes away, and its caller with it. */
struct double_loss {
	struct call *call;
	struct app *winner;
	struct app *other;
	int result;
	int claimed;
};

static void lose_both(size_t index, void *data)
{
	struct double_loss *loss = data;

	if (!index) {
		loss->result = pbx_exec(loss->call->chan, pbx_findapp("StasisBroadcast"), "60000");
		return;
	}
	loss->claimed = app_hears(loss->other, "CallBroadcast", loss->call->id, 1);
	/* The call's own thread cannot go on before all three have happened. */
	ast_channel_lock(loss->call->chan);
	loss->claimed = loss->claimed && !call_claim(loss->call, app_name(loss->winner));
	app_leave(loss->winner);
	ast_softhangup_nolock(loss->call->chan, AST_SOFTHANGUP_DEV);
	ast_channel_unlock(loss->call->chan);
}

AST_TEST_DEFINE(hangup_with_the_winner_lost)
{
	struct double_loss loss = { 0 };

	if (cmd == TEST_INIT) {
		return describe(info, "hangup_with_the_winner_lost",
			"A call that has hung up is not offered again, though its winner is gone as well");
	}
	ast_test_validate(test, (loss.winner = app_new("winner")) && (loss.other = app_new("other")));
	ast_test_validate(test, (loss.call = call_new()) && pbx_findapp("StasisBroadcast"));
	together(2, lose_both, &loss);
	ast_test_validate(test, loss.claimed);
	ast_test_validate(test, loss.result == -1);
	ast_test_validate(test, apps_settle());
	ast_test_validate(test, app_count(loss.other, "CallBroadcast", loss.call->id) == 1);
	ast_test_validate(test, !pbx_builtin_getvar_helper(loss.call->chan, "BROADCASTLOST"));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(replacement_ends_wait)
{
	struct call *call;
	struct waiter *first;
	struct waiter *second;

	if (cmd == TEST_INIT) {
		return describe(info, "replacement_ends_wait",
			"Rule 6: who waits on the first broadcast gets -1; the second one is open");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, (first = waiter_new(call, DAY_MS)));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, waiter_result(first) == -1);
	ast_test_validate(test, (second = waiter_new(call, DAY_MS)));
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, waiter_result(second) == 0);
	ast_test_validate(test, call_won_by(call, "app"));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(replacement_forgets_the_first)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "replacement_forgets_the_first",
			"Rule 6: winner, filter and deadline of the first broadcast are gone with it");
	}
	ast_test_validate(test, app_new("sales") && app_new("support") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, "^sales"));
	ast_test_validate(test, call_claim(call, "sales") == 0);
	ast_test_validate(test, !call_offer(call, DAY_MS, "^support"));
	ast_test_validate(test, call_won_by(call, NULL));
	ast_test_validate(test, call_claim(call, "sales") == -1);
	ast_test_validate(test, call_claim(call, "support") == 0);
	ast_test_validate(test, call_claim(call, "sales") == -2);

	ast_test_validate(test, !call_offer(call, 0, NULL));
	ast_test_validate(test, call_claim(call, "sales") == -1);
	ast_test_validate(test, call_won_by(call, NULL));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, call_claim(call, "sales") == 0);
	stasis_app_broadcast_cleanup(call->id);
	ast_test_validate(test, call_claim(call, "sales") == -1);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(replacement_after_timeout)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "replacement_after_timeout", "A channel can be offered again after a timeout");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	for (int i = 0; i < 20; i++) {
		ast_test_validate(test, !call_offer(call, 2, NULL));
		ast_test_validate(test, wait_on(call, 1000) == -1);
		ast_test_validate(test, call_claim(call, "app") == -1);
	}
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, wait_on(call, 1000) == 0);
	return AST_TEST_PASS;
}

/*! \brief Thread 0 claims while thread 1 offers the channel again. */
struct rivalry {
	struct call *call;
	int answer;
	int offered;
};

static void rival(size_t index, void *data)
{
	struct rivalry *rivalry = data;

	if (index) {
		rivalry->offered = call_offer(rivalry->call, DAY_MS, NULL);
	} else {
		rivalry->answer = call_claim(rivalry->call, "app");
	}
}

AST_TEST_DEFINE(replacement_races_claim)
{
	if (cmd == TEST_INIT) {
		return describe(info, "replacement_races_claim",
			"Rules 1, 2 and 6: a claim during a replacement is for the one or for the other");
	}
	ast_test_validate(test, app_new("app") && app_new("other"));
	for (size_t i = 0; i < ROUNDS; i++) {
		struct rivalry race = { .call = call_new() };
		struct waiter *first;
		int waited;
		int second_is_taken;

		ast_test_validate(test, race.call && !call_offer(race.call, DAY_MS, NULL));
		ast_test_validate(test, (first = waiter_new(race.call, DAY_MS)));
		together(2, rival, &race);
		waited = waiter_result(first);
		second_is_taken = call_won_by(race.call, "app");
		ast_test_validate(test, !race.offered && (waited == 0 || waited == -1));
		/* An answer of 0 belongs to just one of the two; -1 can only come from the first, closed. */
		ast_test_validate(test, race.answer == 0 || race.answer == -1);
		ast_test_validate(test, (race.answer == 0) == ((waited == 0) + second_is_taken == 1));
		ast_test_validate(test, call_claim(race.call, "other") == (second_is_taken ? -2 : 0));
		call_end(race.call);
	}
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(cleanup_ends_wait)
{
	struct call *call;
	struct waiter *waiter;

	if (cmd == TEST_INIT) {
		return describe(info, "cleanup_ends_wait", "Who waits on a broadcast that is cleaned up gets -1");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	stasis_app_broadcast_cleanup(call->id);
	ast_test_validate(test, waiter_result(waiter) == -1);
	ast_test_validate(test, call_claim(call, "app") == -1);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(cleanup_twice)
{
	struct call *call;
	struct call *other;

	if (cmd == TEST_INIT) {
		return describe(info, "cleanup_twice",
			"Rule 8: cleaning up twice is harmless, also to other channels and to the next broadcast");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()) && (other = call_new()));
	ast_test_validate(test, !call_offer(other, DAY_MS, NULL));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, call_claim(call, "app") == 0);
	stasis_app_broadcast_cleanup(call->id);
	stasis_app_broadcast_cleanup(call->id);
	ast_test_validate(test, call_claim(call, "app") == -1);
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, call_claim(call, "app") == 0);
	stasis_app_broadcast_cleanup(call->id);
	stasis_app_broadcast_cleanup(call->id);
	ast_test_validate(test, call_won_by(call, NULL));
	ast_test_validate(test, call_claim(other, "app") == 0);
	return AST_TEST_PASS;
}

static void clean_up(size_t index attribute_unused, void *data)
{
	struct call *call = data;

	stasis_app_broadcast_cleanup(call->id);
}

AST_TEST_DEFINE(cleanup_from_all_sides)
{
	if (cmd == TEST_INIT) {
		return describe(
			info, "cleanup_from_all_sides", "Rule 8: four threads clean up at the same time while one waits");
	}
	ast_test_validate(test, app_new("app"));
	for (size_t i = 0; i < ROUNDS; i++) {
		struct call *call = call_new();
		struct waiter *waiter;

		ast_test_validate(test, call && !call_offer(call, DAY_MS, NULL));
		ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
		together(4, clean_up, call);
		ast_test_validate(test, waiter_result(waiter) == -1);
		ast_test_validate(test, call_claim(call, "app") == -1);
		call_end(call);
	}
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(channel_gone_while_open)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "channel_gone_while_open",
			"Rule 8: an open broadcast goes with its channel; the clean-up that comes late is harmless");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	call_end(call);
	ast_test_validate(test, call_claim(call, "app") == -1);
	ast_test_validate(test, call_won_by(call, NULL));
	stasis_app_broadcast_cleanup(call->id);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(channel_gone_after_claim)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "channel_gone_after_claim",
			"Rule 8: a claimed broadcast goes with its channel: -1 for the loser and the winner too");
	}
	ast_test_validate(test, app_new("app") && app_new("other") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, call_claim(call, "app") == 0);
	call_end(call);
	ast_test_validate(test, call_claim(call, "app") == -1);
	ast_test_validate(test, call_claim(call, "other") == -1);
	ast_test_validate(test, call_won_by(call, NULL));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(channel_gone_after_replacement)
{
	struct call *call;
	struct call *other;

	if (cmd == TEST_INIT) {
		return describe(info, "channel_gone_after_replacement",
			"Rule 8: what several broadcasts of a channel left goes with it, and nothing else");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()) && (other = call_new()));
	ast_test_validate(test, !call_offer(other, DAY_MS, NULL));
	for (int i = 0; i < 5; i++) {
		ast_test_validate(test, !call_offer(call, DAY_MS, i % 2 ? NULL : "^app$"));
		if (i == 2) {
			stasis_app_broadcast_cleanup(call->id);
		}
	}
	call_end(call);
	ast_test_validate(test, call_claim(call, "app") == -1);
	ast_test_validate(test, call_claim(other, "app") == 0);
	return AST_TEST_PASS;
}

static void end_or_claim(size_t index, void *data)
{
	struct rivalry *rivalry = data;

	if (index) {
		call_end(rivalry->call);
	} else {
		rivalry->answer = call_claim(rivalry->call, "app");
	}
}

AST_TEST_DEFINE(channel_gone_races_claim)
{
	if (cmd == TEST_INIT) {
		return describe(info, "channel_gone_races_claim",
			"Rule 8: a claim while the channel is destroyed is answered, and nothing is left");
	}
	ast_test_validate(test, app_new("app"));
	for (size_t i = 0; i < ROUNDS; i++) {
		struct rivalry race = { .call = call_new() };

		/* With a CallClaimed event, which is built while the channel goes. */
		ast_test_validate(test, race.call && !stasis_app_broadcast_channel(race.call->chan, DAY_MS, NULL, 0));
		together(2, end_or_claim, &race);
		ast_test_validate(test, race.answer == 0 || race.answer == -1);
		ast_test_validate(test, call_claim(race.call, "app") == -1);
		ast_test_validate(test, call_won_by(race.call, NULL));
	}
	return AST_TEST_PASS;
}

ast_test_cb_t *const lifecycle_cases[] = { hangup_wakes_wait, hangup_from_the_driver, hangup_before_wait,
	hangup_after_claim, hangup_with_the_winner_lost, replacement_ends_wait, replacement_forgets_the_first,
	replacement_after_timeout, replacement_races_claim, cleanup_ends_wait, cleanup_twice,
	cleanup_from_all_sides, channel_gone_while_open, channel_gone_after_claim, channel_gone_after_replacement,
	channel_gone_races_claim, NULL };
