/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Rule 10: no argument, however odd, is more than an error.
 */

#include "cases.h"

#include "asterisk/pbx.h"

AST_TEST_DEFINE(arguments_null)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "arguments_null", "Rule 10: NULL gives -1, NULL from winner, never a crash");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, stasis_app_broadcast_channel(NULL, 1000, "app", 0) == -1);
	ast_test_validate(test, stasis_app_broadcast_channel(NULL, 0, NULL, 0) == -1);
	ast_test_validate(test, stasis_app_broadcast_wait(NULL, 1000) == -1);
	ast_test_validate(test, stasis_app_claim_channel(NULL, "app") == -1);
	ast_test_validate(test, stasis_app_claim_channel(call->id, NULL) == -1);
	ast_test_validate(test, stasis_app_claim_channel(NULL, NULL) == -1);
	ast_test_validate(test, !stasis_app_broadcast_winner(NULL));
	stasis_app_broadcast_cleanup(NULL);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(arguments_empty)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "arguments_empty", "Rule 10: empty ids and names give -1, NULL from winner");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, stasis_app_claim_channel("", "app") == -1);
	ast_test_validate(test, stasis_app_claim_channel("", "") == -1);
	ast_test_validate(test, stasis_app_claim_channel(call->id, "") == -1);
	ast_test_validate(test, !stasis_app_broadcast_winner(""));
	stasis_app_broadcast_cleanup("");
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(arguments_nameless_claim)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "arguments_nameless_claim",
			"Rule 10: a claim without a name is refused, and the broadcast goes on");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, call_claim(call, NULL) == -1);
	ast_test_validate(test, call_claim(call, "") == -1);
	ast_test_validate(test, call_won_by(call, NULL));
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, call_claim(call, NULL) < 0);
	ast_test_validate(test, call_claim(call, "") < 0);
	ast_test_validate(test, call_won_by(call, "app"));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(arguments_unknown_channel)
{
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "arguments_unknown_channel",
			"A channel that was never offered: claim and wait give -1, winner NULL, at once");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, call_claim(call, "app") == -1);
	ast_test_validate(test, call_won_by(call, NULL));
	stasis_app_broadcast_cleanup(call->id);
	ast_test_validate(test, wait_on(call, DAY_MS) == -1);
	ast_test_validate(test, stasis_app_claim_channel("1234567890.987654321", "app") == -1);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(arguments_odd_texts)
{
	static const char *const odd[] = { "%s%n%n%s", "\n\r\t\x1b[2J", "\xff\xfe", "../../etc/passwd", "'\";--",
		"\xe2\x82\xac" };
	const size_t size = 100000;
	char *huge;
	struct call *call;
	int huge_claims;

	if (cmd == TEST_INIT) {
		return describe(info, "arguments_odd_texts", "Rule 10: odd and huge ids and names are unknown ones");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		ast_test_validate(test, stasis_app_claim_channel(odd[i], "app") == -1);
		ast_test_validate(test, call_claim(call, odd[i]) == -1);
		ast_test_validate(test, !stasis_app_broadcast_winner(odd[i]));
		stasis_app_broadcast_cleanup(odd[i]);
	}
	huge = ast_malloc(size);
	ast_test_validate(test, huge);
	memset(huge, 'x', size - 1);
	huge[size - 1] = '\0';
	huge_claims = stasis_app_claim_channel(huge, "app") == -1 && call_claim(call, huge) == -1 &&
		stasis_app_broadcast_channel(call->chan, 1000, huge, 0) == -1;
	ast_free(huge);
	ast_test_validate(test, huge_claims);
	ast_test_validate(test, call_claim(call, "app") == 0);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(arguments_internal_channel)
{
	static struct ast_channel_tech internal;
	struct app *app;
	struct call *call;
	const char *status;

	if (cmd == TEST_INIT) {
		return describe(info, "arguments_internal_channel",
			"A channel that Asterisk keeps from applications cannot be offered; tests/module/run searches for the "
			"line in the log");
	}
	ast_test_validate(test, (app = app_new("app")) && (call = call_new()));
	ast_channel_lock(call->chan);
	memcpy((void *) &internal, ast_channel_tech(call->chan), sizeof(internal));
	internal.properties |= AST_CHAN_TP_INTERNAL;
	ast_channel_tech_set(call->chan, &internal);
	/* Since 17 Asterisk keeps what it knows of the technology until something beside it changes. */
	ast_channel_accountcode_set(call->chan, "internal");
	ast_channel_unlock(call->chan);
	ast_test_validate(test, call_offer(call, DAY_MS, NULL) == -1);
	status = pbx_builtin_getvar_helper(call->chan, "BROADCASTSTATUS");
	ast_test_validate(test, status && !strcmp(status, "ERROR"));
	ast_test_validate(test, call_claim(call, "app") == -1);
	ast_test_validate(test, apps_settle() && app_count(app, "CallBroadcast", call->id) == 0);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(arguments_not_utf8)
{
	struct app *app;
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "arguments_not_utf8",
			"A channel with an extension that is not UTF-8 cannot be offered, and can be when it is one again");
	}
	ast_test_validate(test, (app = app_new("app")) && (call = call_new()));
	ast_channel_exten_set(call->chan, "2\xff\xfe");
	ast_test_validate(test, call_offer(call, DAY_MS, NULL) == -1);
	ast_test_validate(test, call_claim(call, "app") == -1);
	ast_channel_exten_set(call->chan, "200");
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, app_hears(app, "CallBroadcast", call->id, 1));
	ast_test_validate(test, call_claim(call, "app") == 0);
	return AST_TEST_PASS;
}

ast_test_cb_t *const argument_cases[] = { arguments_null, arguments_empty, arguments_nameless_claim,
	arguments_unknown_channel, arguments_odd_texts, arguments_internal_channel, arguments_not_utf8, NULL };
