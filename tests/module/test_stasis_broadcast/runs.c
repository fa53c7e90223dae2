/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The dialplan application in a thread of its own.
 */

#include "cases.h"

#include "asterisk/pbx.h"
#include "asterisk/strings.h"

static void *run_main(void *data)
{
	struct run *run = data;

	pbx_exec(run->call->chan, pbx_findapp("StasisBroadcast"), run->arguments);
	return NULL;
}

int run_start_with(struct run *run, struct call *call, const char *arguments)
{
	run->call = call;
	run->arguments = arguments;
	run->started = !ast_pthread_create(&run->thread, NULL, run_main, run);
	return run->started ? 0 : -1;
}

int run_start(struct run *run, struct call *call)
{
	/* notify_claimed */
	return run_start_with(run, call, "60000,,,yes");
}

void run_end(struct run *run)
{
	if (run->started) {
		call_softhangup(run->call);
		pthread_join(run->thread, NULL);
		run->started = 0;
	}
}

void run_wait(struct run *run)
{
	if (run->started) {
		pthread_join(run->thread, NULL);
		run->started = 0;
	}
}

int call_has(struct call *call, const char *name, const char *value)
{
	char buf[80];
	int same;

	ast_channel_lock(call->chan);
	same = !strcmp(S_OR(pbx_builtin_getvar_helper(call->chan, name), ""), value);
	ast_copy_string(buf, S_OR(pbx_builtin_getvar_helper(call->chan, name), ""), sizeof(buf));
	ast_channel_unlock(call->chan);
	if (!same) {
		ast_log(LOG_NOTICE, "%s is '%s' and not '%s'\n", name, buf, value);
	}
	return same;
}
