/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The end of a run: hangs up what is left, and asks Asterisk which stalled applications it has
 * cut off. The client cannot see that: a socket whose buffers are full does not hear of its end.
 */

#include "cleanup.h"
#include "race.h"
#include "requests.h"

#include <string.h>

static void on_hung_up(void *data, const struct http_answer *answer)
{
	struct call *call = data;

	stats_answer(&call->race->stats, REQUEST_HANGUP, answer->status);
	call->race->clean_up_left--;
}

/*! \brief Whether a call may still live, and is ours to end: not one from elsewhere that we do not hold. */
static bool is_left(const struct race *race, const struct call *call)
{
	if (race->options.elsewhere) {
		return call->state == CALL_STARTED;
	}
	return (call->state != CALL_OVER && call->state != CALL_FAILED) || (call->winner && !call->started);
}

static void hang_up(struct race *race, struct call *call)
{
	char buf[REQUEST_SIZE];
	struct text text;

	if (!is_left(race, call)) {
		return;
	}
	timer_cancel(&race->loop.timers, &call->timer);
	text_init(&text, buf, sizeof(buf));
	request_hangup(&text, call->node->target, call->id, race->options.elsewhere ? "" : "far-");
	race->stats.sent[REQUEST_HANGUP]++;
	race->clean_up_left++;
	http_send(call->node->others, &text, NULL, on_hung_up, call);
}

static void on_asked(void *data, const struct http_answer *answer)
{
	struct race *race = data;

	/* Without res_ari_applications it is 404 too, but then about the resource. */
	race->cut += answer->status == 404 && strstr(answer->body, "Application");
	race->clean_up_left--;
}

static void ask_about(struct race *race, const struct app *app)
{
	char buf[REQUEST_SIZE];
	struct text text;

	text_init(&text, buf, sizeof(buf));
	request_application(&text, &race->options.targets[0], app->name);
	race->clean_up_left++;
	http_send(race->nodes.list[0]->others, &text, NULL, on_asked, race);
}

void cleanup_start(struct race *race)
{
	for (size_t i = 0; i < race->calls.count; i++) {
		hang_up(race, race->calls.list[i]);
	}
	for (size_t i = race->apps.readers; i < race->apps.count; i++) {
		ask_about(race, &race->apps.all[i]);
	}
}
