/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The line: a list of very many broadcasts, and what may be in it.
 */

#include "cases.h"

#include "asterisk/json.h"
#include "res_stasis_broadcast/internal_api.h"

/*! Broadcasts at the same time: a channel takes far more memory than its broadcast. */
#define CROWD 20000

/*! A list of the first 1000 of 100 000 takes a second at the most; and so this one, by the number that is sorted. */
#define LIST_MAX_MS (1000 * CROWD / 100000)

/*! \brief List as often as it takes to have one that others did not hold up. \return The shortest time in ms; -1. */
static int64_t list_ms(const char *app, size_t limit, size_t expected)
{
	int64_t shortest = INT64_MAX;

	for (int i = 0; i < 5; i++) {
		struct ast_json *json = NULL;
		int64_t began = now_ms();
		int failed = stasis_broadcast_describe_all(app, limit, &json);
		int64_t took = now_ms() - began;

		failed |= ast_json_array_size(json) != expected;
		ast_json_unref(json);
		if (failed) {
			return -1;
		}
		shortest = MIN(shortest, took);
	}
	return shortest;
}

AST_TEST_DEFINE(line_of_very_many)
{
	struct ast_json *json = NULL;
	struct call *first = NULL;
	struct app *app;
	int64_t all_ms;
	int64_t one_s_ms;
	int is_first;

	if (cmd == TEST_INIT) {
		return describe(info, "line_of_very_many",
			"A list of the first in line costs by its length, and little by how many wait: 100 000 in a second");
	}
	ast_test_validate(test, (app = app_new("app")) != NULL);
	app_forgets(app);
	for (int i = 0; i < CROWD; i++) {
		struct call *call = call_new();

		ast_test_validate(test, call && !call_offer(call, DAY_MS, "^app$"));
		first = first ? first : call;
	}
	all_ms = list_ms(NULL, 1000, 1000);
	one_s_ms = list_ms("app", 1000, 1000);
	ast_test_status_update(test,
		"1000 of %d: %jd ms, for one application %jd ms, for one that may claim none %jd ms\n", CROWD,
		(intmax_t) all_ms, (intmax_t) one_s_ms, (intmax_t) list_ms("none", 1000, 0));
	ast_test_validate(test, all_ms >= 0 && all_ms <= LIST_MAX_MS);
	ast_test_validate(test, one_s_ms >= 0 && one_s_ms <= LIST_MAX_MS);
	ast_test_validate(test, !stasis_broadcast_describe_all(NULL, 1, &json));
	is_first = !strcmp(
		first->id, ast_json_string_get(ast_json_object_get(ast_json_array_get(json, 0), "channel_id")));
	ast_json_unref(json);
	ast_test_validate(test, is_first);
	return AST_TEST_PASS;
}

ast_test_cb_t *const line_cases[] = { line_of_very_many, NULL };
