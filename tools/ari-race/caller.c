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
#include "answers.h"
#include "clock.h"
#include "race.h"
#include "requests.h"
#include "stages.h"

#include <stdio.h>
#include <unistd.h>

static uint64_t interval_ns(const struct race *race)
{
	return race->options.rate > 0 ? (uint64_t) ((double) NS_PER_S / race->options.rate) : 0;
}

static bool enough(const struct race *race)
{
	return race->options.calls && race->calls.count >= (size_t) race->options.calls;
}

bool caller_may_begin(const struct race *race)
{
	return race->stage == STAGE_RUN && !enough(race);
}

static void complain_once(struct race *race, const struct http_answer *answer)
{
	if (race->stats.answers[REQUEST_ORIGINATE][answer->status] == 1) {
		fprintf(stderr, "ari-race: originate %s was answered %d: %s\n", race->options.endpoint,
			answer->status, answer->body);
	}
}

static void on_originated(void *data, const struct http_answer *answer)
{
	struct call *call = data;
	struct race *race = call->race;

	stats_answer(&race->stats, REQUEST_ORIGINATE, answer->status);
	history_write(&race->history, "answer", answer->answered_ns, call->id, NULL, "originate", answer->status);
	if (answer->status >= 200 && answer->status < 300) {
		answers_call_exists(call, call->created_ns);
	} else {
		complain_once(race, answer);
		answers_call_over(call);
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
	text_init(&text, buf, sizeof(buf));
	request_originate(&text, &race->options, call->id);
	race->stats.sent[REQUEST_ORIGINATE]++;
	history_write(&race->history, "call", now_ns(), call->id, NULL, NULL, 0);
	http_send(race->others, &text, &call->created_ns, on_originated, call);
}

/*! \brief Make all calls that are due and that --concurrency allows. */
static void make_calls(struct race *race)
{
	const struct options *options = &race->options;
	uint64_t interval = interval_ns(race);
	uint64_t now = now_ns();

	while (caller_may_begin(race) && race->next_call_ns <= now) {
		race->held_back = options->concurrency && race->calls.open >= (size_t) options->concurrency;
		if (race->held_back) {
			return;
		}
		if (interval) {
			stats_measure(&race->stats, LATENCY_LATENESS, race->next_call_ns, now);
			race->next_call_ns += interval;
		}
		originate(race);
	}
	if (enough(race)) {
		stages_drain(race);
	} else if (caller_may_begin(race)) {
		timer_set(&race->loop.timers, &race->caller_timer, race->next_call_ns);
	}
}

static void on_due(struct timer *timer)
{
	make_calls(lws_container_of(timer, struct race, caller_timer));
}

void caller_start(struct race *race)
{
	race->next_call_ns = race->start_ns;
	race->caller_timer.fire = on_due;
	if (!race->options.elsewhere) {
		make_calls(race);
	}
}

void caller_call_begun(struct race *race)
{
	if (enough(race)) {
		stages_drain(race);
	}
}

void caller_call_over(struct race *race)
{
	if (race->held_back && race->stage == STAGE_RUN) {
		/* What was held back is not made up for: the rate is a limit then, not a promise. */
		race->held_back = false;
		race->next_call_ns = now_ns();
		timer_set(&race->loop.timers, &race->caller_timer, race->next_call_ns);
	}
	stages_check_end(race);
}
