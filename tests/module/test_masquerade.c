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
 * "masquerade hold" stops the thread that waits on a channel with a signal, whose handler returns at "masquerade
 * release". The thread is in poll() then and holds no lock, so that anything may happen to the channel meanwhile, in
 * whatever way Asterisk does it. The product needs no hook for it.
 */

#include "asterisk.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "asterisk/channel.h"
#include "asterisk/cli.h"
#include "asterisk/lock.h"
#include "asterisk/module.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"
#include "still_channel.h"

/*! Asterisk uses none of the real-time signals. */
#define HOLD_SIGNAL (SIGRTMIN + 5)

/*! How long a thread may take to come to its handler, in milliseconds. */
#define HOLD_MS 5000

/*! What the handler reads until it may return, and what it writes when it has begun: each a pipe. */
static int go_on[2] = { -1, -1 };
static int stopped[2] = { -1, -1 };

/*! Protects \c held. */
AST_MUTEX_DEFINE_STATIC(held_lock);
/*! How many threads are stopped: one at the most. */
static int held;

static struct ast_channel_tech technology = STILL_TECHNOLOGY("Masquerade", "Channels that others become");

/*! \brief A channel that is up and that nobody runs. \return It, unlocked; the caller hangs it up. */
static struct ast_channel *make_channel(void)
{
	static int number;
	struct ast_channel *chan = ast_channel_alloc(1, AST_STATE_UP, "4712", "Other", NULL, "200", "default",
		NULL, NULL, 0, "Masquerade/%d", ast_atomic_fetchadd_int(&number, 1));

	if (!chan) {
		return NULL;
	}
	still_channel_set(chan, &technology);
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

/*! \brief The handler of HOLD_SIGNAL, in the thread that is to stop: tell that it has, and wait. */
static void on_hold(int number attribute_unused)
{
	const int before = errno;
	char byte = 0;

	if (write(stopped[1], &byte, 1) == 1) {
		/* A masquerade sends the thread another signal to wake it. */
		while (read(go_on[0], &byte, 1) < 0 && errno == EINTR) {
		}
	}
	errno = before;
}

/*! \brief Stop the thread that waits on a channel. With \c held_lock. \retval 0 when it has stopped, else -1. */
static int hold(struct ast_channel *chan)
{
	struct pollfd begun = { .fd = stopped[0], .events = POLLIN };
	char byte;
	int waits;

	ast_channel_lock(chan);
	waits = ast_test_flag(ast_channel_flags(chan), AST_FLAG_BLOCKING) != 0;
	if (waits) {
		pthread_kill(ast_channel_blocker(chan), HOLD_SIGNAL);
	}
	ast_channel_unlock(chan);
	if (!waits || poll(&begun, 1, HOLD_MS) != 1 || read(stopped[0], &byte, 1) != 1) {
		return -1;
	}
	held = 1;
	return 0;
}

/*! \brief Let the stopped thread go on, if there is one. \retval 0 if there was, else -1. */
static int release(void)
{
	char byte = 0;
	int result = -1;

	ast_mutex_lock(&held_lock);
	if (held) {
		result = write(go_on[1], &byte, 1) == 1 ? 0 : -1;
		held = 0;
	}
	ast_mutex_unlock(&held_lock);
	return result;
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
			"Usage: masquerade hold <unique ID>\n       Stop the thread that waits on a channel.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (args->argc != 3 || !(chan = ast_channel_get_by_name(args->argv[2]))) {
		return answer(args->fd, -1);
	}
	ast_mutex_lock(&held_lock);
	if (!held) {
		result = hold(chan);
	}
	ast_mutex_unlock(&held_lock);
	ast_channel_unref(chan);
	return answer(args->fd, result);
}

static char *cli_release(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args)
{
	switch (cmd) {
	case CLI_INIT:
		entry->command = "masquerade release";
		entry->usage = "Usage: masquerade release\n       Let the stopped thread go on.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	return answer(args->fd, release());
}

/*! \brief The channel with a unique ID, or NULL for none; \a found is 0 if there is to be one and is not. */
static struct ast_channel *find(const char *id, int *found)
{
	struct ast_channel *chan = id ? ast_channel_get_by_name(id) : NULL;

	*found = !id || chan;
	return chan;
}

static char *cli_now(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args)
{
	struct ast_channel *chan;
	struct ast_channel *other;
	char id[AST_MAX_UNIQUEID] = "";
	int found;
	int result = -1;

	switch (cmd) {
	case CLI_INIT:
		entry->command = "masquerade now";
		entry->usage =
			"Usage: masquerade now <unique ID> [<unique ID>]\n"
			"       Let a channel become another one, or a new one; says the ID that it has then.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (args->argc < 3 || args->argc > 4) {
		return CLI_SHOWUSAGE;
	}
	chan = find(args->argv[2], &found);
	other = find(args->argc == 4 ? args->argv[3] : NULL, &found);
	if (chan && found) {
		result = become(chan, other);
		ast_channel_lock(chan);
		ast_copy_string(id, ast_channel_uniqueid(chan), sizeof(id));
		ast_channel_unlock(chan);
		ast_cli(args->fd, "%s\n", id);
	}
	ast_channel_cleanup(chan);
	ast_channel_cleanup(other);
	return answer(args->fd, result);
}

static char *cli_ring(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args)
{
	struct ast_channel *chan;

	switch (cmd) {
	case CLI_INIT:
		entry->command = "masquerade ring";
		entry->usage = "Usage: masquerade ring <unique ID>\n       Let a channel count as ringing.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (args->argc != 3 || !(chan = ast_channel_get_by_name(args->argv[2]))) {
		return answer(args->fd, -1);
	}
	ast_channel_lock(chan);
	ast_setstate(chan, AST_STATE_RINGING);
	ast_channel_unlock(chan);
	ast_channel_unref(chan);
	return answer(args->fd, 0);
}

static struct ast_cli_entry commands[] = {
	AST_CLI_DEFINE(cli_hold, "Keep a channel's thread from going on"),
	AST_CLI_DEFINE(cli_release, "Let the stopped thread go on"),
	AST_CLI_DEFINE(cli_ring, "Let a channel ring"),
	AST_CLI_DEFINE(cli_now, "Masquerade a channel at once"),
};

static void close_both(int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

static int unload_module(void)
{
	ast_cli_unregister_multiple(commands, ARRAY_LEN(commands));
	/* A thread in the handler needs its code and its pipes: a test releases what it has stopped. */
	release();
	close_both(go_on);
	close_both(stopped);
	still_technology_cleanup(&technology);
	return 0;
}

static int load_module(void)
{
	struct sigaction action = { .sa_handler = on_hold };

	if (still_technology_init(&technology) || pipe(go_on) || pipe(stopped) ||
		sigaction(HOLD_SIGNAL, &action, NULL)) {
		still_technology_cleanup(&technology);
		return AST_MODULE_LOAD_DECLINE;
	}
	return ast_cli_register_multiple(commands, ARRAY_LEN(commands)) ? AST_MODULE_LOAD_DECLINE
																	: AST_MODULE_LOAD_SUCCESS;
}

AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_DEFAULT, "Masquerades for tests",
	.support_level = AST_MODULE_SUPPORT_EXTENDED, .load = load_module, .unload = unload_module, );
