/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Tests of core/cpu_budget.h: a thread's own time counts, and nothing else.
 */

#include "core_test.h"

#include "cpu_budget.h"

static void unused_time_is_not_spent(void **state)
{
	struct cpu_budget budget = { .limit_ns = 5000000 };

	(void) state;
	assert_int_equal(cpu_budget_is_spent(&budget), 0);
	/* Off the processor for longer than the budget, as a thread is that was preempted. */
	poll(NULL, 0, 50);
	assert_int_equal(cpu_budget_is_spent(&budget), 0);
	poll(NULL, 0, 50);
	assert_int_equal(cpu_budget_is_spent(&budget), 0);
}

static void used_time_is_spent_and_stays_so(void **state)
{
	struct cpu_budget budget = { .limit_ns = 5000000 };
	int64_t began = cpu_ns();

	(void) state;
	while (!cpu_budget_is_spent(&budget)) {
		assert_true(cpu_ns() - began < INT64_C(500000000));
	}
	assert_true(cpu_ns() - began >= 5000000);
	assert_int_equal(cpu_budget_is_spent(&budget), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unused_time_is_not_spent),
		cmocka_unit_test(used_time_is_spent_and_stays_so),
	};

	alarm(TEST_HANG_S);
	return cmocka_run_group_tests_name("cpu_budget", tests, NULL, NULL);
}
