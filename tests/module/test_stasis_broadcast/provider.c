/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The module that provides the API goes away and comes back.
 */

#include "cases.h"

#define PROVIDER "res_stasis_broadcast.so"

/*! Modules that keep the provider in use while they are loaded. */
static const char *const users[] = { "app_stasis_broadcast.so", "res_ari_broadcasts.so" };
/*! Which of them were unloaded and are to be loaded again. */
static int unloaded[ARRAY_LEN(users)];

/*! Whether the provider was unloaded. ast_module_check() cannot tell: after an unload by force it may stay listed. */
static int provider_unloaded;

static int load(const char *name)
{
	return ast_load_resource(name) == AST_MODULE_LOAD_SUCCESS ? 0 : -1;
}

static int unload_users(void)
{
	for (size_t i = 0; i < ARRAY_LEN(users); i++) {
		if (ast_module_check(users[i])) {
			if (ast_unload_resource(users[i], AST_FORCE_SOFT)) {
				return -1;
			}
			unloaded[i] = 1;
		}
	}
	return 0;
}

static int unload_provider(enum ast_module_unload_mode force)
{
	int failed = ast_unload_resource(PROVIDER, force);

	provider_unloaded = !failed;
	return failed;
}

static int load_provider(void)
{
	provider_unloaded = 0;
	return load(PROVIDER);
}

/*! \brief Have everything back as it was. */
static int load_all(void)
{
	int failed = provider_unloaded ? load_provider() : 0;

	for (size_t i = 0; i < ARRAY_LEN(users); i++) {
		if (unloaded[i]) {
			unloaded[i] = 0;
			failed |= load(users[i]);
		}
	}
	return failed;
}

/*! \brief Every function says that there is no provider. */
static int is_away(struct call *call)
{
	stasis_app_broadcast_cleanup(call->id);
	return call_offer(call, 1000, NULL) == AST_OPTIONAL_API_UNAVAILABLE &&
		stasis_app_broadcast_wait(call->chan, 1000) == AST_OPTIONAL_API_UNAVAILABLE &&
		call_claim(call, "app") == AST_OPTIONAL_API_UNAVAILABLE && call_won_by(call, NULL);
}

AST_TEST_DEFINE(provider_away)
{
	struct call *call;
	int gone;
	int said_so;
	int back;

	if (cmd == TEST_INIT) {
		return describe(info, "provider_away",
			"Without the provider all give AST_OPTIONAL_API_UNAVAILABLE; with it again all is well");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	gone = !unload_users() && !unload_provider(AST_FORCE_SOFT);
	said_so = gone && is_away(call);
	back = !load_all();
	ast_test_validate(test, gone && said_so && back);
	ast_test_validate(test, call_claim(call, "app") == -1);
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, wait_on(call, DAY_MS) == 0);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(provider_unload_with_broadcasts)
{
	struct call *open;
	struct call *claimed;
	int refused;
	int back;

	if (cmd == TEST_INIT) {
		return describe(info, "provider_unload_with_broadcasts",
			"With broadcasts alive an unload is refused, or they are gone; their channels end in peace");
	}
	ast_test_validate(test, app_new("app") && (open = call_new()) && (claimed = call_new()));
	ast_test_validate(test, !stasis_app_broadcast_channel(open->chan, DAY_MS, "^app$", 0));
	ast_test_validate(test, !stasis_app_broadcast_channel(claimed->chan, DAY_MS, NULL, 0));
	ast_test_validate(test, call_claim(claimed, "app") == 0);
	refused = !unload_users() && unload_provider(AST_FORCE_SOFT);
	back = !load_all();
	ast_test_status_update(test, "the unload was %s\n", refused ? "refused" : "not refused");
	ast_test_validate(test, back);
	ast_test_validate(test, call_won_by(claimed, refused ? "app" : NULL));
	ast_test_validate(test, call_claim(open, "app") == (refused ? 0 : -1));
	call_end(open);
	call_end(claimed);
	ast_test_validate(test, call_claim(open, "app") == -1 && call_claim(claimed, "app") == -1);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(provider_unload_refused)
{
	struct call *call;
	struct waiter *waiter;
	int refused;
	int back;

	if (cmd == TEST_INIT) {
		return describe(info, "provider_unload_refused",
			"While a call waits the provider is not unloaded, and the call gets its answer");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	refused = !unload_users() && unload_provider(AST_FORCE_SOFT);
	back = !load_all();
	ast_test_validate(test, refused && back);
	ast_test_validate(test, waiter_waits(waiter));
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, waiter_result(waiter) == 0);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(provider_unload_forced)
{
	struct app *app;
	struct call *call;
	struct waiter *waiter;
	int unloads;
	int waited;
	int back;

	if (cmd == TEST_INIT) {
		return describe(info, "provider_unload_forced",
			"If the provider is unloaded by force, calls that wait go on with -1, and nothing crashes");
	}
	ast_test_validate(test, (app = app_new("app")) && (call = call_new()));
	ast_test_validate(test, !stasis_app_broadcast_channel(call->chan, DAY_MS, NULL, 0));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	unloads = !unload_users() && !unload_provider(AST_FORCE_FIRM);
	waited = waiter_result(waiter);
	back = !load_all();
	ast_test_validate(test, unloads && back);
	ast_test_validate(test, waited == -1);
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, app_hears(app, "CallBroadcast", call->id, 1));
	ast_test_validate(test, call_claim(call, "app") == 0);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(provider_comes_and_goes)
{
	size_t threads;
	struct app *app;
	struct call *call;
	int failed;

	if (cmd == TEST_INIT) {
		return describe(info, "provider_comes_and_goes",
			"Unloading and loading the provider 20 times, with events on their way: no thread is left");
	}
	threads = threads_settled();
	ast_test_validate(test, (app = app_new("app")) && (call = call_new()));
	failed = unload_users();
	for (int i = 0; i < 20 && !failed; i++) {
		struct call *short_call = call_new();

		failed = !short_call || stasis_app_broadcast_channel(short_call->chan, DAY_MS, NULL, 0) ||
			call_claim(short_call, "app");
		if (short_call) {
			call_end(short_call);
		}
		failed |= unload_provider(AST_FORCE_SOFT) || load_provider();
	}
	failed |= load_all();
	ast_test_validate(test, !failed);
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, call_claim(call, "app") == 0);
	app_leave(app);
	ast_test_validate(test, threads_return(threads) <= threads);
	return AST_TEST_PASS;
}

ast_test_cb_t *const provider_cases[] = { provider_away, provider_unload_with_broadcasts,
	provider_unload_refused, provider_unload_forced, provider_comes_and_goes, NULL };
