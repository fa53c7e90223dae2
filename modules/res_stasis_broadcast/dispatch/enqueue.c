/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What a broadcast has to tell, put into the queues of those who are to hear of it.
 */

#include "dispatch_private.h"

#include "asterisk/utils.h"

/*! \brief Put the recipients into an order of their own, so that none is favoured. */
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

/*! \brief Everybody who is in an offering or an earlier one. \retval 0 on success, -1 if memory ran out. */
static int collect_offered(struct table *offered, const struct offering *last)
{
	for (; last; last = last->earlier) {
		for (size_t i = 0; i < names_count(last->names); i++) {
			const char *name = names_at(last->names, i);

			if (table_put(offered, name, table_hash(name), (void *) name)) {
				return -1;
			}
		}
	}
	return 0;
}

/*! \brief Choose those who are in no earlier offering. \retval 0 on success, -1 if memory ran out. */
static int choose(struct offering *offering)
{
	struct table offered = { 0 };
	int failed = collect_offered(&offered, offering->earlier);

	for (size_t i = 0; !failed && i < names_count(offering->names); i++) {
		const char *name = names_at(offering->names, i);

		if (!offered.count || !table_find(&offered, name, table_hash(name))) {
			offering->recipients[offering->count].offering = offering;
			offering->recipients[offering->count++].name = i;
		}
	}
	table_clear(&offered);
	return failed;
}

/*! \brief Make an offering after another one. It takes a reference to the event. \return NULL without memory. */
static struct offering *offering_create(
	struct delivery *delivery, struct offering *earlier, struct names *recipients, struct ast_json *event)
{
	struct offering *offering =
		ast_calloc(1, sizeof(*offering) + names_count(recipients) * sizeof(offering->recipients[0]));

	if (!offering) {
		return NULL;
	}
	offering->delivery = delivery;
	offering->earlier = earlier;
	offering->names = names_ref(recipients);
	offering->queued_ns = broadcast_clock_ns();
	offering->event = ast_json_ref(event);
	if (choose(offering)) {
		offering_free(offering);
		return NULL;
	}
	shuffle(offering->recipients, offering->count);
	return offering;
}

/*! \brief The last offering; \a ended says whether there may be another one. Takes the lock. */
static struct offering *last_offering(struct delivery *delivery, int *ended)
{
	struct offering *last;

	ast_mutex_lock(&dispatcher.lock);
	last = delivery->offerings;
	*ended = delivery->ended;
	ast_mutex_unlock(&dispatcher.lock);
	return last;
}

/*! \brief Queue an offering, unless another thread was faster. Takes the lock. \retval 0 on success, else -1. */
static int queue_offering(struct offering *offering)
{
	struct deferred_release deferred = AST_LIST_HEAD_NOLOCK_INIT_VALUE;
	struct delivery *delivery = offering->delivery;

	ast_mutex_lock(&dispatcher.lock);
	if (delivery->ended || delivery->offerings != offering->earlier) {
		ast_mutex_unlock(&dispatcher.lock);
		return -1;
	}
	delivery->offerings = offering;
	for (size_t i = 0; i < offering->count; i++) {
		queue_add(&offering->recipients[i], STAGE_OFFER, &deferred);
	}
	workers_wake_unlock();
	delivery_release(&deferred);
	return 0;
}

int delivery_offer(struct delivery *delivery, struct names *recipients, struct ast_json *event)
{
	struct offering *offering = NULL;
	int ended;

	for (;;) {
		struct offering *last = last_offering(delivery, &ended);

		/* Without the lock, since it takes as long as there are names. */
		offering = ended ? NULL : offering_create(delivery, last, recipients, event);
		if (!offering || !queue_offering(offering)) {
			break;
		}
		offering_free(offering);
	}
	ast_json_unref(event);
	return offering || ended ? 0 : -1;
}

/*! \brief Queue the event that tells of the end for those whose offer was sent. */
static void queue_end_locked(struct delivery *delivery, struct deferred_release *deferred)
{
	for (struct offering *offering = delivery->offerings; offering; offering = offering->earlier) {
		for (size_t i = 0; i < offering->count; i++) {
			/* Where the offer still waits, the thread that sends it goes on with this event. */
			if (offering->recipients[i].stage == STAGE_OFFERED) {
				queue_add(&offering->recipients[i], STAGE_END, deferred);
			}
		}
	}
}

/*! \brief Which type an event that tells of the end is of. */
static enum stasis_broadcast_event_kind end_kind(struct ast_json *event)
{
	const char *type = ast_json_string_get(ast_json_object_get(event, "type"));

	return type && !strcmp(type, "CallWithdrawn") ? STASIS_BROADCAST_EVENT_CALL_WITHDRAWN
												  : STASIS_BROADCAST_EVENT_CALL_CLAIMED;
}

void delivery_end(struct delivery *delivery, struct ast_json *event)
{
	const enum stasis_broadcast_event_kind kind = end_kind(event);
	struct deferred_release deferred = AST_LIST_HEAD_NOLOCK_INIT_VALUE;

	ast_mutex_lock(&dispatcher.lock);
	if (!delivery->ended) {
		delivery->end = event;
		delivery->end_kind = kind;
		event = NULL;
		queue_end_locked(delivery, &deferred);
	}
	delivery->ended = 1;
	workers_wake_unlock();
	delivery_release(&deferred);
	ast_json_unref(event);
}
