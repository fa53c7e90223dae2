/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A channel that waits, serviced: what it says is read, and what the dialplan will want is put back.
 */

#include "asterisk.h"

#include "asterisk/channel.h"

#include "channel_text.h"
#include "servicing.h"

/*!
 * So many frames are kept for the dialplan: fewer than Asterisk warns of in a channel's queue, and few enough to put
 * back in no time. Who sends more, as a flood of texts, does not hold up the call with them.
 */
#define KEPT_LIMIT 64

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

/*! \brief Keep a frame, or drop it if there are enough. \param frame Taken. */
static void keep(struct servicing *servicing, struct ast_frame *frame)
{
	struct ast_frame *kept = NULL;

	if (servicing->count == KEPT_LIMIT) {
		servicing->dropped++;
	} else {
		kept = ast_frisolate(frame);
	}
	if (kept) {
		AST_LIST_INSERT_HEAD(&servicing->list, kept, frame_list);
		servicing->count++;
	}
	if (kept != frame) {
		ast_frfree(frame);
	}
}

int servicing_read(struct servicing *servicing)
{
	struct ast_frame *frame = ast_read(servicing->chan);

	if (!frame) {
		return -1;
	}
	if (is_worth_keeping(frame)) {
		keep(servicing, frame);
	} else {
		ast_frfree(frame);
	}
	return 0;
}

/*! \brief Put the deferred frames back in front of the channel's queue, in the order they came. */
static void restore_frames(struct servicing *servicing)
{
	struct ast_channel *chan = servicing->chan;
	struct ast_frame *frame;
	char where[PRINTABLE_SIZE];

	ast_channel_lock(chan);
	while ((frame = AST_LIST_REMOVE_HEAD(&servicing->list, frame_list))) {
		ast_queue_frame_head(chan, frame);
		ast_frfree(frame);
	}
	ast_channel_unlock(chan);
	if (servicing->dropped) {
		ast_log(LOG_WARNING,
			"%s: %zu texts, digits or signals were dropped while it was on offer: the first %d are kept for "
			"the dialplan. See who sends so many\n",
			channel_text(chan, where), servicing->dropped, KEPT_LIMIT);
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

void servicing_begin(struct servicing *servicing, struct ast_channel *chan)
{
	*servicing = (struct servicing){ .chan = chan };
	servicing->whole_digits_before = whole_digits(chan, 1);
}

void servicing_end(struct servicing *servicing)
{
	whole_digits(servicing->chan, servicing->whole_digits_before);
	restore_frames(servicing);
}
