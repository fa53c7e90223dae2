/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is to be sent for one broadcast, and how long it lives.
 */

#include "dispatch_private.h"

#include "asterisk/utils.h"

struct delivery *delivery_create(struct broadcast *broadcast)
{
	struct delivery *delivery = ast_calloc(1, sizeof(*delivery));

	if (delivery) {
		delivery->broadcast = broadcast;
		delivery->references = 1;
	}
	return delivery;
}

struct delivery *delivery_ref(struct delivery *delivery)
{
	ast_mutex_lock(&dispatcher.lock);
	delivery->references++;
	ast_mutex_unlock(&dispatcher.lock);
	return delivery;
}

void offering_free(struct offering *offering)
{
	ast_json_unref(offering->event);
	names_unref(offering->names);
	ast_free(offering);
}

static void delivery_free(struct delivery *delivery)
{
	struct offering *offering;

	while ((offering = delivery->offerings)) {
		delivery->offerings = offering->earlier;
		offering_free(offering);
	}
	ast_json_unref(delivery->end);
	ast_free(delivery);
}

/*! \brief Whether nobody needs it any more. With the lock. */
static int is_unused(const struct delivery *delivery)
{
	return !delivery->references && !delivery->queued && !delivery->deferred;
}

void delivery_unref(struct delivery *delivery)
{
	int unused;

	if (!delivery) {
		return;
	}
	ast_mutex_lock(&dispatcher.lock);
	delivery->references--;
	unused = is_unused(delivery);
	ast_mutex_unlock(&dispatcher.lock);
	if (unused) {
		delivery_free(delivery);
	}
}

void delivery_hold(struct delivery *delivery)
{
	delivery->queued++;
	if (!delivery->holds_broadcast) {
		delivery->holds_broadcast = 1;
		broadcast_ref(delivery->broadcast);
	}
}

void delivery_settle(struct recipient *recipient, struct deferred_release *deferred)
{
	struct delivery *delivery = recipient->offering->delivery;

	/* It may be on another thread's list, if something was queued before that one came to it. */
	if (!--delivery->queued && !delivery->deferred) {
		delivery->deferred = 1;
		AST_LIST_INSERT_TAIL(deferred, delivery, release);
	}
}

void delivery_release(struct deferred_release *deferred)
{
	struct delivery *delivery;

	while ((delivery = AST_LIST_REMOVE_HEAD(deferred, release))) {
		struct broadcast *broadcast = NULL;
		int unused;

		ast_mutex_lock(&dispatcher.lock);
		delivery->deferred = 0;
		if (delivery->holds_broadcast && !delivery->queued) {
			delivery->holds_broadcast = 0;
			broadcast = delivery->broadcast;
		}
		unused = is_unused(delivery);
		ast_mutex_unlock(&dispatcher.lock);
		if (unused) {
			delivery_free(delivery);
		}
		broadcast_unref(broadcast);
	}
}

void delivery_keep_late(struct delivery *delivery)
{
	delivery->keeps_late = 1;
}

int delivery_is_stale(const struct delivery *delivery)
{
	return !delivery->keeps_late && broadcast_closed_ns(delivery->broadcast) != 0;
}
