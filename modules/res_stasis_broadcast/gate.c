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

#include <stdalign.h>
#include <stdatomic.h>

#include "asterisk/lock.h"
#include "gate.h"
#include "pause_point.h"
#include "stripes.h"

struct registry *broadcasts;

/*! \brief How many threads came in on one core, and how many left on it: it need not be the one that they came in on. */
struct passages {
	alignas(STRIPE_ALIGNMENT) atomic_ulong in;
	atomic_ulong out;
};

static struct passages passages[STRIPES];

/*! Whether no more may come in. */
static atomic_int shut = 1;

/*! Protects nothing but the wait for the last thread to leave. */
AST_MUTEX_DEFINE_STATIC(left_lock);
/*! Never destroyed: the last thread may signal it after the wait has ended. */
static ast_cond_t left = PTHREAD_COND_INITIALIZER;

/*!
 * \brief Whether anybody is inside. Once the gate is shut, nobody comes in any more, but for those who turn round at once.
 *
 * Those who left are counted before those who came in: a thread in the first sum is then in the second one as well, so that
 * the two are the same only if nobody was inside all the time.
 */
static int is_anybody_inside(void)
{
	unsigned long inside = 0;

	for (size_t i = 0; i < STRIPES; i++) {
		inside -= atomic_load(&passages[i].out);
	}
	for (size_t i = 0; i < STRIPES; i++) {
		inside += atomic_load(&passages[i].in);
	}
	return inside != 0;
}

static void leave(void)
{
	atomic_fetch_add(&passages[stripe_here()].out, 1);
	/* Counted first, then asked: who shuts the gate does it in the opposite order. */
	if (atomic_load(&shut)) {
		ast_mutex_lock(&left_lock);
		ast_cond_signal(&left);
		ast_mutex_unlock(&left_lock);
	}
}

int gate_enter(void)
{
	atomic_fetch_add(&passages[stripe_here()].in, 1);
	if (atomic_load(&shut)) {
		leave();
		return -1;
	}
	return 0;
}

void gate_leave(void)
{
	leave();
	pause_point("gate_left");
}

int gate_is_closed(void)
{
	return atomic_load(&shut);
}

int gate_open(void)
{
	broadcasts = registry_create();
	if (!broadcasts) {
		return -1;
	}
	atomic_store(&shut, 0);
	return 0;
}

int gate_close(void)
{
	int was_inside;

	atomic_store(&shut, 1);
	was_inside = is_anybody_inside();
	registry_withdraw_all(broadcasts);
	ast_mutex_lock(&left_lock);
	while (is_anybody_inside()) {
		ast_cond_wait(&left, &left_lock);
	}
	ast_mutex_unlock(&left_lock);
	/* One that was put in while the others were withdrawn: the thread that made it has ended it. */
	registry_withdraw_all(broadcasts);
	return was_inside;
}

void gate_destroy(void)
{
	registry_destroy(broadcasts);
	broadcasts = NULL;
}
