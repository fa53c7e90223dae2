/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Applications that another module brings: they are offered calls, and calls wait for them.
 */

#include "cases.h"

#include "asterisk/strings.h"

#include "res_stasis_broadcast/internal_api.h"
#include "res_stasis_broadcast/source_api.h"

/*! The application that this module brings. */
#define FAR "far"

/*! What it was told, with the scene's lock. */
static size_t offers;
static unsigned long last_serial;
static size_t ends;
/*! How long a call is to wait for it. */
static int far_hold_ms;

static int far_has(const char *app)
{
	return !strcmp(app, FAR);
}

static int far_send(const char *app, const struct stasis_broadcast_event *event)
{
	if (strcmp(app, FAR)) {
		return -1;
	}
	scene_lock();
	if (event->is_offer) {
		offers++;
		last_serial = event->serial;
	}
	scene_changed();
	scene_unlock();
	return 0;
}

static int far_hold(const char *app)
{
	return strcmp(app, FAR) ? 0 : far_hold_ms;
}

static void far_closed(unsigned long serial attribute_unused, const char *winner attribute_unused)
{
	scene_lock();
	ends++;
	scene_changed();
	scene_unlock();
}

static const struct stasis_broadcast_source far = {
	.name = "the test",
	.has = far_has,
	.send = far_send,
	.hold_ms = far_hold,
	.closed = far_closed,
};

/*! \brief Have the application. */
static int begin(int hold_ms)
{
	static const char *const names[] = { FAR };

	offers = ends = 0;
	far_hold_ms = hold_ms;
	return stasis_broadcast_source_add(&far) || stasis_broadcast_source_names(names, ARRAY_LEN(names));
}

static void end(void)
{
	stasis_broadcast_source_remove(&far);
}

static int has_offers(void *count)
{
	return offers >= *(size_t *) count;
}

/*! \brief Wait until it was offered so many calls. */
static int is_offered(size_t count)
{
	return eventually(has_offers, &count);
}

static int has_ended(void *data attribute_unused)
{
	return ends > 0;
}

/*! \brief Ask for a call in the application's name. */
static int ask(
	struct call *call, enum stasis_broadcast_demand demand, unsigned long serial, const char *worker)
{
	const struct stasis_broadcast_ask what = {
		.demand = demand,
		.channel_id = call->id,
		.serial = serial,
		.app = FAR,
		.worker = worker,
	};

	return stasis_broadcast_ask(&what);
}

static int claim(struct call *call, unsigned long serial, const char *worker)
{
	return ask(call, STASIS_BROADCAST_DEMAND_CLAIM, serial, worker);
}

/*! \brief One worker of an application has a call; which offer it means counts. */
static int one_worker_has_it(void)
{
	struct call *call = call_new();

	return call && !call_offer(call, DAY_MS, NULL) && is_offered(1) &&
		stasis_broadcast_serial_of(call->id) == last_serial &&
		claim(call, last_serial + 1, "one") == STASIS_BROADCAST_UNKNOWN && call_won_by(call, NULL) &&
		claim(call, last_serial, "one") == STASIS_BROADCAST_OK && call_won_by(call, FAR) &&
		claim(call, last_serial, "one") == STASIS_BROADCAST_OK &&
		claim(call, last_serial, "two") == STASIS_BROADCAST_TAKEN &&
		claim(call, 0, "one") == STASIS_BROADCAST_OK && eventually(has_ended, NULL);
}

AST_TEST_DEFINE(source_one_worker_has_the_call)
{
	int passed;

	if (cmd == TEST_INIT) {
		return describe(info, "source_one_worker_has_the_call",
			"An application of a source: the first worker's claim stands, also again; another offer is none");
	}
	ast_test_validate(test, !begin(0));
	passed = one_worker_has_it();
	end();
	ast_test_validate(test, passed);
	return AST_TEST_PASS;
}

static int comes_and_goes(void)
{
	struct call *call = call_new();
	int passed = call && !stasis_broadcast_source_names(NULL, 0) && !call_offer(call, DAY_MS, NULL) &&
		wait_on(call, DAY_MS) == -1;

	end();
	return passed && stasis_broadcast_source_names(NULL, 0) == 0 && !offers;
}

AST_TEST_DEFINE(source_without_applications)
{
	if (cmd == TEST_INIT) {
		return describe(
			info, "source_without_applications", "A source that names nobody: a call for all ends at once");
	}
	ast_test_validate(test, !begin(0));
	ast_test_validate(test, comes_and_goes());
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(source_call_waits_for_its_winner)
{
	struct run run = { .started = 0 };
	struct call *call;
	struct app *app = NULL;
	int started = 0;
	int waited = 0;

	if (cmd == TEST_INIT) {
		return describe(info, "source_call_waits_for_its_winner",
			"A winner that is not registered: its call waits, is serviced, and goes to it when it is");
	}
	ast_test_validate(test, (call = call_new()) && !begin(DAY_MS));
	if (!run_start_with(&run, call, "60000,^" FAR "$") && is_offered(1) &&
		claim(call, last_serial, "one") == STASIS_BROADCAST_OK) {
		call_sound(call);
		waited = call_was_read(call, AST_FRAME_VOICE, 1);
		app = app_new(FAR);
		started = app && app_hears(app, "StasisStart", call->id, 1);
	}
	run_end(&run);
	end();
	ast_test_validate(test, waited && started);
	ast_test_validate(test, call_has(call, "BROADCASTWINNER", FAR));
	ast_test_validate(test, call_has(call, "BROADCASTLOST", ""));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(source_winner_does_not_come)
{
	struct run run = { .started = 0 };
	struct call *call;
	struct app *app;
	unsigned long serial;
	int again = 0;
	int refused = 0;

	if (cmd == TEST_INIT) {
		return describe(info, "source_winner_does_not_come",
			"A winner that does not come in time has lost the call, which is offered to the others");
	}
	ast_test_validate(test, (call = call_new()) && (app = app_new("near")) && !begin(200));
	if (!run_start(&run, call) && is_offered(1) && app_hears(app, "CallBroadcast", call->id, 1)) {
		serial = last_serial;
		again =
			claim(call, serial, "one") == STASIS_BROADCAST_OK && app_hears(app, "CallBroadcast", call->id, 2);
		refused = claim(call, serial, "one") == STASIS_BROADCAST_UNKNOWN &&
			claim(call, 0, "one") == STASIS_BROADCAST_FORBIDDEN;
		again &= !call_claim(call, "near") && app_hears(app, "StasisStart", call->id, 1);
	}
	run_end(&run);
	end();
	ast_test_validate(test, again && refused);
	ast_test_validate(test, call_has(call, "BROADCASTWINNER", "near"));
	ast_test_validate(test, call_has(call, "BROADCASTLOST", FAR));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(source_caller_does_not_wait)
{
	struct run run = { .started = 0 };
	int64_t hung_up_ms = 0;
	struct call *call;
	int64_t took_ms;

	if (cmd == TEST_INIT) {
		return describe(info, "source_caller_does_not_wait",
			"A caller who hangs up while the call waits for its winner: the run ends at once, and nobody lost it");
	}
	ast_test_validate(test, (call = call_new()) && !begin(DAY_MS));
	if (!run_start(&run, call) && is_offered(1) && claim(call, last_serial, "one") == STASIS_BROADCAST_OK) {
		call_sound(call);
		call_was_read(call, AST_FRAME_VOICE, 1);
		hung_up_ms = now_ms();
	}
	run_end(&run);
	took_ms = now_ms() - hung_up_ms;
	end();
	ast_test_validate(test, took_ms < 1000);
	ast_test_validate(test, call_has(call, "BROADCASTLOST", ""));
	return AST_TEST_PASS;
}

ast_test_cb_t *const source_cases[] = {
	source_one_worker_has_the_call,
	source_without_applications,
	source_call_waits_for_its_winner,
	source_winner_does_not_come,
	source_caller_does_not_wait,
	NULL,
};
