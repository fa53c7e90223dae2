/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A bound on the processor time that a thread spends on one thing.
 *
 * The clock of a thread takes a system call, CLOCK_MONOTONIC none, and a thread uses no more than passes.
 */

#include "cpu_budget.h"

#include <time.h>

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int cpu_budget_is_spent(struct cpu_budget *budget)
{
	int64_t now;
	int64_t left;

	if (budget->spent) {
		return 1;
	}
	now = clock_ns(CLOCK_MONOTONIC);
	if (!budget->safe_until_ns) {
		budget->end_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) + budget->limit_ns;
		budget->safe_until_ns = now + budget->limit_ns;
	} else if (now >= budget->safe_until_ns) {
		left = budget->end_ns - clock_ns(CLOCK_THREAD_CPUTIME_ID);
		budget->spent = left <= 0;
		budget->safe_until_ns = now + left;
	}
	return budget->spent;
}
