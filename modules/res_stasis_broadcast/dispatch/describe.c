/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief How far a delivery has come, for who asks: a copy that is made under the lock.
 */

#include "dispatch_private.h"

#include "asterisk/utils.h"

struct delivery *delivery_ref_at(struct delivery *const *place)
{
	struct delivery *delivery;

	ast_mutex_lock(&dispatcher.lock);
	delivery = *place;
	if (delivery) {
		delivery->references++;
	}
	ast_mutex_unlock(&dispatcher.lock);
	return delivery;
}

struct delivery *delivery_take(struct delivery **place)
{
	struct delivery *delivery;

	ast_mutex_lock(&dispatcher.lock);
	delivery = *place;
	*place = NULL;
	ast_mutex_unlock(&dispatcher.lock);
	return delivery;
}

static enum delivery_stage stage_of(const struct recipient *recipient)
{
	if (recipient->sent) {
		return DELIVERY_SENT;
	}
	if (recipient->stage == STAGE_OFFERING) {
		return DELIVERY_WRITING;
	}
	return recipient->stage == STAGE_OFFER ? DELIVERY_QUEUED : DELIVERY_DROPPED;
}

/*! \brief Copy the recipients of an offering. With the lock. */
static void copy_recipients(const struct offering *offering, struct delivery_recipient *copies)
{
	for (size_t i = 0; i < offering->count; i++) {
		const struct recipient *recipient = &offering->recipients[i];

		copies[i].app = names_at(offering->names, recipient->name);
		copies[i].stage = stage_of(recipient);
		copies[i].sent_ms = recipient->sent ? (recipient->sent - 1) / 10.0 : 0;
	}
}

/*! \brief The last offering. What is reached from it never changes, but for how far it has come. Takes the lock. */
static const struct offering *last_offering(const struct delivery *delivery)
{
	const struct offering *last;

	ast_mutex_lock(&dispatcher.lock);
	last = delivery->offerings;
	ast_mutex_unlock(&dispatcher.lock);
	return last;
}

int delivery_describe(struct delivery *delivery,
	void (*visit)(const struct delivery_recipient *recipient, void *data), void *data)
{
	const struct offering *offering = last_offering(delivery);

	for (; offering; offering = offering->earlier) {
		struct delivery_recipient *copies = ast_malloc((offering->count + 1) * sizeof(*copies));

		if (!copies) {
			return -1;
		}
		ast_mutex_lock(&dispatcher.lock);
		copy_recipients(offering, copies);
		ast_mutex_unlock(&dispatcher.lock);
		for (size_t i = 0; i < offering->count; i++) {
			visit(&copies[i], data);
		}
		ast_free(copies);
	}
	return 0;
}
