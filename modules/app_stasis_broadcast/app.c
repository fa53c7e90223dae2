/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief StasisBroadcast(): offer the channel to ARI applications and hand it to the one that claims it.
 *
 * Uses nothing but the public API, so that it runs on the resource module that Asterisk brings, too.
 */

/*** MODULEINFO
	<depend type="module">res_stasis</depend>
	<use type="module">res_stasis_broadcast</use>
	<support_level>extended</support_level>
 ***/

#include "asterisk.h"

#include <inttypes.h>

#include "asterisk/app.h"
#include "asterisk/channel.h"
#include "asterisk/module.h"
#include "asterisk/pbx.h"
#include "asterisk/stasis_app_broadcast.h"
#include "asterisk/stasis_app_impl.h"
#include "asterisk/strings.h"
#include "asterisk/time.h"

#include "args.h"
#include "channel_text.h"
#include "printable.h"

static const char app_name[] = "StasisBroadcast";

/*! \brief As Asterisk's own application sets it: SUCCESS, FAILED or TIMEOUT. */
#define VAR_STASIS "STASISSTATUS"
/*! \brief Why the broadcast ended. Set by our resource module, which alone knows; else by us. */
#define VAR_STATUS "BROADCASTSTATUS"
/*! \brief The application that claimed the channel. */
#define VAR_WINNER "BROADCASTWINNER"
/*! \brief Milliseconds from offer to claim. */
#define VAR_TIME "BROADCASTTIME"

/*! \brief Room for the longest BROADCASTSTATUS. */
#define STATUS_SIZE 32

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*! \brief Copy a channel variable into \a buf; "" if it is not set. */
static const char *get_var(struct ast_channel *chan, const char *name, char *buf, size_t size)
{
	ast_channel_lock(chan);
	ast_copy_string(buf, S_OR(pbx_builtin_getvar_helper(chan, name), ""), size);
	ast_channel_unlock(chan);

	return buf;
}

/*! \brief Empty what an earlier broadcast of this channel left; without a VarSet event if it left nothing. */
static void clear_vars(struct ast_channel *chan)
{
	static const char *const names[] = { VAR_STASIS, VAR_STATUS, VAR_WINNER, VAR_TIME };
	char old[2];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!ast_strlen_zero(get_var(chan, names[i], old, sizeof(old)))) {
			pbx_builtin_setvar_helper(chan, names[i], "");
		}
	}
}

/*!
 * \brief Whether the caller is gone, so that the dialplan must not go on.
 *
 * A redirect and TIMEOUT(absolute) raise the same flags as a hang-up, but the call goes on elsewhere.
 */
static int has_hung_up(struct ast_channel *chan)
{
	int flags;
	int hangup;

	ast_channel_lock(chan);
	hangup = ast_check_hangup(chan);
	flags = ast_channel_softhangup_internal_flag(chan);
	ast_channel_unlock(chan);

	return hangup && (!flags || (flags & ~(AST_SOFTHANGUP_ASYNCGOTO | AST_SOFTHANGUP_TIMEOUT)));
}

/*! \brief Split the arguments as Asterisk does, read them, and warn of what is not usable. */
static void parse(struct ast_channel *chan, char *data, struct args *args)
{
	char where[PRINTABLE_SIZE];
	char what[PRINTABLE_SIZE];
	/* clang-format off */
	AST_DECLARE_APP_ARGS(fields,
		AST_APP_ARG(timeout);
		AST_APP_ARG(filter);
		AST_APP_ARG(list);
		AST_APP_ARG(notify);
	);
	/* clang-format on */

	AST_STANDARD_APP_ARGS(fields, data);
	args_parse(args, fields.argc, fields.argv);

	if (args->bad_timeout) {
		ast_log(LOG_WARNING,
			"%s on %s: timeout '%s' is not a number of milliseconds from 0 to %d, using %d\n", app_name,
			channel_text(chan, where), printable(args->bad_timeout, what, sizeof(what)), ARGS_MAX_TIMEOUT_MS,
			args->timeout_ms);
	}
	if (args->left_out) {
		ast_log(LOG_WARNING, "%s on %s: %zu arguments for the winner, only the first %d are passed on\n",
			app_name, channel_text(chan, where), args->left_out + ARGS_MAX_LIST, ARGS_MAX_LIST);
	}
}

/*!
 * \brief Offer the channel and wait.
 *
 * \retval 0 if it is claimed, 1 if it was offered and nobody claimed it, -1 if it could not be offered.
 */
static int offer(struct ast_channel *chan, const struct args *args)
{
	const unsigned int flags = ast_true(args->notify) ? 0 : STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED;
	char where[PRINTABLE_SIZE];
	int res = stasis_app_broadcast_channel(chan, args->timeout_ms, args->filter, flags);

	if (!res) {
		res = stasis_app_broadcast_wait(chan, args->timeout_ms);
		if (res == -1) {
			return 1;
		}
	}
	if (res == AST_OPTIONAL_API_UNAVAILABLE) {
		ast_log(LOG_ERROR, "%s on %s: res_stasis_broadcast.so is not loaded, load it to offer calls\n",
			app_name, channel_text(chan, where));
	}

	return res ? -1 : 0;
}

/*!
 * \brief The BROADCASTSTATUS. If the resource module did not say it, as Asterisk's own does not, tell
 *        from what there is.
 *
 * \param chan The channel.
 * \param offered What offer() returned.
 * \param buf Where to put it.
 * \param size Size of \a buf in bytes.
 */
static const char *broadcast_status(struct ast_channel *chan, int offered, char *buf, size_t size)
{
	const char *status;

	if (!ast_strlen_zero(get_var(chan, VAR_STATUS, buf, size))) {
		return buf;
	}

	if (!offered) {
		status = "CLAIMED";
	} else if (ast_check_hangup(chan)) {
		status = "HANGUP";
	} else {
		status = offered > 0 ? "TIMEOUT" : "ERROR";
	}

	pbx_builtin_setvar_helper(chan, VAR_STATUS, status);
	ast_copy_string(buf, status, size);
	return buf;
}

/*! \brief Give the channel to the winner and stay until its Stasis session ends. \return STASISSTATUS. */
static const char *hand_over(struct ast_channel *chan, struct args *args, int64_t claimed_after_ms)
{
	char *winner = stasis_app_broadcast_winner(ast_channel_uniqueid(chan));
	char where[PRINTABLE_SIZE];
	char text[32];
	int res;

	if (!winner) {
		ast_log(LOG_ERROR, "%s on %s: claimed, but res_stasis_broadcast does not name the winner\n", app_name,
			channel_text(chan, where));
		return "FAILED";
	}

	snprintf(text, sizeof(text), "%" PRId64, claimed_after_ms);
	pbx_builtin_setvar_helper(chan, VAR_WINNER, winner);
	pbx_builtin_setvar_helper(chan, VAR_TIME, text);

	res = stasis_app_exec(chan, winner, args->count, args->list);
	ast_free(winner);
	return res ? "FAILED" : "SUCCESS";
}

/*!
 * \brief The dialplan application (SPEC section 3), in the thread that runs the channel.
 *
 * \param chan The channel; not locked.
 * \param data The arguments as written.
 *
 * \retval 0 for the dialplan to go on, -1 if the caller has hung up.
 */
static int exec(struct ast_channel *chan, const char *data)
{
	char status[STATUS_SIZE];
	const char *stasis;
	struct args args;
	int64_t start;
	int offered;

	clear_vars(chan);
	parse(chan, ast_strdupa(S_OR(data, "")), &args);

	start = clock_ms();
	offered = offer(chan, &args);
	broadcast_status(chan, offered, status, sizeof(status));
	if (!offered) {
		stasis = hand_over(chan, &args, clock_ms() - start);
	} else if (offered > 0 && strcmp(status, "ERROR")) {
		stasis = "TIMEOUT";
	} else {
		stasis = "FAILED";
	}

	/* Only now, so that a claim that comes late hears "taken", not "unknown". */
	stasis_app_broadcast_cleanup(ast_channel_uniqueid(chan));
	pbx_builtin_setvar_helper(chan, VAR_STASIS, stasis);

	return has_hung_up(chan) ? -1 : 0;
}

static int unload_module(void)
{
	return ast_unregister_application(app_name);
}

static int load_module(void)
{
	return ast_register_application_xml(app_name, exec) ? AST_MODULE_LOAD_DECLINE : AST_MODULE_LOAD_SUCCESS;
}

/* clang-format off */
AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_DEFAULT, "Stasis broadcast application",
	.support_level = AST_MODULE_SUPPORT_EXTENDED,
	.load = load_module,
	.unload = unload_module,
	.requires = "res_stasis",
	.optional_modules = "res_stasis_broadcast",
);
