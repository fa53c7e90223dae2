/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Tests of core/pace.h: steps follow what claims take, within bounds, and come back.
 */

#include "core_test.h"

#include "pace.h"

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

/*! \brief When the tests begin; a clock is never at 0. */
#define BEGIN (INT64_C(1000) * SECOND)

static void note(struct pace *pace, int count, int64_t took_ns)
{
	while (count--) {
		pace_note_claim(pace, took_ns, BEGIN);
	}
}

static void without_claims_it_is_the_least(void **state)
{
	struct pace pace = { 0 };

	(void) state;
	assert_int_equal(pace_step_ns(&pace, BEGIN), 20 * MS);
	assert_int_equal(pace_step_ns(&pace, BEGIN + 3600 * SECOND), 20 * MS);
}

static void quick_claims_change_nothing(void **state)
{
	struct pace pace = { 0 };

	(void) state;
	note(&pace, 1000, 9 * MS);
	assert_int_equal(pace_step_ns(&pace, BEGIN), 20 * MS);
	note(&pace, 1000, -5 * MS);
	assert_int_equal(pace_step_ns(&pace, BEGIN), 20 * MS);
}

static void slow_claims_make_it_twice_as_long(void **state)
{
	struct pace pace = { 0 };

	(void) state;
	note(&pace, 200, 50 * MS);
	assert_in_range(pace_step_ns(&pace, BEGIN), 99 * MS, 100 * MS);
	/* One alone does not. */
	note(&pace, 1, 5 * MS);
	assert_in_range(pace_step_ns(&pace, BEGIN), 80 * MS, 95 * MS);
}

static void it_has_a_limit_and_comes_back_as_soon(void **state)
{
	struct pace pace = { 0 };

	(void) state;
	note(&pace, 200, 3600 * SECOND);
	assert_in_range(pace_step_ns(&pace, BEGIN), 199 * MS, 200 * MS);
	note(&pace, 20, 5 * MS);
	assert_in_range(pace_step_ns(&pace, BEGIN), 20 * MS, 25 * MS);
}

static void it_comes_back_without_claims(void **state)
{
	struct pace pace = { 0 };

	(void) state;
	note(&pace, 200, 100 * MS);
	assert_in_range(pace_step_ns(&pace, BEGIN + 9 * SECOND), 199 * MS, 200 * MS);
	assert_in_range(pace_step_ns(&pace, BEGIN + 10 * SECOND), 99 * MS, 100 * MS);
	assert_int_equal(pace_step_ns(&pace, BEGIN + 40 * SECOND), 20 * MS);
	assert_int_equal(pace_step_ns(&pace, INT64_MAX), 20 * MS);
	/* A claim after that counts as one after few. */
	pace_note_claim(&pace, 100 * MS, BEGIN + 100000 * SECOND);
	assert_in_range(pace_step_ns(&pace, BEGIN + 100000 * SECOND), 20 * MS, 26 * MS);
	/* Nor does a thread that read the clock before it go wrong. */
	assert_in_range(pace_step_ns(&pace, BEGIN), 20 * MS, 26 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_claims_it_is_the_least),
		cmocka_unit_test(quick_claims_change_nothing),
		cmocka_unit_test(slow_claims_make_it_twice_as_long),
		cmocka_unit_test(it_has_a_limit_and_comes_back_as_soon),
		cmocka_unit_test(it_comes_back_without_claims),
	};

	alarm(TEST_HANG_S);
	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
