/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Rules 2, 11 and 12: a channel becomes another one, at each step of a broadcast.
 *
 * In ast_channel_move(dest, source) \a dest keeps its struct, and with it the thread that runs it, its own datastores
 * and variables, and gets the technology, the name and the unique ID of \a source. \a source gets those of \a dest, is
 * a zombie from then on and counts as hung up. So a call that is on offer can be either side: the caller that the
 * waiting thread has becomes another one (an attended transfer, a pickup), or the caller is taken away from the
 * thread (a redirect without a PBX, AMI's Bridge).
 */

#include "cases.h"

#include <stdatomic.h>

#include "asterisk/json.h"
#include "asterisk/pbx.h"

/*! \brief How long the offers of these cases last; nobody waits for their end. */
#define LONG_MS 60000

/*! \brief Let \a call, with the thread that runs it, become \a other. \return Whether it did. */
static int become(struct call *call, struct call *other)
{
	return !ast_channel_move(call->chan, other->chan) &&
		!strcmp(ast_channel_uniqueid(call->chan), other->id) &&
		!strcmp(ast_channel_uniqueid(other->chan), call->id);
}

/*! \brief Who takes part in a case: a call, another one that it becomes, an application, and a second one. */
struct parts {
	struct call *call;
	struct call *other;
	struct app *app;
	struct app *late;
};

static int parts_new(struct parts *parts)
{
	parts->app = app_new("app");
	parts->late = app_new("late");
	parts->call = call_new();
	parts->other = call_new();
	return parts->app && parts->late && parts->call && parts->other ? 0 : -1;
}

/*! \brief The field \c timeout of an offer, in milliseconds; -1 if there is none. */
static int offered_timeout(struct app *app, const char *id)
{
	struct ast_json *event = app_told(app, "CallBroadcast", id).event;
	struct ast_json *timeout = event ? ast_json_object_get(event, "timeout") : NULL;

	return timeout ? (int) ast_json_integer_get(timeout) : -1;
}

AST_TEST_DEFINE(masquerade_between_offer_and_wait)
{
	struct parts parts;
	struct waiter *waiter;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_between_offer_and_wait",
			"Rule 12: the wait offers the channel under the ID that it has by then, for what is left of the time");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !call_offer(parts.call, LONG_MS, NULL));
	ast_test_validate(test, become(parts.call, parts.other));
	ast_test_validate(test, (waiter = waiter_new(parts.call, LONG_MS)));
	ast_test_validate(test, app_hears(parts.app, "CallBroadcast", parts.other->id, 1));
	ast_test_validate(test, call_claim(parts.call, "app") == -1);
	ast_test_validate(test, !call_claim(parts.other, "app"));
	ast_test_validate(test, !waiter_result(waiter));
	ast_test_validate(test, call_won_by(parts.other, "app"));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(masquerade_between_offer_and_wait_withdraws)
{
	struct parts parts;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_between_offer_and_wait_withdraws",
			"Rule 12: once the wait has returned, neither the old ID nor the new one can be claimed");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !call_offer(parts.call, 500, NULL));
	ast_test_validate(test, become(parts.call, parts.other));
	ast_test_validate(test, wait_on(parts.call, LONG_MS) == -1);
	ast_test_validate(test, app_hears(parts.app, "CallBroadcast", parts.other->id, 1));
	ast_test_validate(test, call_claim(parts.call, "app") == -1);
	ast_test_validate(test, call_claim(parts.other, "app") == -1);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(masquerade_while_waiting)
{
	struct parts parts;
	struct waiter *waiter;
	int timeout_ms;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_while_waiting",
			"Rule 12: the offer under the old ID is withdrawn, and the wait ends with a claim of the new one");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !call_offer(parts.call, LONG_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(parts.call, LONG_MS)));
	ast_test_validate(test, become(parts.call, parts.other));
	ast_test_validate(test, app_hears(parts.app, "CallBroadcast", parts.other->id, 1));
	timeout_ms = offered_timeout(parts.app, parts.other->id);
	ast_test_validate(test, timeout_ms == -1 || (timeout_ms > 0 && timeout_ms <= LONG_MS));
	ast_test_validate(test, call_claim(parts.call, "app") == -1);
	ast_test_validate(test, waiter_waits(waiter));
	ast_test_validate(test, !call_claim(parts.other, "app"));
	ast_test_validate(test, !waiter_result(waiter));
	ast_test_validate(test, call_won_by(parts.other, "app"));
	ast_test_validate(test, call_claim(parts.other, "late") == -2);
	ast_test_validate(test, call_claim(parts.call, "late") == -1);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(masquerade_keeps_the_deadline)
{
	struct parts parts;
	struct waiter *waiter;
	const int64_t start_ms = now_ms();
	int64_t offered_ms;
	int timeout_ms;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_keeps_the_deadline",
			"Rule 12: the new offer lasts as long as the old one would have, and says so");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !call_offer(parts.call, 3000, NULL));
	offered_ms = now_ms();
	ast_test_validate(test, (waiter = waiter_new(parts.call, LONG_MS)));
	sleep_until(offered_ms + 1500);
	ast_test_validate(test, become(parts.call, parts.other));
	ast_test_validate(test, app_hears(parts.app, "CallBroadcast", parts.other->id, 1));
	timeout_ms = offered_timeout(parts.app, parts.other->id);
	ast_test_validate(test, timeout_ms == -1 || (timeout_ms > 0 && timeout_ms <= 1500));
	ast_test_validate(test, waiter_result(waiter) == -1);
	/* From the new offer on a whole timeout would last until 4500. */
	ast_test_validate(test, now_ms() - start_ms >= 3000 && now_ms() - start_ms < 4500);
	ast_test_validate(test, call_claim(parts.other, "app") == -1);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(masquerade_again_and_again)
{
	struct parts parts;
	struct call *calls[5];
	struct waiter *waiter;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_again_and_again",
			"Rule 12: each ID is withdrawn when the next one comes; the last one can be claimed");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !call_offer(parts.call, LONG_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(parts.call, LONG_MS)));
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		ast_test_validate(test, (calls[i] = call_new()));
		ast_test_validate(test, !ast_channel_move(parts.call->chan, calls[i]->chan));
		ast_test_validate(test, app_hears(parts.app, "CallBroadcast", calls[i]->id, 1));
		ast_test_validate(test, call_claim(i ? calls[i - 1] : parts.call, "app") == -1);
	}
	ast_test_validate(test, !call_claim(calls[ARRAY_LEN(calls) - 1], "app"));
	ast_test_validate(test, !waiter_result(waiter));
	ast_test_validate(test, call_won_by(calls[ARRAY_LEN(calls) - 1], "app"));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(masquerade_keeps_the_filter)
{
	struct parts parts;
	struct waiter *waiter;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_keeps_the_filter",
			"Rules 5 and 12: who was outside of the filter hears nothing and may claim nothing under the new ID");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !call_offer(parts.call, LONG_MS, "^app$"));
	ast_test_validate(test, (waiter = waiter_new(parts.call, LONG_MS)));
	ast_test_validate(test, become(parts.call, parts.other));
	ast_test_validate(test, app_hears(parts.app, "CallBroadcast", parts.other->id, 1));
	ast_test_validate(test, call_claim(parts.other, "late") == -1);
	ast_test_validate(test, !call_claim(parts.other, "app"));
	ast_test_validate(test, !waiter_result(waiter));
	ast_test_validate(test, apps_settle());
	ast_test_validate(test, !app_count(parts.late, "CallBroadcast", parts.other->id));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(masquerade_tells_of_the_claim)
{
	struct parts parts;
	struct waiter *waiter;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_tells_of_the_claim",
			"CallClaimed comes for the new ID, after its CallBroadcast, and never for the old one");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !stasis_app_broadcast_channel(parts.call->chan, LONG_MS, NULL, 0));
	ast_test_validate(test, (waiter = waiter_new(parts.call, LONG_MS)));
	ast_test_validate(test, become(parts.call, parts.other));
	ast_test_validate(test, app_hears(parts.app, "CallBroadcast", parts.other->id, 1));
	/* Who has not heard of an offer before it is claimed hears nothing of it. */
	ast_test_validate(test, app_hears(parts.late, "CallBroadcast", parts.other->id, 1));
	ast_test_validate(test, !call_claim(parts.other, "app"));
	ast_test_validate(test, !waiter_result(waiter));
	ast_test_validate(test, app_hears(parts.late, "CallClaimed", parts.other->id, 1));
	ast_test_validate(test,
		app_told(parts.late, "CallClaimed", parts.other->id).order >
			app_told(parts.late, "CallBroadcast", parts.other->id).order);
	ast_test_validate(test, apps_settle());
	ast_test_validate(test, !app_count(parts.late, "CallClaimed", parts.call->id));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(masquerade_between_claim_and_wait)
{
	struct parts parts;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_between_claim_and_wait",
			"Rules 2 and 12: a claim that got 0 holds, whatever the channel is called by then");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !call_offer(parts.call, LONG_MS, NULL));
	ast_test_validate(test, !call_claim(parts.call, "app"));
	ast_test_validate(test, become(parts.call, parts.other));
	ast_test_validate(test, !wait_on(parts.call, LONG_MS));
	ast_test_validate(test, call_won_by(parts.call, "app"));
	ast_test_validate(test, !call_claim(parts.call, "app"));
	ast_test_validate(test, call_claim(parts.call, "late") == -2);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(masquerade_between_claim_and_the_end_of_the_wait)
{
	struct parts parts;
	struct waiter *waiter;
	int claimed;
	int became;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_between_claim_and_the_end_of_the_wait",
			"Rules 2 and 12: the same when the wait has not yet seen the claim");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !call_offer(parts.call, LONG_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(parts.call, LONG_MS)));
	/* The waiting thread needs this lock for its next step. */
	ast_channel_lock(parts.call->chan);
	claimed = call_claim(parts.call, "app");
	became = become(parts.call, parts.other);
	ast_channel_unlock(parts.call->chan);
	ast_test_validate(test, !claimed && became);
	ast_test_validate(test, !waiter_result(waiter));
	ast_test_validate(test, call_won_by(parts.call, "app"));
	ast_test_validate(test, call_claim(parts.call, "late") == -2);
	ast_test_validate(test, apps_settle());
	ast_test_validate(test, !app_count(parts.app, "CallBroadcast", parts.other->id));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(masquerade_after_claim_names_the_winner_by_either_id)
{
	struct parts parts;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_after_claim_names_the_winner_by_either_id",
			"Rule 2: a user of the API that asks by the ID that the channel has now gets the winner as well");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !call_offer(parts.call, LONG_MS, NULL));
	ast_test_validate(test, !call_claim(parts.call, "app"));
	ast_test_validate(test, become(parts.call, parts.other));
	ast_test_validate(test, !wait_on(parts.call, LONG_MS));
	ast_test_validate(test, call_won_by(parts.other, "app"));
	stasis_app_broadcast_cleanup(parts.other->id);
	ast_test_validate(test, call_won_by(parts.other, NULL));
	ast_test_validate(test, call_won_by(parts.call, NULL));
	return AST_TEST_PASS;
}

/*
 * Asterisk does not wake the thread of the channel that is moved away: it polls file descriptors that belong to the
 * other struct from then on. The broadcast must wake it, for which chan_fixup of the datastore serves.
 */
AST_TEST_DEFINE(masquerade_away_ends_the_wait)
{
	struct parts parts;
	struct waiter *waiter;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_away_ends_the_wait",
			"The caller is taken away from the waiting thread: the offer ends, and the ID is free for another one");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !call_offer(parts.call, LONG_MS, NULL));
	ast_test_validate(test, app_hears(parts.app, "CallBroadcast", parts.call->id, 1));
	ast_test_validate(test, (waiter = waiter_new(parts.call, LONG_MS)));
	ast_test_validate(test, become(parts.other, parts.call));
	ast_test_validate(test, waiter_result(waiter) == -1);
	ast_test_validate(test, call_claim(parts.call, "app") == -1);
	ast_test_validate(test, call_claim(parts.other, "app") == -1);
	ast_test_validate(test, !call_offer(parts.other, LONG_MS, NULL));
	ast_test_validate(test, app_hears(parts.app, "CallBroadcast", parts.call->id, 2));
	ast_test_validate(test, !call_claim(parts.call, "app"));
	ast_test_validate(test, !wait_on(parts.other, LONG_MS));
	ast_test_validate(test, call_won_by(parts.call, "app"));
	return AST_TEST_PASS;
}

/*! \brief Two runs, where the caller of the first one goes on in the second one; what happened. */
struct taken_away {
	struct parts parts;
	struct run first;
	struct run second;
	int became;
	int offered_twice;
	int claimed;
	int started;
};

/*!
 * \brief Take the caller away from a run, offer it in another one, and let the first run end only then.
 *
 * \param claim_first Whether an application has claimed the call when it is taken away.
 */
static void take_away(struct taken_away *away, int claim_first)
{
	struct parts *parts = &away->parts;

	/* The first run cannot go on before the lock is given back. */
	ast_channel_lock(parts->call->chan);
	if (claim_first) {
		away->claimed = call_claim(parts->call, "late");
	}
	away->became = become(parts->other, parts->call);
	run_start(&away->second, parts->other);
	away->offered_twice = app_hears(parts->app, "CallBroadcast", parts->call->id, 2);
	ast_channel_unlock(parts->call->chan);
	/* It sees that it has hung up, and ends by itself. */
	pthread_join(away->first.thread, NULL);
	away->first.started = 0;
	away->claimed = away->claimed || call_claim(parts->call, "app");
	away->started = app_hears(parts->app, "StasisStart", parts->call->id, 1);
}

AST_TEST_DEFINE(masquerade_away_leaves_the_later_run_alone)
{
	struct taken_away away = { .became = 0 };

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_away_leaves_the_later_run_alone",
			"Rule 11: a run whose caller was taken away does not end the broadcast of the run that has it now");
	}
	ast_test_validate(test, !parts_new(&away.parts));
	ast_test_validate(test, !run_start(&away.first, away.parts.call));
	if (app_hears(away.parts.app, "CallBroadcast", away.parts.call->id, 1)) {
		take_away(&away, 0);
	}
	run_end(&away.first);
	run_end(&away.second);
	ast_test_validate(test, away.became && away.offered_twice);
	ast_test_validate(test, !away.claimed);
	ast_test_validate(test, away.started);
	ast_test_validate(test, call_has(away.parts.other, "BROADCASTSTATUS", "CLAIMED"));
	ast_test_validate(test, call_has(away.parts.call, "BROADCASTWINNER", ""));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(masquerade_away_after_claim_leaves_the_later_run_alone)
{
	struct taken_away away = { .became = 0 };

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_away_after_claim_leaves_the_later_run_alone",
			"Rule 11: the same when the first offer was claimed: the winner of each run is its own");
	}
	ast_test_validate(test, !parts_new(&away.parts));
	ast_test_validate(test, !run_start(&away.first, away.parts.call));
	if (app_hears(away.parts.app, "CallBroadcast", away.parts.call->id, 1)) {
		take_away(&away, 1);
	}
	run_end(&away.first);
	run_end(&away.second);
	ast_test_validate(test, away.became && away.offered_twice);
	ast_test_validate(test, !away.claimed);
	ast_test_validate(test, away.started);
	ast_test_validate(test, call_has(away.parts.other, "BROADCASTWINNER", "app"));
	ast_test_validate(test, call_has(away.parts.call, "BROADCASTWINNER", "late"));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(masquerade_between_claim_and_hand_over)
{
	struct parts parts;
	struct run run = { .started = 0 };
	int claimed = -1;
	int became = 0;
	int started = 0;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_between_claim_and_hand_over",
			"Rule 12: the winner of the old ID gets StasisStart for the new one");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !run_start(&run, parts.call));
	if (app_hears(parts.app, "CallBroadcast", parts.call->id, 1)) {
		ast_channel_lock(parts.call->chan);
		claimed = call_claim(parts.call, "app");
		became = become(parts.call, parts.other);
		ast_channel_unlock(parts.call->chan);
		started = app_hears(parts.app, "StasisStart", parts.other->id, 1);
	}
	run_end(&run);
	ast_test_validate(test, !claimed && became);
	ast_test_validate(test, started);
	ast_test_validate(test, call_has(parts.call, "BROADCASTSTATUS", "CLAIMED"));
	ast_test_validate(test, call_has(parts.call, "BROADCASTWINNER", "app"));
	ast_test_validate(test, call_claim(parts.call, "late") == -1);
	ast_test_validate(test, call_claim(parts.other, "late") == -1);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(masquerade_and_the_winner_is_lost)
{
	struct parts parts;
	struct run run = { .started = 0 };
	int claimed = -1;
	int claimed_again = -1;
	int started = 0;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_and_the_winner_is_lost",
			"Rule 11: a run that offers its call again under the new ID finds the winner of that offer");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !run_start(&run, parts.call));
	if (app_hears(parts.app, "CallBroadcast", parts.call->id, 1) && become(parts.call, parts.other) &&
		app_hears(parts.app, "CallBroadcast", parts.other->id, 1)) {
		ast_channel_lock(parts.call->chan);
		claimed = call_claim(parts.other, "late");
		app_leave(parts.late);
		ast_channel_unlock(parts.call->chan);
		if (app_hears(parts.app, "CallBroadcast", parts.other->id, 2)) {
			claimed_again = call_claim(parts.other, "app");
			started = app_hears(parts.app, "StasisStart", parts.other->id, 1);
		}
	}
	run_end(&run);
	ast_test_validate(test, !claimed);
	ast_test_validate(test, !claimed_again);
	ast_test_validate(test, started);
	ast_test_validate(test, call_has(parts.call, "BROADCASTLOST", "late"));
	ast_test_validate(test, call_has(parts.call, "BROADCASTWINNER", "app"));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(masqueraded_channel_is_destroyed)
{
	struct parts parts;

	if (cmd == TEST_INIT) {
		return describe(info, "masqueraded_channel_is_destroyed",
			"Rule 8: a broadcast goes with the channel's struct, claimed or not, by whatever ID it is known");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !call_offer(parts.call, LONG_MS, NULL));
	ast_test_validate(test, become(parts.call, parts.other));
	call_end(parts.call);
	ast_test_validate(test, call_claim(parts.call, "app") == -1);
	ast_test_validate(test, call_claim(parts.other, "app") == -1);

	ast_test_validate(test, (parts.call = call_new()) && (parts.other = call_new()));
	ast_test_validate(test, !call_offer(parts.call, LONG_MS, NULL));
	ast_test_validate(test, !call_claim(parts.call, "app"));
	ast_test_validate(test, become(parts.call, parts.other));
	call_end(parts.call);
	ast_test_validate(test, call_won_by(parts.call, NULL) && call_won_by(parts.other, NULL));
	ast_test_validate(test, call_claim(parts.call, "late") == -1);
	ast_test_validate(test, call_claim(parts.other, "late") == -1);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(masquerade_of_a_claimed_channel_away)
{
	struct parts parts;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_of_a_claimed_channel_away",
			"Rule 6: a claimed broadcast whose caller has gone elsewhere is replaced when that one is offered");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !call_offer(parts.call, LONG_MS, NULL));
	ast_test_validate(test, !call_claim(parts.call, "late"));
	ast_test_validate(test, become(parts.other, parts.call));
	ast_test_validate(test, !call_offer(parts.other, LONG_MS, NULL));
	ast_test_validate(test, !call_claim(parts.call, "app"));
	call_end(parts.call);
	ast_test_validate(test, call_won_by(parts.call, "app"));
	ast_test_validate(test, !wait_on(parts.other, LONG_MS));
	ast_test_validate(test, call_won_by(parts.call, "app"));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(redirect_at_each_step)
{
	struct parts parts;
	struct waiter *waiter;

	if (cmd == TEST_INIT) {
		return describe(info, "redirect_at_each_step",
			"A redirect of a channel with a PBX keeps the ID: before the wait and in it -1, after a claim 0");
	}
	ast_test_validate(test, !parts_new(&parts));
	ast_test_validate(test, !call_offer(parts.call, LONG_MS, NULL));
	ast_softhangup(parts.call->chan, AST_SOFTHANGUP_ASYNCGOTO);
	ast_test_validate(test, wait_on(parts.call, LONG_MS) == -1);
	ast_test_validate(test, call_claim(parts.call, "app") == -1);

	ast_channel_clear_softhangup(parts.call->chan, AST_SOFTHANGUP_ASYNCGOTO);
	ast_test_validate(test, !call_offer(parts.call, LONG_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(parts.call, LONG_MS)));
	ast_softhangup(parts.call->chan, AST_SOFTHANGUP_ASYNCGOTO);
	ast_test_validate(test, waiter_result(waiter) == -1);
	ast_test_validate(test, call_claim(parts.call, "app") == -1);

	ast_channel_clear_softhangup(parts.call->chan, AST_SOFTHANGUP_ASYNCGOTO);
	ast_test_validate(test, !call_offer(parts.call, LONG_MS, NULL));
	ast_test_validate(test, !call_claim(parts.call, "app"));
	ast_softhangup(parts.call->chan, AST_SOFTHANGUP_ASYNCGOTO);
	ast_test_validate(test, !wait_on(parts.call, LONG_MS));
	ast_test_validate(test, call_won_by(parts.call, "app"));
	return AST_TEST_PASS;
}

/*! \brief A masquerade and a claim at the same moment. */
struct race {
	struct parts *parts;
	int claimed;
	int became;
};

static void claim_or_become(size_t index, void *data)
{
	struct race *race = data;

	if (index) {
		race->became = become(race->parts->call, race->parts->other);
	} else {
		race->claimed = call_claim(race->parts->call, "app");
	}
}

/*! \brief One round of the race. \return What went wrong, or NULL. */
static const char *race_once(struct parts *parts)
{
	struct race race = { .parts = parts };
	struct waiter *waiter;

	parts->call = call_new();
	parts->other = call_new();
	if (!parts->call || !parts->other || call_offer(parts->call, LONG_MS, NULL) ||
		!(waiter = waiter_new(parts->call, LONG_MS))) {
		return "no call";
	}
	together(2, claim_or_become, &race);
	if (!race.became) {
		return "no masquerade";
	}
	if (race.claimed) {
		if (!app_hears(parts->app, "CallBroadcast", parts->other->id, 1)) {
			return "refused under the old ID, and not offered under the new one";
		}
		if (call_claim(parts->other, "app")) {
			return "the new ID cannot be claimed";
		}
	}
	if (waiter_result(waiter)) {
		return "a claim was accepted, and the wait says that there was none";
	}
	return call_won_by(race.claimed ? parts->other : parts->call, "app") ? NULL : "nobody is the winner";
}

AST_TEST_DEFINE(masquerade_against_claim)
{
	struct parts parts;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_against_claim",
			"A masquerade and a claim at the same moment: the claim holds, or the new ID is there to be claimed");
	}
	ast_test_validate(test, !parts_new(&parts));
	for (int i = 0; i < ROUNDS; i++) {
		const char *wrong = race_once(&parts);

		if (wrong) {
			ast_test_status_update(test, "Round %d: %s\n", i, wrong);
			return AST_TEST_FAIL;
		}
		stasis_app_broadcast_cleanup(parts.call->id);
		stasis_app_broadcast_cleanup(parts.other->id);
		call_end(parts.call);
		call_end(parts.other);
	}
	return AST_TEST_PASS;
}

/*! Asterisk's own, for its masquerades; not in its public headers. */
void ast_channel_internal_swap_uniqueid_and_linkedid(struct ast_channel *a, struct ast_channel *b);

/*! \brief An offer that another thread begins while the channel is locked. */
struct locked_out {
	struct call *call;
	atomic_int tid;
	int result;
};

static void *offer_while_locked_out(void *data)
{
	struct locked_out *offering = data;

	atomic_store(&offering->tid, ast_get_tid());
	offering->result = stasis_app_broadcast_channel(offering->call->chan, LONG_MS, NULL, 0);
	return NULL;
}

/*! \brief Whether a thread sleeps, as one does that waits for a lock. */
static int thread_sleeps(int tid)
{
	char path[64];
	char stat[128] = "";
	const char *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "r");
	if (file) {
		stat[fread(stat, 1, sizeof(stat) - 1, file)] = '\0';
		fclose(file);
	}
	state = strrchr(stat, ')');
	return state && !strncmp(state, ") S", 3);
}

/*! \brief Give the channels each other's IDs while a thread that offers one waits for its lock. \retval 0 on success, else -1. */
static int swap_before(struct locked_out *offering, struct call *other)
{
	const int64_t end_ms = now_ms() + PATIENCE_MS;
	pthread_t thread;
	int failed;
	int sleeps = 0;

	ast_channel_lock_both(offering->call->chan, other->chan);
	failed = ast_pthread_create(&thread, NULL, offer_while_locked_out, offering);
	if (!failed) {
		while (!(sleeps = thread_sleeps(atomic_load(&offering->tid))) && now_ms() < end_ms) {
			sleep_until(now_ms() + 1);
		}
		ast_channel_internal_swap_uniqueid_and_linkedid(offering->call->chan, other->chan);
	}
	ast_channel_unlock(other->chan);
	ast_channel_unlock(offering->call->chan);
	if (!failed) {
		pthread_join(thread, NULL);
	}
	return sleeps ? 0 : -1;
}

AST_TEST_DEFINE(masquerade_while_an_offer_begins)
{
	struct locked_out offering = { .result = NEVER };
	struct parts parts;
	int swapped;

	if (cmd == TEST_INIT) {
		return describe(info, "masquerade_while_an_offer_begins",
			"Rule 11: a channel's ID is read with its lock, and once: the offer is of the ID that it has then");
	}
	ast_test_validate(test, !parts_new(&parts));
	offering.call = parts.call;
	swapped = swap_before(&offering, parts.other);
	ast_channel_lock_both(parts.call->chan, parts.other->chan);
	ast_channel_internal_swap_uniqueid_and_linkedid(parts.call->chan, parts.other->chan);
	ast_channel_unlock(parts.other->chan);
	ast_channel_unlock(parts.call->chan);
	ast_test_validate(test, !swapped && !offering.result);
	ast_test_validate(test, call_claim(parts.call, "app") == -1);
	ast_test_validate(test, !call_claim(parts.other, "app"));
	stasis_app_broadcast_cleanup(parts.other->id);
	return AST_TEST_PASS;
}

ast_test_cb_t *const masquerade_cases[] = {
	masquerade_while_an_offer_begins,
	masquerade_between_offer_and_wait,
	masquerade_between_offer_and_wait_withdraws,
	masquerade_while_waiting,
	masquerade_keeps_the_deadline,
	masquerade_again_and_again,
	masquerade_keeps_the_filter,
	masquerade_tells_of_the_claim,
	masquerade_between_claim_and_wait,
	masquerade_between_claim_and_the_end_of_the_wait,
	masquerade_after_claim_names_the_winner_by_either_id,
	masquerade_away_ends_the_wait,
	masquerade_away_leaves_the_later_run_alone,
	masquerade_away_after_claim_leaves_the_later_run_alone,
	masquerade_between_claim_and_hand_over,
	masquerade_and_the_winner_is_lost,
	masqueraded_channel_is_destroyed,
	masquerade_of_a_claimed_channel_away,
	redirect_at_each_step,
	masquerade_against_claim,
	NULL,
};
