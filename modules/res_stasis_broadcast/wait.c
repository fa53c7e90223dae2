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

#include "private.h"

#include <errno.h>

#include "asterisk/frame.h"
#include "asterisk/linkedlists.h"
#include "channel_text.h"

/*!
 * So many frames are kept for the dialplan: fewer than Asterisk warns of in a channel's queue, and few enough to put
 * back in no time. Who sends more, as a flood of texts, does not hold up the call with them.
 */
#define KEPT_LIMIT 64

/*! \brief Frames to put back, the last one first. */
struct deferred_frames {
	AST_LIST_HEAD_NOLOCK(, ast_frame) list;
	size_t count;
	/*! How many were too many. */
	size_t dropped;
};

/*!
 * \brief Whether the dialplan will want a frame after the wait.
 *
 * Digits too: for ast_is_deferrable_frame() they are not among them, but callers type ahead.
 */
static int is_worth_keeping(const struct ast_frame *frame)
{
	return ast_is_deferrable_frame(frame) || frame->frametype == AST_FRAME_DTMF_BEGIN ||
		frame->frametype == AST_FRAME_DTMF_END;
}

/*! \brief Keep a frame, or drop it if there are enough; takes it over. */
static void keep(struct deferred_frames *deferred, struct ast_frame *frame)
{
	struct ast_frame *kept = NULL;

	if (deferred->count == KEPT_LIMIT) {
		deferred->dropped++;
	} else {
		kept = ast_frisolate(frame);
	}
	if (kept) {
		AST_LIST_INSERT_HEAD(&deferred->list, kept, frame_list);
		deferred->count++;
	}
	if (kept != frame) {
		ast_frfree(frame);
	}
}

/*!
 * \brief Read what the channel has, so that music and tones go on; keep what the dialplan will want.
 *
 * \retval 0 if the channel goes on, -1 if it has hung up or is taken elsewhere.
 */
static int service_channel(struct ast_channel *chan, struct deferred_frames *deferred)
{
	struct ast_frame *frame = ast_read(chan);

	if (!frame) {
		return -1;
	}
	if (is_worth_keeping(frame)) {
		keep(deferred, frame);
	} else {
		ast_frfree(frame);
	}
	return 0;
}

/*! \brief Put the deferred frames back in front of the channel's queue, in the order they came. */
static void restore_frames(struct ast_channel *chan, struct deferred_frames *deferred)
{
	struct ast_frame *frame;
	char where[PRINTABLE_SIZE];

	ast_channel_lock(chan);
	while ((frame = AST_LIST_REMOVE_HEAD(&deferred->list, frame_list))) {
		ast_queue_frame_head(chan, frame);
		ast_frfree(frame);
	}
	ast_channel_unlock(chan);
	if (deferred->dropped) {
		ast_log(LOG_WARNING,
			"%s: %zu texts, digits or signals were dropped while it was on offer: the first %d are kept for "
			"the dialplan. See who sends so many\n",
			channel_text(chan, where), deferred->dropped, KEPT_LIMIT);
	}
}

/*!
 * \brief Have digits read whole, at their end, or as before.
 *
 * Else Asterisk makes a beginning and an end of a digit that comes as one, and would do so again with
 * the frames that are put back: digits that are dialled quickly would be lost.
 *
 * \return Whether it was on before.
 */
static int whole_digits(struct ast_channel *chan, int on)
{
	int before;

	ast_channel_lock(chan);
	before = ast_test_flag(ast_channel_flags(chan), AST_FLAG_END_DTMF_ONLY) != 0;
	ast_set2_flag(ast_channel_flags(chan), on, AST_FLAG_END_DTMF_ONLY);
	ast_channel_unlock(chan);
	return before;
}

/*! \brief What is left of a wait until \a end_ns, in milliseconds rounded up. */
static int left_ms(int64_t end_ns)
{
	int64_t left = end_ns - broadcast_clock_ns();

	return left <= 0 ? 0 : (int) ((left + 999999) / 1000000);
}

/*! \brief Sleep until the broadcast closes, the channel hangs up, or the wait is over. */
static enum broadcast_state sleep_until_closed(
	struct ast_channel *chan, struct broadcast *broadcast, int fd, int64_t end_ns)
{
	struct deferred_frames deferred = { .count = 0 };
	char where[PRINTABLE_SIZE];
	enum broadcast_state state;
	int digits = whole_digits(chan, 1);

	while ((state = broadcast_state(broadcast)) == BROADCAST_OPEN) {
		int ms = MIN(left_ms(end_ns), broadcast_remaining_ms(broadcast));
		int awake;

		if (!left_ms(end_ns)) {
			break;
		}
		if (ast_waitfor_nandfds(&chan, 1, &fd, 1, NULL, &awake, &ms)) {
			if (service_channel(chan, &deferred)) {
				state = broadcast_close(broadcast, BROADCAST_HUNG_UP);
				break;
			}
		} else if (ms < 0) {
			ast_log(LOG_ERROR, "%s: cannot wait for a claim: poll failed: %s\n", channel_text(chan, where),
				strerror(errno));
			state = broadcast_close(broadcast, BROADCAST_WITHDRAWN);
			break;
		}
	}
	whole_digits(chan, digits);
	restore_frames(chan, &deferred);
	return state;
}

/*! \brief How a broadcast that has closed is called in the dialplan. */
static const char *status_name(struct broadcast *broadcast, enum broadcast_state state)
{
	switch (state) {
	case BROADCAST_CLAIMED:
		return "CLAIMED";
	case BROADCAST_EXPIRED:
		return "TIMEOUT";
	case BROADCAST_HUNG_UP:
		return "HANGUP";
	case BROADCAST_DECLINED:
		return broadcast_has_recipients(broadcast) ? "DECLINED" : "NOAPPS";
	default:
		return "ERROR";
	}
}

int wait_on_channel(struct ast_channel *chan, struct broadcast *broadcast, int timeout_ms)
{
	enum broadcast_state state = broadcast_state(broadcast);
	char where[PRINTABLE_SIZE];

	if (state == BROADCAST_OPEN) {
		int limited_ms = MIN(MAX(timeout_ms, 0), BROADCAST_MAX_TIMEOUT_MS);
		int64_t end_ns = broadcast_clock_ns() + limited_ms * INT64_C(1000000);
		int fd = broadcast_wake_open(broadcast);

		if (fd < 0) {
			ast_log(LOG_ERROR, "%s: cannot wait for a claim: no file descriptor for the wake-up: %s\n",
				channel_text(chan, where), strerror(errno));
			state = broadcast_close(broadcast, BROADCAST_WITHDRAWN);
		} else {
			state = sleep_until_closed(chan, broadcast, fd, end_ns);
			broadcast_wake_close(broadcast);
		}
	}
	if (state != BROADCAST_OPEN) {
		describe_status(chan, status_name(broadcast, state));
	}
	return state == BROADCAST_CLAIMED ? 0 : -1;
}
