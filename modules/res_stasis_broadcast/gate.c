/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Who is inside, and all broadcasts that there are.
 */

#include "asterisk.h"

#include <stdatomic.h>

#include "asterisk/lock.h"
#include "gate.h"
#include "pause_point.h"

struct registry *broadcasts;

/*! How many threads are inside, and \c GATE_SHUT while no more may enter. */
static atomic_uint gate = 1u << 31;
#define GATE_SHUT (1u << 31)

/*! Protects nothing but the wait for the last thread to leave. */
AST_MUTEX_DEFINE_STATIC(left_lock);
/*! Never destroyed: the last thread may signal it after the wait has ended. */
static ast_cond_t left = PTHREAD_COND_INITIALIZER;

int gate_enter(void)
{
	unsigned int inside = atomic_load_explicit(&gate, memory_order_relaxed);

	do {
		if (inside & GATE_SHUT) {
			return -1;
		}
	} while (!atomic_compare_exchange_weak_explicit(
		&gate, &inside, inside + 1, memory_order_acquire, memory_order_relaxed));
	return 0;
}

void gate_leave(void)
{
	if (atomic_fetch_sub_explicit(&gate, 1, memory_order_release) == (GATE_SHUT | 1)) {
		ast_mutex_lock(&left_lock);
		ast_cond_signal(&left);
		ast_mutex_unlock(&left_lock);
	}
	pause_point("gate_left");
}

int gate_is_closed(void)
{
	return (atomic_load_explicit(&gate, memory_order_acquire) & GATE_SHUT) != 0;
}

int gate_open(void)
{
	broadcasts = registry_create();
	if (!broadcasts) {
		return -1;
	}
	atomic_store_explicit(&gate, 0, memory_order_release);
	return 0;
}

int gate_close(void)
{
	unsigned int inside = atomic_fetch_or_explicit(&gate, GATE_SHUT, memory_order_acq_rel);

	registry_withdraw_all(broadcasts);
	ast_mutex_lock(&left_lock);
	while (atomic_load_explicit(&gate, memory_order_acquire) != GATE_SHUT) {
		ast_cond_wait(&left, &left_lock);
	}
	ast_mutex_unlock(&left_lock);
	/* One that was put in while the others were withdrawn: the thread that made it has ended it. */
	registry_withdraw_all(broadcasts);
	return inside != 0;
}

void gate_destroy(void)
{
	registry_destroy(broadcasts);
	broadcasts = NULL;
}
