/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What applications are told, in which order, and how often.
 */

#include "cases.h"

#include "res_stasis_broadcast/internal_api.h"

#include "asterisk/ast_version.h"
#include "asterisk/astobj2.h"
#include "asterisk/stasis_channels.h"

static const char *text_of(struct ast_json *event, const char *name)
{
	return S_OR(ast_json_string_get(ast_json_object_get(event, name)), "");
}

static int has_time_and_place(struct ast_json *event)
{
	return strlen(text_of(event, "timestamp")) > 20 && !ast_strlen_zero(text_of(event, "asterisk_id"));
}

AST_TEST_DEFINE(events_offer_fields)
{
	struct call *call;
	struct app *app;
	struct ast_json *event;
	struct ast_json *channel;

	if (cmd == TEST_INIT) {
		return describe(
			info, "events_offer_fields", "CallBroadcast has all its fields, with the call's values");
	}
	ast_test_validate(test, (app = app_new("app")) && (call = call_new()));
	ast_test_validate(test, !call_offer(call, 12345, "^app$"));
	ast_test_validate(test, app_hears(app, "CallBroadcast", call->id, 1));
	event = app_told(app, "CallBroadcast", call->id).event;
	ast_test_validate(test, has_time_and_place(event));
	ast_test_validate(test, !strcmp(text_of(event, "application"), "app"));
	ast_test_validate(test, !strcmp(text_of(event, "caller"), "4711"));
	ast_test_validate(test, !strcmp(text_of(event, "called"), "200"));
#ifndef AST_DEVMODE
	ast_test_validate(test, ast_json_integer_get(ast_json_object_get(event, "timeout")) == 12345);
#endif
	channel = ast_json_object_get(event, "channel");
	ast_test_validate(test, !strcmp(text_of(channel, "name"), ast_channel_name(call->chan)));
	ast_test_validate(test, !strcmp(text_of(channel, "state"), "Up"));
	ast_test_validate(test, !strcmp(text_of(ast_json_object_get(channel, "caller"), "name"), "Caller"));
	ast_test_validate(test, !strcmp(text_of(ast_json_object_get(channel, "dialplan"), "exten"), "200"));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(events_claimed_fields)
{
	struct call *call;
	struct app *apps[2];

	if (cmd == TEST_INIT) {
		return describe(
			info, "events_claimed_fields", "CallClaimed has all its fields, for winner and losers");
	}
	ast_test_validate(test, !apps_new("app-", 2, apps) && (call = call_new()));
	ast_test_validate(test, !stasis_app_broadcast_channel(call->chan, DAY_MS, NULL, 0));
	/* Who has not heard of the offer by the claim hears of neither. */
	for (size_t i = 0; i < 2; i++) {
		ast_test_validate(test, app_hears(apps[i], "CallBroadcast", call->id, 1));
	}
	ast_test_validate(test, call_claim(call, "app-1") == 0);
	for (size_t i = 0; i < 2; i++) {
		struct ast_json *event;

		ast_test_validate(test, app_hears(apps[i], "CallClaimed", call->id, 1));
		event = app_told(apps[i], "CallClaimed", call->id).event;
		ast_test_validate(test, has_time_and_place(event));
		ast_test_validate(test, !strcmp(text_of(event, "application"), app_name(apps[i])));
		ast_test_validate(test, !strcmp(text_of(event, "winner_app"), "app-1"));
		ast_test_validate(test,
			!strcmp(text_of(ast_json_object_get(event, "channel"), "name"), ast_channel_name(call->chan)));
	}
	return AST_TEST_PASS;
}

/*! \brief What an application was told about a channel, one letter an event: Broadcast, Claimed, Withdrawn. */
static const char *story(struct app *app, const char *id, char text[64])
{
	snprintf(text, 64, "B%zu C%zu W%zu", app_count(app, "CallBroadcast", id),
		app_count(app, "CallClaimed", id), app_count(app, "CallWithdrawn", id));
	return text;
}

AST_TEST_DEFINE(events_withdrawn)
{
	struct call *call;
	struct call *gone;
	struct app *app;
	struct app *other;
	struct ast_json *event;
	char text[64];

	if (cmd == TEST_INIT) {
		return describe(info, "events_withdrawn",
			"CallWithdrawn tells of a second broadcast of the same channel, a clean-up, and a channel that is gone");
	}
	ast_test_validate(test, (app = app_new("app")) && (other = app_new("other")));
	ast_test_validate(test, (call = call_new()) && (gone = call_new()));
	ast_test_validate(test, !stasis_app_broadcast_channel(call->chan, DAY_MS, NULL, 0));
	ast_test_validate(test, app_hears(app, "CallBroadcast", call->id, 1));
	ast_test_validate(test, app_hears(other, "CallBroadcast", call->id, 1));
	/* The next one is not for the other, which hears that the first one is over. */
	ast_test_validate(test, !stasis_app_broadcast_channel(call->chan, DAY_MS, "^app$", 0));
	ast_test_validate(test, app_hears(other, "CallWithdrawn", call->id, 1));
	event = app_told(other, "CallWithdrawn", call->id).event;
	ast_test_validate(test, has_time_and_place(event) && !strcmp(text_of(event, "reason"), "replaced"));
	ast_test_validate(test, !strcmp(text_of(event, "replaced_by"), call->id));
	ast_test_validate(test, app_hears(app, "CallBroadcast", call->id, 2));
	ast_test_validate(test, !strcmp(story(app, call->id, text), "B2 C0 W1"));
	stasis_app_broadcast_cleanup(call->id);
	ast_test_validate(test, app_hears(app, "CallWithdrawn", call->id, 2));
	/* A channel that goes while nobody waits on it. */
	ast_test_validate(test, !stasis_app_broadcast_channel(gone->chan, DAY_MS, NULL, 0));
	ast_test_validate(test, app_hears(app, "CallBroadcast", gone->id, 1));
	call_end(gone);
	ast_test_validate(test, app_hears(app, "CallWithdrawn", gone->id, 1));
	event = app_told(app, "CallWithdrawn", gone->id).event;
	ast_test_validate(
		test, !strcmp(text_of(event, "reason"), "hangup") && !ast_json_object_get(event, "replaced_by"));
	ast_test_validate(test, apps_settle() && !strcmp(story(other, call->id, text), "B1 C0 W1"));
	return AST_TEST_PASS;
}

/*! \brief Twenty applications, of which a filter matches ten. */
static enum ast_test_result_state tell_half(struct ast_test *test, unsigned int flags)
{
	struct app *sales[10];
	struct app *support[10];
	struct call *call;
	const size_t claimed = flags & STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED ? 0 : 1;

	ast_test_validate(test, !apps_new("sales-", 10, sales) && !apps_new("support-", 10, support));
	ast_test_validate(test, (call = call_new()));
	ast_test_validate(test, !stasis_app_broadcast_channel(call->chan, DAY_MS, "^sales-", flags));
	for (size_t i = 0; i < 10; i++) {
		ast_test_validate(test, app_hears(sales[i], "CallBroadcast", call->id, 1));
	}
	ast_test_validate(test, call_claim(call, "sales-3") == 0);
	/* Winner and losers asking again make no events. */
	ast_test_validate(test, call_claim(call, "sales-3") == 0);
	ast_test_validate(test, call_claim(call, "sales-4") == -2);
	for (size_t i = 0; i < 10; i++) {
		ast_test_validate(test, app_hears(sales[i], "CallClaimed", call->id, claimed));
	}
	ast_test_validate(test, apps_settle());
	for (size_t i = 0; i < 10; i++) {
		struct told offer = app_told(sales[i], "CallBroadcast", call->id);

		ast_test_validate(test, app_count(sales[i], "CallBroadcast", call->id) == 1);
		ast_test_validate(test, app_count(sales[i], "CallClaimed", call->id) == claimed);
		ast_test_validate(test, !strcmp(text_of(offer.event, "application"), app_name(sales[i])));
		ast_test_validate(test, app_count(support[i], "CallBroadcast", call->id) == 0);
		ast_test_validate(test, app_count(support[i], "CallClaimed", call->id) == 0);
	}
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(events_once_each)
{
	if (cmd == TEST_INIT) {
		return describe(info, "events_once_each",
			"Each recipient, and nobody else, is told of offer and claim once, under its own name");
	}
	return tell_half(test, 0);
}

AST_TEST_DEFINE(events_claimed_suppressed)
{
	if (cmd == TEST_INIT) {
		return describe(info, "events_claimed_suppressed",
			"STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED: nobody is told of the claim");
	}
	return tell_half(test, STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED);
}

AST_TEST_DEFINE(events_none_without_claim)
{
	struct app *app;
	struct call *timed_out;
	struct call *hung_up;
	struct call *cleaned_up;

	if (cmd == TEST_INIT) {
		return describe(info, "events_none_without_claim",
			"No CallClaimed after a timeout, a hang-up or a clean-up, nor for a claim that is refused");
	}
	ast_test_validate(test, (app = app_new("app")));
	ast_test_validate(test, (timed_out = call_new()) && (hung_up = call_new()) && (cleaned_up = call_new()));
	ast_test_validate(test, !stasis_app_broadcast_channel(timed_out->chan, 10, NULL, 0));
	ast_test_validate(test, wait_on(timed_out, DAY_MS) == -1 && call_claim(timed_out, "app") == -1);
	ast_test_validate(test, !stasis_app_broadcast_channel(hung_up->chan, DAY_MS, NULL, 0));
	call_softhangup(hung_up);
	ast_test_validate(test, wait_on(hung_up, DAY_MS) == -1 && call_claim(hung_up, "app") == -1);
	ast_test_validate(test, !stasis_app_broadcast_channel(cleaned_up->chan, DAY_MS, NULL, 0));
	ast_test_validate(test, call_claim(cleaned_up, "stranger") == -1);
	stasis_app_broadcast_cleanup(cleaned_up->id);
	ast_test_validate(test, call_claim(cleaned_up, "app") == -1);
	ast_test_validate(test, apps_settle());
	ast_test_validate(test, app_count(app, "CallClaimed", NULL) == 0);
	return AST_TEST_PASS;
}

/*! \brief Wait until our dispatcher has nothing to send; another provider sends in the thread that offers or claims. */
static int all_is_sent(void)
{
	const int64_t end_ms = now_ms() + PATIENCE_MS;
	struct stasis_broadcast_stats stats;

	while (!stasis_broadcast_get_stats(&stats) && (stats.queues || stats.queued)) {
		if (now_ms() >= end_ms) {
			return 0;
		}
		sleep_until(now_ms() + 1);
	}
	return 1;
}

AST_TEST_DEFINE(events_offer_before_claim)
{
	struct app *apps[5];

	if (cmd == TEST_INIT) {
		return describe(info, "events_offer_before_claim",
			"CallBroadcast comes before CallClaimed, however fast the claim is, and who did not hear the one does not "
			"hear the other");
	}
	ast_test_validate(test, !apps_new("app-", 5, apps));
	for (size_t i = 0; i < 5; i++) {
		app_claims(apps[i]);
	}
	for (size_t round = 0; round < ROUNDS; round++) {
		struct call *call = call_new();
		const char *winner = NULL;

		ast_test_validate(test, call && !stasis_app_broadcast_channel(call->chan, DAY_MS, NULL, 0));
		ast_test_validate(test, wait_on(call, DAY_MS) == 0 && all_is_sent());
		for (size_t i = 0; i < 5; i++) {
			const size_t offers = app_count(apps[i], "CallBroadcast", call->id);
			struct told offer;
			struct told claim;

			ast_test_validate(test, offers <= 1);
			ast_test_validate(test, app_count(apps[i], "CallClaimed", call->id) == offers);
			if (!offers) {
				continue;
			}
			offer = app_told(apps[i], "CallBroadcast", call->id);
			claim = app_told(apps[i], "CallClaimed", call->id);
			ast_test_validate(test, offer.event && offer.order < claim.order);
			winner = S_OR(winner, text_of(claim.event, "winner_app"));
			ast_test_validate(test, !strcmp(winner, text_of(claim.event, "winner_app")));
		}
		ast_test_validate(test, winner && call_won_by(call, winner));
	}
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(events_in_order)
{
	struct app *apps[3];
	struct call *calls[ROUNDS];

	if (cmd == TEST_INIT) {
		return describe(
			info, "events_in_order", "Each application hears of calls in the order of their offers");
	}
	ast_test_validate(test, !apps_new("app-", ARRAY_LEN(apps), apps));
	for (size_t i = 0; i < ROUNDS; i++) {
		ast_test_validate(test, (calls[i] = call_new()) && !call_offer(calls[i], DAY_MS, NULL));
	}
	for (size_t i = 0; i < ARRAY_LEN(apps); i++) {
		size_t count;
		char **ids;
		size_t right = 0;

		ast_test_validate(test, app_hears(apps[i], "CallBroadcast", NULL, ROUNDS));
		ids = app_offers(apps[i], &count);
		while (ids && right < MIN(count, ROUNDS) && !strcmp(ids[right], calls[right]->id)) {
			right++;
		}
		ast_free(ids);
		ast_test_validate(test, count == ROUNDS && right == ROUNDS);
	}
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(events_shuffled)
{
	struct app *apps[4];
	size_t first[4] = { 0 };

	if (cmd == TEST_INIT) {
		return describe(info, "events_shuffled", "No application is always the first one to hear of a call");
	}
	ast_test_validate(test, !apps_new("app-", 4, apps));
	for (size_t round = 0; round < ROUNDS; round++) {
		struct call *call = call_new();
		size_t order = SIZE_MAX;
		size_t who = 0;

		ast_test_validate(test, call && !call_offer(call, DAY_MS, NULL));
		for (size_t i = 0; i < 4; i++) {
			struct told told;

			ast_test_validate(test, app_hears(apps[i], "CallBroadcast", call->id, 1));
			told = app_told(apps[i], "CallBroadcast", call->id);
			if (told.order < order) {
				order = told.order;
				who = i;
			}
		}
		first[who]++;
	}
	ast_test_status_update(test, "first: %zu %zu %zu %zu times\n", first[0], first[1], first[2], first[3]);
	for (size_t i = 0; i < 4; i++) {
		/* A quarter each is 50; fewer than 15 comes once in a thousand million runs. */
		ast_test_validate(test, first[i] >= 15);
	}
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(events_nobody_there)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "events_nobody_there",
			"With nobody to offer it to, the offer succeeds and a wait of 24 hours returns -1 at once");
	}
	ast_test_validate(test, (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, wait_on(call, DAY_MS) == -1);
	ast_test_validate(test, app_new("app"));
	ast_test_validate(test, call_claim(call, "app") == -1);
	ast_test_validate(test, !call_offer(call, DAY_MS, "^other$"));
	ast_test_validate(test, wait_on(call, DAY_MS) == -1);
	ast_test_validate(test, call_claim(call, "app") == -1);
	ast_test_validate(test, !call_offer(call, DAY_MS, "^app$"));
	ast_test_validate(test, call_claim(call, "app") == 0);
	return AST_TEST_PASS;
}

/*! \brief A claim, or an offer, in a thread of its own. */
struct claiming {
	struct call *call;
	int result;
	int is_done;
};

static void *claim_main(void *data)
{
	struct claiming *claiming = data;

	claiming->result = call_claim(claiming->call, "first");
	return NULL;
}

static void *offer_main(void *data)
{
	struct claiming *offering = data;

	offering->result = stasis_app_broadcast_channel(offering->call->chan, DAY_MS, NULL, 0);
	ast_atomic_fetchadd_int(&offering->is_done, +1);
	return NULL;
}

/*!
 * \brief Claim in a thread that is held up, and offer again in another one meanwhile.
 *
 * \param[out] early Whether the offer did not wait until the claim was told.
 * \retval 0 if the threads could be started.
 */
static int offer_while_claim_is_held(struct claiming *claiming, struct claiming *offering, int *early)
{
	/* Between the claim and its event, the claiming thread asks for a snapshot: there it is held up. */
	struct ao2_container *snapshots = (void *) ast_channel_cache_all();
	const int64_t end_ms = now_ms() + PATIENCE_MS;
	pthread_t threads[2];
	int started;

	ao2_wrlock(snapshots);
	started = !ast_pthread_create(&threads[0], NULL, claim_main, claiming);
	while (started && !call_won_by(claiming->call, "first") && now_ms() < end_ms) {
		sleep_until(now_ms() + 1);
	}
	started += started && !ast_pthread_create(&threads[1], NULL, offer_main, offering);
	/* So long a mistake has to show. */
	sleep_until(now_ms() + 100);
	*early = ast_atomic_fetchadd_int(&offering->is_done, 0);
	ao2_unlock(snapshots);
	ao2_cleanup(snapshots);
	for (int i = 0; i < started; i++) {
		pthread_join(threads[i], NULL);
	}
	return started == 2 ? 0 : -1;
}

AST_TEST_DEFINE(events_claim_of_a_lost_round)
{
	struct claiming claiming = { .result = -1 };
	struct claiming offering = { .result = -1 };
	struct app *app;
	int held;
	int early;

	if (cmd == TEST_INIT) {
		return describe(info, "events_claim_of_a_lost_round",
			"The channel's next offer waits for a claiming thread that is held up before it has told of the claim");
	}
	/* Asterisk 16 keeps its snapshots behind a lock that cannot be had from here. */
	if (strtol(ast_get_version(), NULL, 10) < 17) {
		return AST_TEST_PASS;
	}
	ast_test_validate(test, (app = app_new("first")) && (claiming.call = call_new()));
	/* AMI's events ask for snapshots, too, and so would hold up the thread that holds the others up. */
	ast_test_validate(test, reload_with("[general]\nami_events = no\n") == AST_MODULE_RELOAD_SUCCESS);
	ast_test_validate(test, !stasis_app_broadcast_channel(claiming.call->chan, DAY_MS, NULL, 0));
	ast_test_validate(test, app_hears(app, "CallBroadcast", claiming.call->id, 1));
	offering.call = claiming.call;
	held = offer_while_claim_is_held(&claiming, &offering, &early);
	ast_test_validate(test, reload_without() == AST_MODULE_RELOAD_SUCCESS);
	ast_test_validate(test, !held && !early && !claiming.result && !offering.result);
	ast_test_validate(test, app_hears(app, "CallBroadcast", claiming.call->id, 2));
	stasis_app_broadcast_cleanup(claiming.call->id);
	ast_test_validate(test, apps_settle());
	ast_test_validate(test, app_count(app, "CallClaimed", claiming.call->id) == 1);
	ast_test_validate(test, app_hears(app, "CallWithdrawn", claiming.call->id, 1));
	ast_test_validate(test,
		app_told(app, "CallClaimed", claiming.call->id).order <
			app_told(app, "CallWithdrawn", claiming.call->id).order);
	return AST_TEST_PASS;
}

ast_test_cb_t *const event_cases[] = { events_offer_fields, events_claimed_fields, events_withdrawn,
	events_once_each, events_claimed_suppressed, events_none_without_claim, events_offer_before_claim,
	events_in_order, events_shuffled, events_nobody_there, events_claim_of_a_lost_round, NULL };
