/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A bound on the processor time that a thread spends on one thing.
 *
 * The thread's own time counts: a thread that has to wait for the processor loses nothing.
 */

#ifndef CORE_CPU_BUDGET_H
#define CORE_CPU_BUDGET_H

#include <stdint.h>

/*! \brief The budget of one thread; all zero but for the limit at first. */
struct cpu_budget {
	/*! How much may be spent, in nanoseconds. */
	int64_t limit_ns;
	/*! Until when it cannot have been spent, on CLOCK_MONOTONIC; 0 before the first question. */
	int64_t safe_until_ns;
	/*! What the thread's clock shows when it is spent. */
	int64_t end_ns;
	int spent;
};

/*!
 * \brief Whether the budget is spent. It runs from the first question on.
 *
 * \note Always the same thread. Costs one reading of CLOCK_MONOTONIC, and a system call only once the
 *       limit has passed on it.
 */
int cpu_budget_is_spent(struct cpu_budget *budget);

#endif /* CORE_CPU_BUDGET_H */
