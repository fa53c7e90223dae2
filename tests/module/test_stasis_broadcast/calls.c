/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Channels of a technology that does nothing, and threads that wait on them.
 */

#include "cases.h"

#include "../still_channel.h"

#include "asterisk/astobj2.h"
#include "asterisk/causes.h"
#include "asterisk/format_cache.h"
#include "asterisk/framehook.h"
#include "asterisk/linkedlists.h"

static struct call *calls;
static struct waiter *waiters;

static struct ast_channel_tech technology =
	STILL_TECHNOLOGY("StasisBroadcastTest", "Channels for tests of stasis broadcasts");

int calls_init(void)
{
	return still_technology_init(&technology);
}

void calls_cleanup(void)
{
	still_technology_cleanup(&technology);
}

/*! \brief Count what is read from a channel by any thread. */
static struct ast_frame *on_frame(struct ast_channel *chan attribute_unused, struct ast_frame *frame,
	enum ast_framehook_event event, void *data)
{
	struct call *call = data;

	if (frame && event == AST_FRAMEHOOK_EVENT_READ && frame->frametype < ARRAY_LEN(call->read)) {
		scene_lock();
		call->read[frame->frametype]++;
		scene_changed();
		scene_unlock();
	}
	return frame;
}

/*! \brief Make the channel of a call. It comes locked from Asterisk, and leaves unlocked. */
static struct ast_channel *make_channel(struct call *call)
{
	static int number;
	struct ast_framehook_interface hook = {
		.version = AST_FRAMEHOOK_INTERFACE_VERSION,
		.event_cb = on_frame,
		.data = call,
	};
	struct ast_channel *chan = ast_channel_alloc(1, AST_STATE_UP, "4711", "Caller", NULL, "200", "default",
		NULL, NULL, 0, "StasisBroadcastTest/%d", ast_atomic_fetchadd_int(&number, 1));

	if (!chan) {
		return NULL;
	}
	still_channel_set(chan, &technology);
	ast_framehook_attach(chan, &hook);
	ast_channel_unlock(chan);
	return chan;
}

struct call *call_new(void)
{
	struct call *call = ast_calloc(1, sizeof(*call));

	if (!call) {
		return NULL;
	}
	call->chan = make_channel(call);
	if (!call->chan) {
		ast_free(call);
		return NULL;
	}
	ast_copy_string(call->id, ast_channel_uniqueid(call->chan), sizeof(call->id));
	/* To see at the end whether anybody else keeps one. */
	ast_channel_ref(call->chan);
	scene_lock();
	call->next = calls;
	calls = call;
	scene_unlock();
	return call;
}

/*! \brief Nobody but the scene refers to the channel, after a moment at the most. */
static int is_left_alone(struct ast_channel *chan)
{
	const int64_t end_ms = now_ms() + PATIENCE_MS;

	while (ao2_ref(chan, 0) > 1 && now_ms() < end_ms) {
		sleep_until(now_ms() + 2);
	}
	return ao2_ref(chan, 0) == 1;
}

void call_end(struct call *call)
{
	if (!call->ended) {
		call->ended = 1;
		ast_hangup(call->chan);
		/* The datastores go with the last reference. */
		if (is_left_alone(call->chan)) {
			ast_channel_unref(call->chan);
			call->chan = NULL;
		}
	}
}

void call_softhangup(struct call *call)
{
	ast_softhangup(call->chan, AST_SOFTHANGUP_EXPLICIT);
}

int call_offer(struct call *call, int timeout_ms, const char *filter)
{
	return stasis_app_broadcast_channel(
		call->chan, timeout_ms, filter, STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED);
}

int call_claim(struct call *call, const char *app)
{
	return stasis_app_claim_channel(call->id, app);
}

int call_won_by(struct call *call, const char *app)
{
	char *winner = stasis_app_broadcast_winner(call->id);
	int won = app ? winner && !strcmp(winner, app) : !winner;

	ast_free(winner);
	return won;
}

void call_sound(struct call *call)
{
	int16_t silence[160] = { 0 };
	struct ast_frame frame = {
		.frametype = AST_FRAME_VOICE,
		.subclass.format = ast_format_slin,
		.datalen = sizeof(silence),
		.samples = ARRAY_LEN(silence),
		.data.ptr = silence,
		.src = __func__,
	};

	ast_queue_frame(call->chan, &frame);
}

void call_frame(struct call *call, enum ast_frame_type type, int number, int len_ms)
{
	struct ast_frame frame = {
		.frametype = type,
		.subclass.integer = number,
		.len = len_ms,
		.src = __func__,
	};

	ast_queue_frame(call->chan, &frame);
}

void call_text(struct call *call, const char *text)
{
	struct ast_frame frame = {
		.frametype = AST_FRAME_TEXT,
		.datalen = strlen(text) + 1,
		.data.ptr = (char *) text,
		.src = __func__,
	};

	ast_queue_frame(call->chan, &frame);
}

size_t call_waiting(struct call *call, enum ast_frame_type type)
{
	struct ast_frame *frame;
	size_t count = 0;

	ast_channel_lock(call->chan);
	AST_LIST_TRAVERSE(ast_channel_readq(call->chan), frame, frame_list)
	{
		count += frame->frametype == type;
	}
	ast_channel_unlock(call->chan);
	return count;
}

/*! \brief What call_was_read() waits for. */
struct reading {
	struct call *call;
	enum ast_frame_type type;
	size_t count;
};

static int was_read(void *data)
{
	struct reading *reading = data;

	return reading->call->read[reading->type] >= reading->count;
}

int call_was_read(struct call *call, enum ast_frame_type type, size_t count)
{
	struct reading reading = { .call = call, .type = type, .count = count };

	return eventually(was_read, &reading);
}

size_t calls_end(void)
{
	struct call *call;
	size_t left = 0;

	while ((call = calls)) {
		calls = call->next;
		stasis_app_broadcast_cleanup(call->id);
		call_end(call);
		if (call->chan) {
			ast_log(LOG_ERROR, "Channel %s is still referred to\n", call->id);
			ast_channel_unref(call->chan);
			left++;
		}
		ast_free(call);
	}
	return left;
}

struct waiter {
	struct call *call;
	int timeout_ms;
	pthread_t thread;
	int joined;
	int done;
	int result;
	struct waiter *next;
};

static void *wait_main(void *data)
{
	struct waiter *waiter = data;
	int result = stasis_app_broadcast_wait(waiter->call->chan, waiter->timeout_ms);

	scene_lock();
	waiter->result = result;
	waiter->done = 1;
	scene_changed();
	scene_unlock();
	return NULL;
}

static struct waiter *start_waiter(struct call *call, int timeout_ms)
{
	struct waiter *waiter = ast_calloc(1, sizeof(*waiter));

	if (!waiter) {
		return NULL;
	}
	waiter->call = call;
	waiter->timeout_ms = timeout_ms;
	if (ast_pthread_create(&waiter->thread, NULL, wait_main, waiter)) {
		ast_free(waiter);
		return NULL;
	}
	scene_lock();
	waiter->next = waiters;
	waiters = waiter;
	scene_unlock();
	return waiter;
}

struct waiter *waiter_new(struct call *call, int timeout_ms)
{
	size_t before = call->read[AST_FRAME_VOICE];
	struct waiter *waiter;

	/* Nobody but the wait reads from the channel: when this is read, it waits. */
	call_sound(call);
	waiter = start_waiter(call, timeout_ms);
	if (waiter && !call_was_read(call, AST_FRAME_VOICE, before + 1)) {
		return NULL;
	}
	return waiter;
}

static int is_done(void *data)
{
	struct waiter *waiter = data;

	return waiter->done;
}

int waiter_waits(struct waiter *waiter)
{
	int done;

	scene_lock();
	done = waiter->done;
	scene_unlock();
	return !done;
}

/*! \brief Get a thread out of its wait, in all ways there are. */
static void end_wait(struct waiter *waiter)
{
	call_softhangup(waiter->call);
	stasis_app_broadcast_cleanup(waiter->call->id);
}

int waiter_result(struct waiter *waiter)
{
	int done = eventually(is_done, waiter);

	if (!done) {
		end_wait(waiter);
	}
	if (!waiter->joined) {
		pthread_join(waiter->thread, NULL);
		waiter->joined = 1;
	}
	return done ? waiter->result : NEVER;
}

int wait_on(struct call *call, int timeout_ms)
{
	struct waiter *waiter = start_waiter(call, timeout_ms);

	return waiter ? waiter_result(waiter) : NEVER;
}

void waiters_end(void)
{
	struct waiter *waiter;

	while ((waiter = waiters)) {
		waiters = waiter->next;
		if (!waiter->joined) {
			end_wait(waiter);
			pthread_join(waiter->thread, NULL);
		}
		ast_free(waiter);
	}
}
