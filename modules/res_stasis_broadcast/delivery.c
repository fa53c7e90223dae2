/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The events of one broadcast on their way: who gets them, in which order, and what is left to do.
 */

#include "dispatcher.h"

#include "asterisk/utils.h"

/*! A CallBroadcast is not worth sending this long after its broadcast closed, in nanoseconds. */
#define STALE_NS INT64_C(100000000)

/*! \brief Put the recipients into an order of their own for this broadcast, so that none is favoured. */
static void shuffle(struct recipient *recipients, size_t count)
{
	uint64_t random = ((uint64_t) ast_random() << 32) ^ (uint64_t) ast_random() ^ 0x9e3779b97f4a7c15u;

	for (size_t i = count; i > 1; i--) {
		size_t other;
		unsigned int name = recipients[i - 1].name;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		other = (size_t) ((random >> 11) % i);
		recipients[i - 1].name = recipients[other].name;
		recipients[other].name = name;
	}
}

struct delivery *delivery_create(struct names *recipients, struct ast_json *event)
{
	size_t count = names_count(recipients);
	struct delivery *delivery = ast_calloc(1, sizeof(*delivery) + count * sizeof(delivery->recipients[0]));

	if (!delivery) {
		ast_json_unref(event);
		return NULL;
	}
	delivery->names = names_ref(recipients);
	delivery->offered = event;
	delivery->holds = 1;
	for (size_t i = 0; i < count; i++) {
		delivery->recipients[i].delivery = delivery;
		delivery->recipients[i].name = i;
	}
	shuffle(delivery->recipients, count);
	return delivery;
}

struct delivery *delivery_hold(struct delivery *delivery)
{
	delivery->holds++;
	return delivery;
}

struct ast_json *delivery_channel(struct delivery *delivery)
{
	return ast_json_object_get(delivery->offered, "channel");
}

void delivery_free_all(struct deliveries *finished)
{
	struct delivery *delivery;

	while ((delivery = AST_LIST_REMOVE_HEAD(finished, finished))) {
		broadcast_unref(delivery->broadcast);
		ast_json_unref(delivery->offered);
		ast_json_unref(delivery->claimed);
		names_unref(delivery->names);
		ast_free(delivery);
	}
}

void delivery_settle(struct delivery *delivery, struct deliveries *finished)
{
	if (!--delivery->queued && !delivery->holds) {
		AST_LIST_INSERT_TAIL(finished, delivery, finished);
	}
}

int delivery_is_stale(const struct delivery *delivery)
{
	int64_t closed_ns = broadcast_closed_ns(delivery->broadcast);

	return closed_ns && broadcast_clock_ns() - closed_ns > STALE_NS;
}

void delivery_offer(struct delivery *delivery, struct broadcast *broadcast)
{
	struct deliveries finished = AST_LIST_HEAD_NOLOCK_INIT_VALUE;

	delivery->broadcast = broadcast_ref(broadcast);
	ast_mutex_lock(&dispatcher.lock);
	for (size_t i = 0; i < names_count(delivery->names); i++) {
		queue_add(&delivery->recipients[i], STAGE_OFFER, &finished);
	}
	dispatcher_release();
	delivery_free_all(&finished);
}

/*! \brief Queue the CallClaimed event for those whose offer was sent. */
static void queue_claimed_locked(
	struct delivery *delivery, struct ast_json *event, struct deliveries *finished)
{
	delivery->claimed = event;
	for (size_t i = 0; i < names_count(delivery->names); i++) {
		/* Where the offer still waits, the thread that sends it goes on with this event. */
		if (delivery->recipients[i].stage == STAGE_OFFERED) {
			queue_add(&delivery->recipients[i], STAGE_CLAIMED, finished);
		}
	}
}

void delivery_claimed(struct delivery *delivery, struct broadcast *broadcast, struct ast_json *event)
{
	struct deliveries finished = AST_LIST_HEAD_NOLOCK_INIT_VALUE;
	int is_late;

	ast_mutex_lock(&dispatcher.lock);
	/* Under the lock: the offers of a later broadcast are queued after it is in the registry. */
	is_late = registry_has_later(broadcasts, broadcast);
	if (!is_late) {
		queue_claimed_locked(delivery, event, &finished);
	}
	dispatcher_release();
	if (is_late) {
		ast_json_unref(event);
	}
	delivery_free_all(&finished);
}

void delivery_done(void *data)
{
	struct deliveries finished = AST_LIST_HEAD_NOLOCK_INIT_VALUE;
	struct delivery *delivery = data;

	ast_mutex_lock(&dispatcher.lock);
	if (!--delivery->holds && !delivery->queued) {
		AST_LIST_INSERT_TAIL(&finished, delivery, finished);
	}
	ast_mutex_unlock(&dispatcher.lock);
	delivery_free_all(&finished);
}
