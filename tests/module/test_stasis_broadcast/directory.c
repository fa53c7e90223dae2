/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Applications that are there and are offered no calls, since they could not claim them, or have one already.
 */

#include "cases.h"

/*! \brief Whether an application is left out of offers and may not claim, while another one is not. */
static int is_left_out(const char *name)
{
	struct app *app = app_new(name);
	struct app *other = app_new("other");
	struct call *call = call_new();
	int left_out;

	if (!app || !other || !call || call_offer(call, DAY_MS, NULL)) {
		return 0;
	}
	left_out = app_hears(other, "CallBroadcast", call->id, 1) && call_claim(call, name) == -1 &&
		call_won_by(call, NULL) && apps_settle_but(app) && !app_count(app, "CallBroadcast", NULL);
	stasis_app_broadcast_cleanup(call->id);
	app_leave(other);
	app_leave(app);
	return left_out;
}

/*! \brief Whether an application is offered a call and may claim it. */
static int is_offered(const char *name)
{
	struct app *app = app_new(name);
	struct call *call = call_new();
	int offered = app && call && !call_offer(call, DAY_MS, NULL) &&
		app_hears(app, "CallBroadcast", call->id, 1) && !call_claim(call, name) && call_won_by(call, name);

	if (call) {
		stasis_app_broadcast_cleanup(call->id);
	}
	if (app) {
		app_leave(app);
	}
	return offered;
}

AST_TEST_DEFINE(directory_of_names_that_cannot_claim)
{
	static const char *const not_utf8[] = { "caf\xe9", "\xff\xfe", "a\xc0\x80", "\xed\xa0\x80", "cut\xc3" };
	char name[301];

	if (cmd == TEST_INIT) {
		return describe(info, "directory_of_names_that_cannot_claim",
			"Names that are not UTF-8 or longer than 256 bytes: neither offered nor claimed; others are");
	}
	for (size_t i = 0; i < ARRAY_LEN(not_utf8); i++) {
		ast_test_validate(test, is_left_out(not_utf8[i]));
	}
	memset(name, 'n', sizeof(name));
	name[300] = '\0';
	ast_test_validate(test, is_left_out(name));
	name[257] = '\0';
	ast_test_validate(test, is_left_out(name));
	name[256] = '\0';
	ast_test_validate(test, is_offered(name));
	ast_test_validate(test, is_offered("quo\"te") && is_offered("back\\slash") && is_offered("caf\xc3\xa9"));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(directory_of_names_for_one_call)
{
	static const char *const ordinary[] = { "app:1", "app:/x", "http://host/Local", "team:none/such",
		"Local/x", "a:b/" };
	struct call *call;
	char name[200];

	if (cmd == TEST_INIT) {
		return describe(info, "directory_of_names_for_one_call",
			"Names that an outbound WebSocket has for one call are offered no other one; names that are like them are");
	}
	ast_test_validate(test, is_left_out("app:Local/1000@default-00000007;2") && is_left_out("a:b:Local/x;1"));
	/* The technology of these calls is not registered, but the channel is there. */
	ast_test_validate(test, (call = call_new()));
	snprintf(name, sizeof(name), "app:%s", ast_channel_name(call->chan));
	ast_test_validate(test, is_left_out(name));
	for (size_t i = 0; i < ARRAY_LEN(ordinary); i++) {
		ast_test_status_update(test, "%s\n", ordinary[i]);
		ast_test_validate(test, is_offered(ordinary[i]));
	}
	return AST_TEST_PASS;
}

ast_test_cb_t *const directory_cases[] = { directory_of_names_that_cannot_claim,
	directory_of_names_for_one_call, NULL };
