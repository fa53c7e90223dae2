/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief StasisBroadcast(): offer the channel to ARI applications and hand it to the one that claims it.
 *
 * Needs nothing but the public API, so that it runs on the resource module that Asterisk brings, too. Ours has, besides,
 * the administrator's settings, and can leave out those that lost the call (internal_api.h).
 */

/*** MODULEINFO
	<depend type="module">res_stasis</depend>
	<use type="module">res_stasis_broadcast</use>
	<support_level>extended</support_level>
 ***/

#include "asterisk.h"

#include <stdatomic.h>
#include <unistd.h>

#include "asterisk/app.h"
#include "asterisk/channel.h"
#include "asterisk/lock.h"
#include "asterisk/module.h"
#include "asterisk/pbx.h"
#include "asterisk/strings.h"

#include "about.h"
#include "args.h"
#include "attempts.h"
#include "channel_text.h"
#include "hangup.h"
#include "pin_module.h"
#include "printable.h"
#include "provider.h"
#include "res_stasis_broadcast/internal_api.h"

/*!
 * So long after it has left exec(), a thread may still be on its way out of our code, in milliseconds: a few instructions.
 */
#define JUST_LEFT_MS 1000

static const char app_name[] = "StasisBroadcast";

/*! Whether a resource module that is not ours was spoken of, since this module was loaded. */
static int foreign_said;

/*! \brief Calls that are in exec(). Asterisk's own use count forgets them when it is told to unload by force. */
static int inside;

/*! When a call was in exec() last, in milliseconds of clock_ms(). */
static atomic_llong last_left_ms = -JUST_LEFT_MS;

static long long clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/*!
 * \brief Give a thread that has just left exec() the time to get out of our code.
 *
 * No count inside the code can tell that it has. By force, Asterisk asks without having waited for it. Code that stays
 * mapped would do, too, but Asterisk would count it as a user of the resource module until it ends.
 */
static void wait_for_those_who_left(void)
{
	long long left_ms = JUST_LEFT_MS - (clock_ms() - atomic_load(&last_left_ms));

	if (left_ms > 0) {
		usleep(left_ms * 1000);
	}
}

/*! \brief Warn of options that cannot be used. */
static void warn_of_options(const char *where, const struct options *options)
{
	for (size_t i = 0; i < options->problem_count; i++) {
		const struct options_problem *problem = &options->problems[i];
		char option[PRINTABLE_SIZE];
		char what[PRINTABLE_SIZE];

		ast_copy_string(option, problem->text, MIN(problem->length + 1, sizeof(option)));
		ast_log(LOG_WARNING, "%s on %s: option '%s' %s; going on without it\n", app_name, where,
			printable(option, what, sizeof(what)), problem->reason);
	}
	if (options->more_problems) {
		ast_log(LOG_WARNING, "%s on %s: %zu more options cannot be used; going on without them\n", app_name,
			where, options->more_problems);
	}
}

/*! \brief Warn of what is not usable in the arguments, and say what holds instead. */
static void warn(const struct ast_channel *chan, const struct settings *settings, const struct args *args)
{
	char where[PRINTABLE_SIZE];
	char what[PRINTABLE_SIZE];

	channel_text(chan, where);
	if (args->bad_timeout) {
		ast_log(LOG_WARNING,
			"%s on %s: timeout '%s' is not a number of milliseconds from 0 to %d, using %d\n", app_name,
			where, printable(args->bad_timeout, what, sizeof(what)), settings->max_timeout_ms,
			settings->timeout_ms);
	}
	if (args->long_timeout && args->rounds) {
		ast_log(LOG_WARNING,
			"%s on %s: with timeout '%s' the circles last longer than max_timeout, using %d in all\n",
			app_name, where, printable(args->long_timeout, what, sizeof(what)), args->timeout_ms);
	} else if (args->long_timeout) {
		ast_log(LOG_WARNING, "%s on %s: timeout '%s' is more than max_timeout, using %d\n", app_name, where,
			printable(args->long_timeout, what, sizeof(what)), args->timeout_ms);
	}
	if (args->left_out) {
		ast_log(LOG_WARNING, "%s on %s: %zu arguments for the winner, only the first %d are passed on\n",
			app_name, where, args->left_out + ARGS_MAX_LIST, ARGS_MAX_LIST);
	}
	if (args->bad_notify) {
		ast_log(LOG_WARNING, "%s on %s: notify_claimed '%s' is neither yes nor no, using no\n", app_name,
			where, printable(args->bad_notify, what, sizeof(what)));
	}
	warn_of_options(where, &args->options);
	if (args->too_many) {
		ast_log(LOG_WARNING, "%s on %s: too many arguments, going on without '%s'\n", app_name, where,
			printable(args->too_many, what, sizeof(what)));
	}
}

/*! \brief The filters of circles as they are written, but for quotes and backslashes. \param data All arguments, changed. */
static char *find_round_filters(char *data)
{
	/* clang-format off */
	AST_DECLARE_APP_ARGS(fields,
		AST_APP_ARG(timeout);
		AST_APP_ARG(filter);
		AST_APP_ARG(others);
	);
	/* clang-format on */

	AST_NONSTANDARD_RAW_ARGS(fields, data, ',');
	return fields.filter ? args_unquote(fields.filter) : NULL;
}

/*! \brief Split the arguments as Asterisk does, and read them. \param copy The same again. */
static void parse(const struct settings *settings, char *data, char *copy, struct args *args)
{
	/* clang-format off */
	AST_DECLARE_APP_ARGS(fields,
		AST_APP_ARG(timeout);
		AST_APP_ARG(filter);
		AST_APP_ARG(list);
		AST_APP_ARG(notify);
		AST_APP_ARG(options);
		/* The last one gets the rest. */
		AST_APP_ARG(too_many);
	);
	/* clang-format on */

	AST_STANDARD_APP_ARGS(fields, data);
	if (args_have_rounds(fields.timeout) && fields.argc > ARGS_FILTER) {
		fields.filter = find_round_filters(copy);
	}
	args_parse(args, settings, fields.argc, fields.argv);
}

/*! \brief The settings; the defaults beside Asterisk's own resource module, or without any. */
static struct settings find_settings(void)
{
	struct settings settings;

	if (stasis_broadcast_settings(&settings)) {
		provider_check(&foreign_said, "stasis_broadcast.conf is not read");
		settings = (struct settings) SETTINGS_DEFAULTS;
	}
	return settings;
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
	struct settings settings;
	struct args args;
	int result;

	ast_atomic_fetchadd_int(&inside, +1);
	settings = find_settings();
	parse(&settings, ast_strdupa(S_OR(data, "")), ast_strdupa(S_OR(data, "")), &args);
	warn(chan, &settings, &args);
	attempts_run(chan, &args, settings.reoffer);
	result = hangup_is_final(chan) ? -1 : 0;
	atomic_store(&last_left_ms, clock_ms());
	ast_atomic_fetchadd_int(&inside, -1);
	return result;
}

/*! Whether Asterisk knows the application: also after it was unloaded by force while calls were in it. */
static int registered;

/*!
 * \brief Stop offering calls.
 *
 * Asterisk asks only by force while calls are in here, and has asked them to hang up. They need our code,
 * and Asterisk the registration, until they have left: so it is refused. Who insists ("module unload -h")
 * gets a module that counts as unloaded, but is still there for them.
 */
static int unload_module(void)
{
	const int calls = ast_atomic_fetchadd_int(&inside, 0);

	if (calls) {
		pin_module();
		ast_log(
			LOG_WARNING, "Not unloaded, calls are in StasisBroadcast(): try again when they have ended\n");
		return -1;
	}
	wait_for_those_who_left();
	registered = 0;
	return ast_unregister_application(app_name);
}

static int load_module(void)
{
	registered = registered || !ast_register_application_xml(app_name, exec);
	if (!registered) {
		return AST_MODULE_LOAD_DECLINE;
	}
	about_loaded(AST_MODULE);
	foreign_said = 0;
	provider_check(&foreign_said, "stasis_broadcast.conf is not read");
	return AST_MODULE_LOAD_SUCCESS;
}

/* clang-format off */
AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_DEFAULT, ABOUT("dialplan application"),
	.support_level = AST_MODULE_SUPPORT_EXTENDED,
	.load = load_module,
	.unload = unload_module,
	.requires = "res_stasis",
	.optional_modules = "res_stasis_broadcast",
);
