/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Applications that do not read: nobody else notices, and what waits for them is bounded.
 */

#include "cases.h"

#include "res_stasis_broadcast/internal_api.h"

/*! Applications that do not read in most cases. */
#define STALLED 20

/*! \brief Offering a channel in a thread of its own, since an offer must not wait for an application. */
struct offering {
	struct call *call;
	unsigned int flags;
	int result;
	int done;
};

static void *offer_main(void *data)
{
	struct offering *offering = data;
	int result = stasis_app_broadcast_channel(offering->call->chan, DAY_MS, NULL, offering->flags);

	scene_lock();
	offering->result = result;
	offering->done = 1;
	scene_changed();
	scene_unlock();
	return NULL;
}

static int is_done(void *data)
{
	struct offering *offering = data;

	return offering->done;
}

/*! \brief Offer a channel. \return What that returned; \c NEVER if it had to be helped out. */
static int offer_aside(struct call *call, unsigned int flags)
{
	struct offering offering = { .call = call, .flags = flags };
	pthread_t thread;
	int done;

	if (ast_pthread_create(&thread, NULL, offer_main, &offering)) {
		return NEVER;
	}
	done = eventually(is_done, &offering);
	if (!done) {
		apps_release();
	}
	pthread_join(thread, NULL);
	return done ? offering.result : NEVER;
}

/*!
 * \brief Register applications that do not read, and let each of them get stuck with an offer.
 *
 * Their names are new each time: what is still queued for those of the case before would reach others of the same name.
 */
static int stall(size_t count, struct app **apps)
{
	static unsigned int times;
	struct call *call = call_new();
	char prefix[40];

	snprintf(prefix, sizeof(prefix), "stalled-%u-", ++times);
	if (!call || apps_new(prefix, count, apps)) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		app_hold(apps[i]);
	}
	if (offer_aside(call, 0)) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (!app_is_stuck(apps[i])) {
			return -1;
		}
	}
	return 0;
}

AST_TEST_DEFINE(stall_delays_nobody)
{
	struct app *stalled[STALLED];
	struct app *live;

	if (cmd == TEST_INIT) {
		return describe(info, "stall_delays_nobody",
			"Twenty applications do not read: calls, claims and the live application's events go on");
	}
	ast_test_validate(test, !stall(STALLED, stalled) && (live = app_new("live")));
	for (int i = 0; i < 100; i++) {
		struct call *call = call_new();
		struct waiter *waiter;

		ast_test_validate(test, call && offer_aside(call, 0) == 0);
		ast_test_validate(test, app_hears(live, "CallBroadcast", call->id, 1));
		ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
		ast_test_validate(test, call_claim(call, "live") == 0);
		ast_test_validate(test, waiter_result(waiter) == 0);
		ast_test_validate(test, app_hears(live, "CallClaimed", call->id, 1));
		stasis_app_broadcast_cleanup(call->id);
		call_end(call);
	}
	for (size_t i = 0; i < STALLED; i++) {
		ast_test_validate(test, app_count(stalled[i], "CallBroadcast", NULL) == 1);
	}
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(stall_stale_offers)
{
	struct app *app;
	struct call *old;
	struct call *open;

	if (cmd == TEST_INIT) {
		return describe(info, "stall_stale_offers",
			"Who reads again is not told of offers that are over, but of those that are open");
	}
	ast_test_validate(test, !stall(1, &app) && (old = call_new()) && (open = call_new()));
	ast_test_validate(test, offer_aside(old, 0) == 0);
	ast_test_validate(test, call_claim(old, app_name(app)) == 0);
	ast_test_validate(test, offer_aside(open, 0) == 0);
	app_release(app);
	ast_test_validate(test, app_hears(app, "CallBroadcast", open->id, 1));
	ast_test_validate(test, apps_settle());
	ast_test_validate(test, app_count(app, "CallBroadcast", old->id) == 0);
	ast_test_validate(test, app_count(app, "CallClaimed", old->id) == 0);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(stall_claim_after_offer)
{
	struct app *app;
	struct call *call;
	struct told offer;
	struct told claim;

	if (cmd == TEST_INIT) {
		return describe(info, "stall_claim_after_offer",
			"An application that reads an offer late is told of the claim after it");
	}
	ast_test_validate(test, (app = app_new("slow")) && app_new("fast") && (call = call_new()));
	app_hold(app);
	ast_test_validate(test, offer_aside(call, 0) == 0);
	ast_test_validate(test, app_is_stuck(app));
	ast_test_validate(test, call_claim(call, "fast") == 0);
	app_release(app);
	ast_test_validate(test, app_hears(app, "CallClaimed", call->id, 1));
	offer = app_told(app, "CallBroadcast", call->id);
	claim = app_told(app, "CallClaimed", call->id);
	ast_test_validate(test, offer.event && offer.order < claim.order);
	ast_test_validate(test, apps_settle());
	ast_test_validate(test, app_count(app, "CallBroadcast", call->id) == 1);
	ast_test_validate(test, app_count(app, "CallClaimed", call->id) == 1);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(stall_queue_is_bounded)
{
	enum {
		OPEN = 1500,
		LIMIT = 1100
	};
	struct app *app;
	struct app *live;
	size_t count;
	char **ids;
	int in_order = 1;

	if (cmd == TEST_INIT) {
		return describe(info, "stall_queue_is_bounded",
			"1500 open offers, and one application that does not read: not all are kept for it");
	}
	ast_test_validate(test, !stall(1, &app) && (live = app_new("live")));
	for (size_t i = 0; i < OPEN; i++) {
		struct call *call = call_new();

		ast_test_validate(test, call && offer_aside(call, STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED) == 0);
	}
	ast_test_validate(test, app_hears(live, "CallBroadcast", NULL, OPEN));
	app_release(app);
	/* There is room for one more offer as soon as half of them have been read. */
	ast_test_validate(test, app_hears(app, "CallBroadcast", NULL, LIMIT / 2) && apps_settle());
	ids = app_offers(app, &count);
	/* The names of channels are numbered, and IDs of the same length compare as their numbers do. */
	for (size_t i = 1; ids && i < count; i++) {
		in_order &= strlen(ids[i - 1]) < strlen(ids[i]) || strcmp(ids[i - 1], ids[i]) < 0;
	}
	ast_free(ids);
	ast_test_status_update(test, "%zu of %d offers were kept\n", count, OPEN);
	ast_test_validate(test, count > LIMIT / 2 && count <= LIMIT);
	ast_test_validate(test, in_order);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(stall_application_leaves)
{
	struct app *app;
	struct app *live;
	size_t told;

	if (cmd == TEST_INIT) {
		return describe(info, "stall_application_leaves",
			"An application that does not read and goes away takes what waited for it along");
	}
	ast_test_validate(test, !stall(1, &app) && (live = app_new("live")));
	for (int i = 0; i < 50; i++) {
		struct call *call = call_new();

		ast_test_validate(test, call && offer_aside(call, 0) == 0);
	}
	told = app_count(app, "CallBroadcast", NULL);
	app_leave(app);
	app_release(app);
	ast_test_validate(test, app_hears(live, "CallBroadcast", NULL, 50));
	ast_test_validate(test, apps_settle());
	ast_test_validate(test, app_count(app, "CallBroadcast", NULL) == told);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(stall_threads_come_back)
{
	struct app *stalled[STALLED];
	size_t before;
	size_t during;
	size_t after;

	if (cmd == TEST_INIT) {
		return describe(info, "stall_threads_come_back",
			"Threads that stood in for those that were stuck are gone some time after all read again");
	}
	before = threads_settled();
	ast_test_validate(test, before > 0);
	ast_test_validate(test, !stall(STALLED, stalled));
	during = threads_count();
	apps_release();
	ast_test_validate(test, apps_settle());
	/* Each application has threads of its own in Asterisk. */
	for (size_t i = 0; i < STALLED; i++) {
		app_leave(stalled[i]);
	}
	after = threads_return(before);
	ast_test_status_update(test, "threads: %zu, then %zu, then %zu\n", before, during, after);
	ast_test_validate(test, after <= before);
	return AST_TEST_PASS;
}

/*! \brief Offer a call to all about 30 times a second for \a ms. \retval 0 on success, else -1. */
static int trickle(int64_t ms)
{
	const int64_t end_ms = now_ms() + ms;
	int64_t next_ms = now_ms();
	struct call *call = call_new();

	while (call && now_ms() < end_ms) {
		if (offer_aside(call, STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED)) {
			return -1;
		}
		sleep_until(next_ms += 33);
	}
	return call ? 0 : -1;
}

AST_TEST_DEFINE(stall_threads_go_while_others_work)
{
	struct app *stalled[3 * STALLED];
	struct app *live;
	size_t before;
	size_t during;
	size_t after;

	if (cmd == TEST_INIT) {
		return describe(info, "stall_threads_go_while_others_work",
			"Threads that are not needed any more go also while calls come that one of them could serve");
	}
	before = threads_settled();
	ast_test_validate(test, before > 0 && !stall(ARRAY_LEN(stalled), stalled));
	for (int i = 0; i < 250; i++) {
		struct call *call = call_new();

		ast_test_validate(test, call && offer_aside(call, STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED) == 0);
	}
	during = threads_count();
	apps_release();
	for (size_t i = 0; i < ARRAY_LEN(stalled); i++) {
		app_leave(stalled[i]);
	}
	ast_test_validate(test, (live = app_new("live")));
	app_forgets(live);
	/* Longer than a thread stays without work, and more often than that for each of them. */
	ast_test_validate(test, !trickle(20000));
	after = threads_count();
	app_leave(live);
	ast_test_status_update(test, "threads: %zu, then %zu, then %zu\n", before, during, after);
	/* The live application has a thread of its own in Asterisk. */
	ast_test_validate(test, during > before + ARRAY_LEN(stalled) && after <= before + 2);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(stall_is_not_work)
{
	struct app *busy[STALLED];
	struct stasis_broadcast_stats stats;
	struct call *call;
	size_t before;
	size_t most = 0;

	if (cmd == TEST_INIT) {
		return describe(info, "stall_is_not_work",
			"Applications that take CPU time for each event, and more than there are cores, are not stuck: no threads are "
			"added");
	}
	ast_test_validate(test, !apps_new("busy-", ARRAY_LEN(busy), busy) && !stasis_broadcast_get_stats(&stats));
	before = stats.threads;
	for (size_t i = 0; i < ARRAY_LEN(busy); i++) {
		app_works(busy[i], 50);
	}
	for (int i = 0; i < 2; i++) {
		ast_test_validate(test, (call = call_new()) && !call_offer(call, DAY_MS, NULL));
	}
	do {
		ast_test_validate(test, !stasis_broadcast_get_stats(&stats));
		most = MAX(most, stats.threads);
		sleep_until(now_ms() + 5);
	} while (stats.queues);
	ast_test_status_update(test, "threads: %zu, and %zu at the most\n", before, most);
	ast_test_validate(test, most == before);
	return AST_TEST_PASS;
}

ast_test_cb_t *const stall_cases[] = { stall_is_not_work, stall_threads_go_while_others_work,
	stall_threads_come_back, stall_delays_nobody, stall_stale_offers, stall_claim_after_offer,
	stall_queue_is_bounded, stall_application_leaves, NULL };
