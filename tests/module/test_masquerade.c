/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief CLI commands "masquerade ...": real masquerades at moments that a test chooses, also while the channel's own
 * thread is kept from going on.
 *
 * The thread that runs a channel takes the channel's lock for every step that it makes. "masquerade hold" takes that
 * lock in a thread of its own and keeps it until "masquerade release"; what is to happen meanwhile happens in the same
 * thread, since the lock is recursive. The product needs no hook for it.
 */

#include "asterisk.h"

#include "asterisk/astobj2.h"
#include "asterisk/channel.h"
#include "asterisk/cli.h"
#include "asterisk/format_cache.h"
#include "asterisk/format_cap.h"
#include "asterisk/lock.h"
#include "asterisk/module.h"
#include "asterisk/pbx.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

/*! \brief What the thread that holds a channel is to do next. */
enum step {
	/*! Nothing: wait for the next step. */
	STEP_NONE,
	/*! Become another channel. */
	STEP_BECOME,
	/*! Go to another place of the dialplan. */
	STEP_REDIRECT,
	/*! Hang up. */
	STEP_HANGUP,
	/*! Unlock the channel and end. */
	STEP_RELEASE,
};

/*! \brief A channel whose lock is kept; one at a time. Its fields belong to \c held_lock. */
struct held {
	struct ast_channel *chan;
	pthread_t thread;
	enum step step;
	/*! Of STEP_BECOME: the channel that it becomes. Of STEP_REDIRECT: where to. */
	struct ast_channel *other;
	char context[AST_MAX_CONTEXT];
	char exten[AST_MAX_EXTENSION];
	int result;
	int locked;
};

AST_MUTEX_DEFINE_STATIC(held_lock);
static ast_cond_t held_changed = PTHREAD_COND_INITIALIZER;
static struct held *held;

static struct ast_frame *read_nothing(struct ast_channel *chan attribute_unused)
{
	return &ast_null_frame;
}

static int write_nothing(struct ast_channel *chan attribute_unused, struct ast_frame *frame attribute_unused)
{
	return 0;
}

static int do_nothing(struct ast_channel *chan attribute_unused)
{
	return 0;
}

static int fix_up_nothing(
	struct ast_channel *old_chan attribute_unused, struct ast_channel *new_chan attribute_unused)
{
	return 0;
}

/*! \brief A channel's technology that does nothing. */
static struct ast_channel_tech technology = {
	.type = "Masquerade",
	.description = "Channels that others become",
	.read = read_nothing,
	.write = write_nothing,
	.hangup = do_nothing,
	.answer = do_nothing,
	.fixup = fix_up_nothing,
};

/*! \brief A channel that is up and that nobody runs. \return It, unlocked; the caller hangs it up. */
static struct ast_channel *make_channel(void)
{
	static int number;
	struct ast_channel *chan = ast_channel_alloc(1, AST_STATE_UP, "4712", "Other", NULL, "200", "default",
		NULL, NULL, 0, "Masquerade/%d", ast_atomic_fetchadd_int(&number, 1));

	if (!chan) {
		return NULL;
	}
	ast_channel_tech_set(chan, &technology);
	ast_channel_nativeformats_set(chan, technology.capabilities);
	ast_channel_set_readformat(chan, ast_format_slin);
	ast_channel_set_rawreadformat(chan, ast_format_slin);
	ast_channel_set_writeformat(chan, ast_format_slin);
	ast_channel_set_rawwriteformat(chan, ast_format_slin);
	ast_channel_unlock(chan);
	return chan;
}

/*!
 * \brief Let a channel's struct, and the thread that runs it, become another channel.
 *
 * \param chan The one that stays; it gets the other's technology, name and unique ID.
 * \param other Whose identity it gets; NULL for that of a channel made for it, which is hung up then.
 *
 * \retval 0 on success, else -1.
 */
static int become(struct ast_channel *chan, struct ast_channel *other)
{
	struct ast_channel *made = other ? NULL : make_channel();
	int result = -1;

	if (other || made) {
		result = ast_channel_move(chan, other ? other : made);
	}
	if (made) {
		ast_hangup(made);
	}
	return result ? -1 : 0;
}

/*! \brief Do one step. The channel is locked, \c held_lock is not. */
static int take_step(struct held *self, enum step step)
{
	switch (step) {
	case STEP_BECOME:
		return become(self->chan, self->other);
	case STEP_REDIRECT:
		return ast_async_goto(self->chan, self->context, self->exten, 1);
	case STEP_HANGUP:
		return ast_softhangup_nolock(self->chan, AST_SOFTHANGUP_DEV);
	default:
		return 0;
	}
}

/*! \brief The thread that keeps the channel's lock. */
static void *hold_main(void *data)
{
	struct held *self = data;
	enum step step = STEP_NONE;

	ast_channel_lock(self->chan);
	ast_mutex_lock(&held_lock);
	self->locked = 1;
	ast_cond_broadcast(&held_changed);
	while (step != STEP_RELEASE) {
		int result;

		while (self->step == STEP_NONE) {
			ast_cond_wait(&held_changed, &held_lock);
		}
		step = self->step;
		ast_mutex_unlock(&held_lock);
		result = take_step(self, step);
		ast_mutex_lock(&held_lock);
		self->result = result;
		self->step = STEP_NONE;
		ast_cond_broadcast(&held_changed);
	}
	ast_mutex_unlock(&held_lock);
	ast_channel_unlock(self->chan);
	return NULL;
}

/*! \brief Have the thread do a step, and wait until it is done. With \c held_lock. \return Its result. */
static int do_step(enum step step)
{
	held->step = step;
	ast_cond_broadcast(&held_changed);
	while (held->step != STEP_NONE) {
		ast_cond_wait(&held_changed, &held_lock);
	}
	return held->result;
}

/*! \brief Start to keep a channel's lock; its reference is taken. With \c held_lock. \retval 0 when it is locked. */
static int hold(struct ast_channel *chan)
{
	held = ast_calloc(1, sizeof(*held));
	if (!held) {
		ast_channel_unref(chan);
		return -1;
	}
	held->chan = chan;
	if (ast_pthread_create(&held->thread, NULL, hold_main, held)) {
		ast_channel_unref(chan);
		ast_free(held);
		held = NULL;
		return -1;
	}
	while (!held->locked) {
		ast_cond_wait(&held_changed, &held_lock);
	}
	return 0;
}

/*! \brief Unlock the channel. With \c held_lock, which is given back in between. */
static void release(void)
{
	struct held *old = held;

	do_step(STEP_RELEASE);
	held = NULL;
	ast_mutex_unlock(&held_lock);
	pthread_join(old->thread, NULL);
	ast_channel_unref(old->chan);
	ast_free(old);
	ast_mutex_lock(&held_lock);
}

/*! \brief Tell on the console how it went. */
static char *answer(int fd, int result)
{
	ast_cli(fd, "%s\n", result ? "failed" : "done");
	return result ? CLI_FAILURE : CLI_SUCCESS;
}

static char *cli_hold(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args)
{
	struct ast_channel *chan;
	int result = -1;

	switch (cmd) {
	case CLI_INIT:
		entry->command = "masquerade hold";
		entry->usage =
			"Usage: masquerade hold <unique ID>\n       Keep a channel's lock until \"masquerade release\".\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (args->argc != 3 || !(chan = ast_channel_get_by_name(args->argv[2]))) {
		return answer(args->fd, -1);
	}
	ast_mutex_lock(&held_lock);
	if (held) {
		ast_channel_unref(chan);
	} else {
		result = hold(chan);
	}
	ast_mutex_unlock(&held_lock);
	return answer(args->fd, result);
}

/*! \brief Do a step with the channel that is held. \return Its result; -1 if none is held. */
static int step_if_held(enum step step)
{
	int result = -1;

	ast_mutex_lock(&held_lock);
	if (held && step == STEP_RELEASE) {
		release();
		result = 0;
	} else if (held) {
		result = do_step(step);
	}
	ast_mutex_unlock(&held_lock);
	return result;
}

static char *cli_become(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args)
{
	struct ast_channel *other = NULL;
	int result;

	switch (cmd) {
	case CLI_INIT:
		entry->command = "masquerade become";
		entry->usage =
			"Usage: masquerade become [<unique ID>]\n       Let the held channel become another one, or a new one.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (args->argc > 3 || (args->argc == 3 && !(other = ast_channel_get_by_name(args->argv[2])))) {
		return answer(args->fd, -1);
	}
	ast_mutex_lock(&held_lock);
	if (held) {
		held->other = other;
	}
	ast_mutex_unlock(&held_lock);
	result = step_if_held(STEP_BECOME);
	if (other) {
		ast_channel_unref(other);
	}
	return answer(args->fd, result);
}

static char *cli_redirect(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args)
{
	switch (cmd) {
	case CLI_INIT:
		entry->command = "masquerade redirect";
		entry->usage =
			"Usage: masquerade redirect <context> <extension>\n       Send the held channel elsewhere.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (args->argc != 4) {
		return CLI_SHOWUSAGE;
	}
	ast_mutex_lock(&held_lock);
	if (held) {
		ast_copy_string(held->context, args->argv[2], sizeof(held->context));
		ast_copy_string(held->exten, args->argv[3], sizeof(held->exten));
	}
	ast_mutex_unlock(&held_lock);
	return answer(args->fd, step_if_held(STEP_REDIRECT));
}

static char *cli_hangup(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args)
{
	switch (cmd) {
	case CLI_INIT:
		entry->command = "masquerade hangup";
		entry->usage = "Usage: masquerade hangup\n       Let the held channel hang up.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	return answer(args->fd, step_if_held(STEP_HANGUP));
}

static char *cli_release(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args)
{
	switch (cmd) {
	case CLI_INIT:
		entry->command = "masquerade release";
		entry->usage = "Usage: masquerade release\n       Let the held channel go on.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	return answer(args->fd, step_if_held(STEP_RELEASE));
}

static char *cli_now(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args)
{
	struct ast_channel *chan;
	char id[AST_MAX_UNIQUEID] = "";
	int result;

	switch (cmd) {
	case CLI_INIT:
		entry->command = "masquerade now";
		entry->usage =
			"Usage: masquerade now <unique ID>\n       Let a channel become a new one; says its new ID.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (args->argc != 3 || !(chan = ast_channel_get_by_name(args->argv[2]))) {
		return answer(args->fd, -1);
	}
	result = become(chan, NULL);
	ast_channel_lock(chan);
	ast_copy_string(id, ast_channel_uniqueid(chan), sizeof(id));
	ast_channel_unlock(chan);
	ast_channel_unref(chan);
	if (!result) {
		ast_cli(args->fd, "%s\n", id);
	}
	return answer(args->fd, result);
}

static struct ast_cli_entry commands[] = {
	AST_CLI_DEFINE(cli_hold, "Keep a channel's thread from going on"),
	AST_CLI_DEFINE(cli_become, "Masquerade the held channel"),
	AST_CLI_DEFINE(cli_redirect, "Redirect the held channel"),
	AST_CLI_DEFINE(cli_hangup, "Hang up the held channel"),
	AST_CLI_DEFINE(cli_release, "Let the held channel go on"),
	AST_CLI_DEFINE(cli_now, "Masquerade a channel at once"),
};

static int unload_module(void)
{
	ast_cli_unregister_multiple(commands, ARRAY_LEN(commands));
	step_if_held(STEP_RELEASE);
	ao2_cleanup(technology.capabilities);
	technology.capabilities = NULL;
	return 0;
}

static int load_module(void)
{
	technology.capabilities = ast_format_cap_alloc(AST_FORMAT_CAP_FLAG_DEFAULT);
	if (!technology.capabilities || ast_format_cap_append(technology.capabilities, ast_format_slin, 0)) {
		ao2_cleanup(technology.capabilities);
		return AST_MODULE_LOAD_DECLINE;
	}
	return ast_cli_register_multiple(commands, ARRAY_LEN(commands)) ? AST_MODULE_LOAD_DECLINE
																	: AST_MODULE_LOAD_SUCCESS;
}

AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_DEFAULT, "Masquerades for tests",
	.support_level = AST_MODULE_SUPPORT_EXTENDED, .load = load_module, .unload = unload_module, );
