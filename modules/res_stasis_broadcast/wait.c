/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Waiting for a claim: one poll on the channel and the broadcast's wake-up together, in the
 * channel's thread.
 */

#include "asterisk.h"

#include <errno.h>

#include "asterisk/channel.h"

#include "channel_text.h"
#include "describe.h"
#include "offer.h"
#include "servicing.h"
#include "wait.h"
#include "widening.h"

/*! \brief What is left of a wait until \a end_ns, in milliseconds rounded up. */
static int left_ms(int64_t end_ns)
{
	int64_t left = end_ns - broadcast_clock_ns();

	return left <= 0 ? 0 : (int) ((left + 999999) / 1000000);
}

/*! \brief What has become of the channel while its thread slept. */
enum channel_change {
	CHANNEL_SAME,
	/*! It is over, or another channel has become what it was. */
	CHANNEL_GONE,
	/*! It has become another caller's: it has another ID. */
	CHANNEL_MOVED,
};

/*! \brief Compare a channel with the one that was offered. */
static enum channel_change compare_channel(struct ast_channel *chan, const struct broadcast *broadcast)
{
	enum channel_change change = CHANNEL_SAME;

	ast_channel_lock(chan);
	if (ast_test_flag(ast_channel_flags(chan), AST_FLAG_ZOMBIE)) {
		change = CHANNEL_GONE;
	} else if (strcmp(ast_channel_uniqueid(chan), broadcast_channel_id(broadcast))) {
		change = ast_check_hangup(chan) ? CHANNEL_GONE : CHANNEL_MOVED;
	}
	ast_channel_unlock(chan);
	return change;
}

/*! \brief One wait. */
struct wait {
	struct ast_channel *chan;
	struct broadcast *broadcast;
	/*! Whom to offer it to later; NULL: nobody. */
	struct widening *widening;
	/*! When it is over. */
	int64_t end_ns;
	struct servicing servicing;
};

/*!
 * \brief Do what is due: offer the call to more applications.
 *
 * \return When there is something to do again, if nothing happens before; INT64_MAX: never.
 */
static int64_t see_to_duties(struct wait *wait)
{
	struct broadcast_duty duty;
	int64_t next_ns;

	do {
		broadcast_attend(wait->broadcast, &duty);
	} while (
		wait->widening && widening_advance(wait->widening, wait->chan, wait->broadcast, duty.is_exhausted));
	next_ns = wait->widening ? widening_next_ns(wait->widening) : INT64_MAX;
	return duty.award_ns ? MIN(next_ns, duty.award_ns) : next_ns;
}

/*! \brief Sleep until something happens: the broadcast closes or has a duty, the channel has a frame, or a time has come. */
static enum broadcast_state sleep_once(struct wait *wait, int fd, int64_t next_ns)
{
	int ms = MIN(left_ms(MIN(wait->end_ns, next_ns)), broadcast_remaining_ms(wait->broadcast));
	char where[PRINTABLE_SIZE];
	int awake;

	if (ast_waitfor_nandfds(&wait->chan, 1, &fd, 1, NULL, &awake, &ms)) {
		if (servicing_read(&wait->servicing)) {
			return broadcast_close(wait->broadcast, BROADCAST_HUNG_UP);
		}
	} else if (ms < 0) {
		ast_log(LOG_ERROR, "%s: cannot wait for a claim: poll failed: %s\n", channel_text(wait->chan, where),
			strerror(errno));
		return broadcast_close(wait->broadcast, BROADCAST_GONE);
	}
	return broadcast_state(wait->broadcast);
}

/*! \brief Sleep until the broadcast closes, the channel is not the one that was offered, or the wait is over. */
static enum broadcast_state sleep_until_closed(struct wait *wait, int fd, enum channel_change *change)
{
	enum broadcast_state state = broadcast_state(wait->broadcast);

	*change = CHANNEL_SAME;
	while (state == BROADCAST_OPEN && left_ms(wait->end_ns)) {
		*change = compare_channel(wait->chan, wait->broadcast);
		if (*change == CHANNEL_GONE) {
			return broadcast_close(wait->broadcast, BROADCAST_HUNG_UP);
		}
		if (*change == CHANNEL_MOVED) {
			break;
		}
		state = sleep_once(wait, fd, see_to_duties(wait));
	}
	if (state == BROADCAST_REPLACED) {
		/* The call that has its old ID now can be on offer before this thread notices that it lost it. */
		*change = compare_channel(wait->chan, wait->broadcast);
	}
	return state;
}

/*! \brief Wait on one broadcast. \param[out] change Whether the channel is another one now. */
static enum broadcast_state wait_on_one(struct wait *wait, enum channel_change *change)
{
	enum broadcast_state state;
	char where[PRINTABLE_SIZE];
	int fd = broadcast_wake_open(wait->broadcast);

	if (fd < 0) {
		ast_log(LOG_ERROR, "%s: cannot wait for a claim: no file descriptor for the wake-up: %s\n",
			channel_text(wait->chan, where), strerror(errno));
		*change = CHANNEL_SAME;
		return broadcast_close(wait->broadcast, BROADCAST_GONE);
	}
	state = sleep_until_closed(wait, fd, change);
	broadcast_wake_close(wait->broadcast);
	return state;
}

/*! \brief Have the widening of the broadcast, which is this thread's until give_widening_back(). */
static void take_widening(struct wait *wait)
{
	struct offer *offer = broadcast_data(wait->broadcast);

	wait->widening = atomic_exchange(&offer->widening, NULL);
}

/*! \brief A later wait on the same broadcast may need it: a live call keeps none. */
static void give_widening_back(struct wait *wait, enum broadcast_state state)
{
	struct offer *offer = broadcast_data(wait->broadcast);

	if (wait->widening && state == BROADCAST_OPEN) {
		atomic_store(&offer->widening, wait->widening);
	} else {
		widening_free(wait->widening);
	}
	wait->widening = NULL;
}

/*! \brief Wait on a broadcast, and on those that take its place. \param[out] refusal Why one could not. */
static enum broadcast_state wait_on_all(struct wait *wait, enum offer_refusal *refusal)
{
	enum channel_change change;
	enum broadcast_state state;

	*refusal = OFFER_OK;
	do {
		state = wait_on_one(wait, &change);
		if (change == CHANNEL_MOVED) {
			struct widening *widening = wait->widening;

			*refusal = offer_move(wait->chan, &wait->broadcast, widening);
			widening_free(widening);
			take_widening(wait);
			state = broadcast_state(wait->broadcast);
		}
	} while (change == CHANNEL_MOVED && *refusal == OFFER_OK && state == BROADCAST_OPEN);
	return state;
}

struct wait_result wait_on_channel(struct ast_channel *chan, struct broadcast **broadcast, int timeout_ms)
{
	struct wait_result result = { .state = broadcast_state(*broadcast) };
	const int limited_ms = MIN(MAX(timeout_ms, 0), BROADCAST_MAX_TIMEOUT_MS);
	struct wait wait = {
		.chan = chan,
		.broadcast = *broadcast,
		.end_ns = broadcast_clock_ns() + limited_ms * INT64_C(1000000),
	};
	enum offer_refusal refusal = OFFER_OK;

	take_widening(&wait);
	if (result.state == BROADCAST_OPEN || result.state == BROADCAST_REPLACED) {
		servicing_begin(&wait.servicing, chan);
		result.state = wait_on_all(&wait, &refusal);
		servicing_end(&wait.servicing);
		*broadcast = wait.broadcast;
	}
	give_widening_back(&wait, result.state);
	if (refusal != OFFER_OK) {
		result.status = offer_refusal_status(refusal);
	} else if (result.state != BROADCAST_OPEN) {
		result.status = describe_status(*broadcast, result.state);
	}
	return result;
}
