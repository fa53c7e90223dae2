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

/*! Broadcasts at the same time. Each has a channel, with file descriptors of its own. */
#define CROWD 2500

/*! Finding the first of 100 000 takes half a second of CPU time at the most, and of these as much less as they are fewer. */
#define FIND_MAX_MS (500 * CROWD / 100000)

/*! Describing a thousand takes the other half. */
#define DESCRIBE_MAX_MS 500

/*! \brief List a few times. \return The shortest CPU time in ms, which others on the machine do not change; -1. */
static int64_t list_ms(const char *app, size_t limit, size_t expected)
{
	int64_t shortest = INT64_MAX;

	for (int i = 0; i < 5; i++) {
		struct ast_json *json = NULL;
		int64_t began_us = cpu_us();
		int failed = stasis_broadcast_describe_all(app, limit, &json);
		int64_t took = (cpu_us() - began_us) / 1000;

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
	int64_t find_ms;
	int64_t none_ms;
	int64_t describe_ms;
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
	find_ms = list_ms(NULL, 1, 1);
	none_ms = list_ms("none", 1000, 0);
	describe_ms = list_ms("app", 1000, 1000);
	ast_test_status_update(test, "of %d: the first %jd ms, none %jd ms, 1000 %jd ms\n", CROWD,
		(intmax_t) find_ms, (intmax_t) none_ms, (intmax_t) describe_ms);
	ast_test_validate(test, find_ms >= 0 && find_ms <= FIND_MAX_MS);
	ast_test_validate(test, none_ms >= 0 && none_ms <= FIND_MAX_MS);
	ast_test_validate(test, describe_ms >= 0 && describe_ms <= DESCRIBE_MAX_MS);
	ast_test_validate(test, !stasis_broadcast_describe_all(NULL, 1, &json));
	is_first = !strcmp(
		first->id, ast_json_string_get(ast_json_object_get(ast_json_array_get(json, 0), "channel_id")));
	ast_json_unref(json);
	ast_test_validate(test, is_first);
	return AST_TEST_PASS;
}

/*! Takes that are measured together. */
#define TAKES 50

/*! \brief Take some, which are to be an application's. \return The CPU time in µs; -1 if one could not be taken. */
static int64_t take_us(const char *app)
{
	int64_t began_us = cpu_us();

	for (int i = 0; i < TAKES; i++) {
		struct ast_json *json = NULL;
		int answer = stasis_broadcast_take(app, &json);

		ast_json_unref(json);
		if (answer) {
			return -1;
		}
	}
	return cpu_us() - began_us;
}

AST_TEST_DEFINE(take_from_very_many)
{
	int64_t of_many_us = INT64_MAX;
	int64_t of_few_us = INT64_MAX;
	struct ast_json *json = NULL;
	struct app *app;

	if (cmd == TEST_INIT) {
		return describe(
			info, "take_from_very_many", "Taking the next costs the same, however many wait behind it");
	}
	ast_test_validate(test, (app = app_new("app")) != NULL);
	app_forgets(app);
	for (int i = 0; i < CROWD; i++) {
		struct call *call = call_new();

		ast_test_validate(test, call && !call_offer(call, DAY_MS, "^app$"));
	}
	for (int taken = 0; taken < CROWD; taken += TAKES) {
		int64_t *shortest = taken < CROWD / 5 ? &of_many_us : &of_few_us;
		int64_t took_us = take_us("app");

		ast_test_validate(test, took_us >= 0);
		if (taken < CROWD / 5 || taken >= CROWD - CROWD / 5) {
			*shortest = MIN(*shortest, took_us);
		}
	}
	ast_test_status_update(test, "%d of %d: %jd us, of the last %d: %jd us\n", TAKES, CROWD,
		(intmax_t) of_many_us, CROWD / 5, (intmax_t) of_few_us);
	ast_test_validate(test, of_many_us <= 2 * of_few_us);
	ast_test_validate(test, stasis_broadcast_take("app", &json) == STASIS_BROADCAST_UNKNOWN && !json);
	return AST_TEST_PASS;
}

ast_test_cb_t *const line_cases[] = { line_of_very_many, take_from_very_many, NULL };
