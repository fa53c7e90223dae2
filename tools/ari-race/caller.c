/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Makes the calls.
 */

#include "caller.h"
#include "app_behavior.h"
#include "clock.h"
#include "race.h"
#include "requests.h"
#include "terminal.h"

#include <stdio.h>
#include <unistd.h>

static uint64_t interval_ns(const struct race *race)
{
	return race->options.rate > 0 ? (uint64_t) ((double) NS_PER_S / race->options.rate) : 0;
}

static void warn_once(struct race *race, const struct http_answer *answer)
{
	if (race->stats.answers[REQUEST_ORIGINATE][answer->status] == 1) {
		terminal_warn(
			"originate %s was answered %d: %s", race->options.endpoint, answer->status, answer->body);
	}
}

static void on_originated(void *data, const struct http_answer *answer)
{
	struct call *call = data;
	struct race *race = call->race;

	stats_answer(&race->stats, REQUEST_ORIGINATE, answer->status);
	history_write(&race->history, "answer", answer->answered_ns, call->id, NULL, "originate", answer->status);
	if (answer->status >= 200 && answer->status < 300) {
		app_behavior_call_exists(call, call->created_ns);
	} else {
		warn_once(race, answer);
		app_behavior_call_over(call);
		call->state = call->offers ? CALL_OVER : CALL_FAILED;
	}
}

static void originate(struct race *race)
{
	char id[96], buf[REQUEST_SIZE];
	struct call *call;
	struct text text;

	/* Unique among all runs against the same Asterisk, and all of one length: Asterisk refuses an id
	 * that is the beginning of one that lives. */
	snprintf(id, sizeof(id), "race-%llx-%06lx-%08zu", (unsigned long long) race->wall_start,
		(unsigned long) getpid(), race->calls.count + 1);
	call = calls_add(&race->calls, race, id);
	call->node = race->nodes.list[race->nodes.next];
	race->nodes.next = (race->nodes.next + 1) % race->options.target_count;
	text_init(&text, buf, sizeof(buf));
	request_originate(&text, &race->options, call->node->target, call->id);
	race->stats.sent[REQUEST_ORIGINATE]++;
	history_write(&race->history, "call", now_ns(), call->id, NULL, NULL, 0);
	http_send(call->node->others, &text, &call->created_ns, on_originated, call);
}

/*! \brief Whether --concurrency puts off the next call. What it puts off is not made up for: the rate is a
 * limit then, not a promise. */
static bool is_held_back(struct race *race)
{
	const struct options *options = &race->options;
	bool full = options->concurrency && race->calls.open >= (size_t) options->concurrency;

	if (race->held_back && !full) {
		race->next_call_ns = now_ns();
	}
	race->held_back = full;
	return full;
}

void caller_make_calls(struct race *race)
{
	uint64_t interval = interval_ns(race);
	uint64_t now = now_ns();

	if (race->options.elsewhere) {
		return;
	}
	while (!race_has_enough(race) && race->next_call_ns <= now) {
		if (is_held_back(race)) {
			return; /* the end of a call brings us back */
		}
		if (interval) {
			stats_measure(&race->stats, LATENCY_LATENESS, race->next_call_ns, now);
			race->next_call_ns += interval;
		}
		originate(race);
	}
	if (!race_has_enough(race)) {
		race_wake_at(race, &race->caller_timer, race->next_call_ns);
	}
}
