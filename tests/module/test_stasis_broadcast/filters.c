/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Rules 5 and 9: whom a filter reaches, and filters that cannot be used.
 */

#include "cases.h"

/*! CPU time that a filter may take, in microseconds, also on a slow machine. */
#ifdef __SANITIZE_ADDRESS__
#define CPU_LIMIT_US 200000
#else
#define CPU_LIMIT_US 20000
#endif

static const char *const names[] = { "sales-1", "sales-22", "support-7", "ivr", "IVR", "a.b", "aaa", "d" };

/*! \brief A filter, and for each of \ref names whether it matches: "x" or "-". */
struct expectation {
	const char *filter;
	const char *matches;
};

static const struct expectation expectations[] = {
	{ "", "xxxxxxxx" },
	{ ".*", "xxxxxxxx" },
	{ "^", "xxxxxxxx" },
	/* It is searched for, not compared with the whole name. */
	{ "ale", "xx------" },
	{ "s", "xxx-----" },
	{ "^sales-[0-9]+$", "xx------" },
	{ "^sales-[0-9]$", "x-------" },
	{ "^(sales|support|billing)-[0-9]+$", "xxx-----" },
	{ "^(sales|ivr)", "xx-x----" },
	{ "ivr", "---x----" },
	{ "^[iI][vV][rR]$", "---xx---" },
	{ "^[[:upper:]]+$", "----x---" },
	{ "[[:digit:]]{2}", "-x------" },
	{ "-[^2]", "x-x-----" },
	{ "^a\\.b$", "-----x--" },
	{ "^a.b$", "-----x--" },
	{ "^a{3}$", "------x-" },
	{ "^a{4,}$", "--------" },
	{ "^(a)?(b)?(c)?(d)?$", "-------x" },
	{ "^nobody$", "--------" },
};

AST_TEST_DEFINE(filter_reaches)
{
	struct app *apps[ARRAY_LEN(names)];

	if (cmd == TEST_INIT) {
		return describe(info, "filter_reaches",
			"Rule 5: a filter decides who hears of an offer, and the same ones may claim it");
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		ast_test_validate(test, (apps[i] = app_new(names[i])));
	}
	for (size_t i = 0; i < ARRAY_LEN(expectations); i++) {
		struct call *call = call_new();

		ast_test_validate(test, call && !call_offer(call, DAY_MS, expectations[i].filter));
		ast_test_validate(test, apps_settle());
		for (size_t j = 0; j < ARRAY_LEN(names); j++) {
			const size_t expected = expectations[i].matches[j] == 'x';

			if (app_count(apps[j], "CallBroadcast", call->id) != expected) {
				ast_test_status_update(
					test, "'%s' and %s: not offered as expected\n", expectations[i].filter, names[j]);
				return AST_TEST_FAIL;
			}
		}
		for (size_t j = 0; j < ARRAY_LEN(names); j++) {
			int expected = expectations[i].matches[j] == 'x' ? 0 : -1;

			ast_test_validate(test, !call_offer(call, DAY_MS, expectations[i].filter));
			if (call_claim(call, names[j]) != expected) {
				ast_test_status_update(
					test, "'%s' and %s: claim not answered as expected\n", expectations[i].filter, names[j]);
				return AST_TEST_FAIL;
			}
		}
	}
	return AST_TEST_PASS;
}

static const char *const unusable[] = {
	"^(ivr-.*",
	"[",
	"[a-",
	"[z-a]",
	"[[:nonsense:]]",
	"a{2,1}",
	"a{99999}",
	"sales\\",
	"(a",
	/* Compiled, these would take seconds and gigabytes for each call. */
	"((a{1,100}){1,100}){1,100}",
	"(((a{1,255}){1,255}){1,255}){1,255}",
};

AST_TEST_DEFINE(filter_unusable)
{
	struct app *app;

	if (cmd == TEST_INIT) {
		return describe(info, "filter_unusable",
			"Rule 9: a filter that cannot be used gives -1, at once, and offers the channel to nobody");
	}
	ast_test_validate(test, (app = app_new("ivr-1")));
	for (size_t i = 0; i < ARRAY_LEN(unusable); i++) {
		struct call *call = call_new();
		const int64_t start_us = cpu_us();
		int refused = call && call_offer(call, DAY_MS, unusable[i]) == -1;
		const int64_t took_us = cpu_us() - start_us;

		refused = refused && apps_settle() && !app_count(app, "CallBroadcast", call->id);
		if (!refused || took_us > CPU_LIMIT_US) {
			ast_test_status_update(test, "'%s': %s after %d us\n", unusable[i],
				refused ? "refused" : "not refused", (int) took_us);
			return AST_TEST_FAIL;
		}
		ast_test_validate(test, call_claim(call, "ivr-1") == -1);
		ast_test_validate(test, wait_on(call, DAY_MS) == -1);
		ast_test_validate(test, call_won_by(call, NULL));
		/* The channel is none the worse for it. */
		ast_test_validate(test, !call_offer(call, DAY_MS, "^ivr-"));
		ast_test_validate(test, call_claim(call, "ivr-1") == 0);
	}
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(filter_length)
{
	char filter[258];
	struct call *call;
	struct app *app;

	if (cmd == TEST_INIT) {
		return describe(info, "filter_length", "Rule 9: 256 characters are a filter, 257 are refused");
	}
	memset(filter, 'a', sizeof(filter));
	memcpy(filter, "^x|", 3);
	filter[256] = '\0';
	ast_test_validate(test, (app = app_new("x")) && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, filter));
	ast_test_validate(test, app_hears(app, "CallBroadcast", call->id, 1));
	ast_test_validate(test, call_claim(call, "x") == 0);

	filter[256] = 'a';
	filter[257] = '\0';
	ast_test_validate(test, (call = call_new()));
	ast_test_validate(test, call_offer(call, DAY_MS, filter) == -1);
	ast_test_validate(test, apps_settle() && !app_count(app, "CallBroadcast", call->id));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(filter_slow_match)
{
	static const char *const slow[] = { "^(a+)+$", "^(a|aa)+$", "^(.*a){12}$", "^([a-z]+)*-[0-9]$" };
	static const char name[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "filter_slow_match",
			"Rule 9: a filter that would backtrack for years is answered at once, and right");
	}
	ast_test_validate(test, app_new(name) && app_new("aaaaaaaaaaaa") && (call = call_new()));
	for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
		const int64_t start_us = cpu_us();
		int result = call_offer(call, DAY_MS, slow[i]);
		int claimed = call_claim(call, name);

		if (result || claimed != -1 || cpu_us() - start_us > CPU_LIMIT_US) {
			ast_test_status_update(test, "'%s': offered %d, claimed %d, %d us\n", slow[i], result, claimed,
				(int) (cpu_us() - start_us));
			return AST_TEST_FAIL;
		}
	}
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(filter_many)
{
	char filter[64];
	struct call *call;

	if (cmd == TEST_INIT) {
		return describe(info, "filter_many", "A thousand different filters, each used by one broadcast");
	}
	ast_test_validate(test, app_new("app-999") && (call = call_new()));
	for (int i = 0; i < 1000; i++) {
		snprintf(filter, sizeof(filter), "^app-%d$", i);
		ast_test_validate(test, !call_offer(call, DAY_MS, filter));
		ast_test_validate(test, call_claim(call, "app-999") == (i == 999 ? 0 : -1));
	}
	return AST_TEST_PASS;
}

ast_test_cb_t *const filter_cases[] = { filter_reaches, filter_unusable, filter_length, filter_slow_match,
	filter_many, NULL };
