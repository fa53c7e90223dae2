/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What a wait does with the frames of its channel.
 */

#include "cases.h"

#include "asterisk/linkedlists.h"

/*! Frames of sound a second. */
#define PACE_MS 20

AST_TEST_DEFINE(media_sound_is_thrown_away)
{
	struct call *call;
	struct waiter *waiter;
	size_t read;

	if (cmd == TEST_INIT) {
		return describe(info, "media_sound_is_thrown_away",
			"Sound that arrives during a wait is read and thrown away: nothing is left for the winner");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	read = call->read[AST_FRAME_VOICE];
	/* As much as a caller says in 12 seconds; Asterisk begins to drop at 96 frames. */
	for (int i = 0; i < 60; i++) {
		for (int j = 0; j < 10; j++) {
			call_sound(call);
		}
		read += 10;
		ast_test_validate(test, call_was_read(call, AST_FRAME_VOICE, read));
		ast_test_validate(test, call_waiting(call, AST_FRAME_VOICE) == 0);
	}
	ast_test_validate(test, waiter_waits(waiter));
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, waiter_result(waiter) == 0);
	ast_test_validate(test, call_waiting(call, AST_FRAME_VOICE) == 0);
	return AST_TEST_PASS;
}

/*! \brief Sound for a while, at the pace of a call. */
static void speak(struct call *call, int frames)
{
	int64_t next_ms = now_ms();

	for (int i = 0; i < frames; i++) {
		call_sound(call);
		next_ms += PACE_MS;
		sleep_until(next_ms);
	}
}

/*! \brief Press a key for 100 ms, with sound before and after as it arrives from a telephone. */
static void press(struct call *call, char digit)
{
	call_frame(call, AST_FRAME_DTMF_BEGIN, digit, 0);
	speak(call, 5);
	call_frame(call, AST_FRAME_DTMF_END, digit, 100);
	speak(call, 5);
}

/*!
 * \brief What waits on a channel in words: "D1 C3 Thello" for the end of digit 1, control frame 3, and
 *        text. Sound is left out, and beginnings of digits, which a wait need not keep.
 */
static const char *spell_queue(struct call *call, char *text, size_t size)
{
	struct ast_frame *frame;
	size_t used = 0;

	text[0] = '\0';
	ast_channel_lock(call->chan);
	AST_LIST_TRAVERSE(ast_channel_readq(call->chan), frame, frame_list)
	{
		switch (frame->frametype) {
		case AST_FRAME_DTMF_END:
			used += snprintf(text + used, size - used, "D%c ", frame->subclass.integer);
			break;
		case AST_FRAME_CONTROL:
			used += snprintf(text + used, size - used, "C%d ", frame->subclass.integer);
			break;
		case AST_FRAME_TEXT:
			used += snprintf(text + used, size - used, "T%s ", (const char *) frame->data.ptr);
			break;
		default:
			break;
		}
	}
	ast_channel_unlock(call->chan);
	return text;
}

/*! \brief Make sure that everything up to now has been read by the wait. */
static int is_all_read(struct call *call)
{
	size_t read = call->read[AST_FRAME_VOICE] + call_waiting(call, AST_FRAME_VOICE);

	call_sound(call);
	return call_was_read(call, AST_FRAME_VOICE, read + 1);
}

AST_TEST_DEFINE(media_digits_are_kept)
{
	struct call *call;
	struct waiter *waiter;
	char queue[128];

	if (cmd == TEST_INIT) {
		return describe(info, "media_digits_are_kept",
			"Digits pressed during a wait are there after it, in their order, for what asks for digits");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	press(call, '1');
	press(call, '2');
	press(call, '#');
	ast_test_validate(test, is_all_read(call));
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, waiter_result(waiter) == 0);
	spell_queue(call, queue, sizeof(queue));
	ast_test_status_update(test, "after the wait: %s\n", queue);
	ast_test_validate(test, !strcmp(queue, "D1 D2 D# "));
	ast_test_validate(test, ast_waitfordigit(call->chan, 1000) == '1');
	ast_test_validate(test, ast_waitfordigit(call->chan, 1000) == '2');
	ast_test_validate(test, ast_waitfordigit(call->chan, 1000) == '#');
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(media_quick_digits_are_kept)
{
	static const char digits[] = "4711*#";
	struct call *call;
	struct waiter *waiter;

	if (cmd == TEST_INIT) {
		return describe(info, "media_quick_digits_are_kept",
			"Digits that come as one frame each, all at once as from a dialler, are there after the wait");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	for (const char *digit = digits; *digit; digit++) {
		call_frame(call, AST_FRAME_DTMF_END, *digit, 100);
	}
	ast_test_validate(test, is_all_read(call));
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, waiter_result(waiter) == 0);
	for (const char *digit = digits; *digit; digit++) {
		ast_test_validate(test, ast_waitfordigit(call->chan, 1000) == *digit);
	}
	return AST_TEST_PASS;
}

/*! \brief Read a channel as a bridge does. \return The next digit that ends, with no more than a second of sound. */
static int next_digit(struct call *call)
{
	int digit = 0;

	for (int i = 0; !digit && i < 50; i++) {
		struct ast_frame *frame;

		speak(call, 1);
		while (!digit && call_waiting(call, AST_FRAME_VOICE) && (frame = ast_read(call->chan))) {
			digit = frame->frametype == AST_FRAME_DTMF_END ? frame->subclass.integer : 0;
			ast_frfree(frame);
		}
	}
	return digit;
}

AST_TEST_DEFINE(media_digits_for_a_bridge)
{
	struct call *call;
	struct waiter *waiter;

	if (cmd == TEST_INIT) {
		return describe(info, "media_digits_for_a_bridge",
			"What reads the channel after a wait gets its digits one after the other, each once");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	press(call, '1');
	press(call, '2');
	press(call, '2');
	ast_test_validate(test, is_all_read(call));
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, waiter_result(waiter) == 0);
	ast_test_validate(test, next_digit(call) == '1');
	ast_test_validate(test, next_digit(call) == '2');
	ast_test_validate(test, next_digit(call) == '2');
	ast_test_validate(test, next_digit(call) == 0);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(media_digit_across_the_end)
{
	struct call *call;
	struct waiter *waiter;

	if (cmd == TEST_INIT) {
		return describe(info, "media_digit_across_the_end",
			"A digit that begins during a wait and ends after it is there once");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	call_frame(call, AST_FRAME_DTMF_BEGIN, '8', 0);
	speak(call, 3);
	ast_test_validate(test, is_all_read(call));
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, waiter_result(waiter) == 0);
	speak(call, 3);
	call_frame(call, AST_FRAME_DTMF_END, '8', 120);
	ast_test_validate(test, next_digit(call) == '8');
	ast_test_validate(test, next_digit(call) == 0);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(media_whole_digits_as_before)
{
	struct call *call;
	int after;

	if (cmd == TEST_INIT) {
		return describe(info, "media_whole_digits_as_before",
			"Whether a channel's digits are read whole is after a wait as it was before");
	}
	ast_test_validate(test, app_new("app"));
	for (int whole = 0; whole < 2; whole++) {
		ast_test_validate(test, (call = call_new()));
		ast_channel_lock(call->chan);
		ast_set2_flag(ast_channel_flags(call->chan), whole, AST_FLAG_END_DTMF_ONLY);
		ast_channel_unlock(call->chan);
		ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
		ast_test_validate(test, wait_on(call, 1) == -1);
		ast_channel_lock(call->chan);
		after = ast_test_flag(ast_channel_flags(call->chan), AST_FLAG_END_DTMF_ONLY) != 0;
		ast_channel_unlock(call->chan);
		ast_test_validate(test, after == whole);
	}
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(media_deferrable_frames_are_kept)
{
	struct call *call;
	struct waiter *waiter;
	char queue[128];
	char expected[128];

	if (cmd == TEST_INIT) {
		return describe(info, "media_deferrable_frames_are_kept",
			"Control, text and digit frames are put back in their order, without the sound between them");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	call_frame(call, AST_FRAME_CONTROL, AST_CONTROL_SRCUPDATE, 0);
	speak(call, 2);
	call_text(call, "first");
	call_text(call, "second");
	press(call, '5');
	call_frame(call, AST_FRAME_CONTROL, AST_CONTROL_FLASH, 0);
	speak(call, 1);
	call_text(call, "third");
	ast_test_validate(test, is_all_read(call));
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, waiter_result(waiter) == 0);
	snprintf(expected, sizeof(expected), "C%d Tfirst Tsecond D5 C%d Tthird ", AST_CONTROL_SRCUPDATE,
		AST_CONTROL_FLASH);
	spell_queue(call, queue, sizeof(queue));
	ast_test_status_update(test, "after the wait: %s\n", queue);
	ast_test_validate(test, !strcmp(queue, expected));
	ast_test_validate(test, call_waiting(call, AST_FRAME_VOICE) == 0);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(media_flood_is_dropped)
{
	enum {
		SENT = 120,
		KEPT = 64
	};
	struct call *call;
	struct waiter *waiter;
	char queue[1024];
	char expected[1024];
	char text[16];
	size_t used = 0;

	if (cmd == TEST_INIT) {
		return describe(info, "media_flood_is_dropped",
			"Of 120 texts during a wait the first 64 are kept, so that a flood of them does not hold up the call");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	for (int i = 0; i < SENT; i++) {
		snprintf(text, sizeof(text), "%d", i);
		call_text(call, text);
		if (i < KEPT) {
			used += snprintf(expected + used, sizeof(expected) - used, "T%d ", i);
		}
	}
	ast_test_validate(test, is_all_read(call));
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, waiter_result(waiter) == 0);
	spell_queue(call, queue, sizeof(queue));
	ast_test_status_update(test, "after the wait: %s\n", queue);
	ast_test_validate(test, !strcmp(queue, expected));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(media_kept_before_later_ones)
{
	struct call *call;
	char queue[128];

	if (cmd == TEST_INIT) {
		return describe(info, "media_kept_before_later_ones",
			"Frames of a wait that timed out come before those that arrive later, also after a second wait");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	call_text(call, "one");
	call_text(call, "two");
	ast_test_validate(test, wait_on(call, 20) == -1);
	call_text(call, "three");
	ast_test_validate(test, !strcmp(spell_queue(call, queue, sizeof(queue)), "Tone Ttwo Tthree "));
	ast_test_validate(test, wait_on(call, 20) == -1);
	call_text(call, "four");
	ast_test_validate(test, !strcmp(spell_queue(call, queue, sizeof(queue)), "Tone Ttwo Tthree Tfour "));
	return AST_TEST_PASS;
}

/*! \brief How often the generator was asked for sound; under the scene's lock. */
static int generated;

static void *generator_alloc(struct ast_channel *chan attribute_unused, void *params)
{
	return params;
}

static void generator_release(struct ast_channel *chan attribute_unused, void *data attribute_unused)
{
}

static int generate(struct ast_channel *chan attribute_unused, void *data attribute_unused,
	int len attribute_unused, int samples attribute_unused)
{
	scene_lock();
	generated++;
	scene_changed();
	scene_unlock();
	return 0;
}

static struct ast_generator generator = {
	.alloc = generator_alloc,
	.release = generator_release,
	.generate = generate,
};

static int has_generated(void *data)
{
	return generated >= *(int *) data;
}

AST_TEST_DEFINE(media_generator_goes_on)
{
	struct call *call;
	struct waiter *waiter;
	int wanted = 20;
	int heard;

	if (cmd == TEST_INIT) {
		return describe(info, "media_generator_goes_on",
			"Music on hold and tones, which a generator makes, go on during a wait");
	}
	ast_test_validate(test, app_new("app") && (call = call_new()));
	ast_test_validate(test, !call_offer(call, DAY_MS, NULL));
	generated = 0;
	ast_test_validate(test, !ast_activate_generator(call->chan, &generator, call));
	ast_test_validate(test, (waiter = waiter_new(call, DAY_MS)));
	speak(call, wanted + 5);
	heard = eventually(has_generated, &wanted);
	ast_test_validate(test, call_claim(call, "app") == 0);
	ast_test_validate(test, waiter_result(waiter) == 0);
	ast_deactivate_generator(call->chan);
	ast_test_validate(test, heard);
	return AST_TEST_PASS;
}

ast_test_cb_t *const media_cases[] = { media_sound_is_thrown_away, media_digits_are_kept,
	media_quick_digits_are_kept, media_digits_for_a_bridge, media_digit_across_the_end,
	media_whole_digits_as_before, media_deferrable_frames_are_kept, media_flood_is_dropped,
	media_kept_before_later_ones, media_generator_goes_on, NULL };
