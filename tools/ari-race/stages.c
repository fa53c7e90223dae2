/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The stages of a run from the first call to the last WebSocket.
 */

#include "stages.h"
#include "caller.h"

#define CLOSE_NS (2 * NS_PER_S)

void stages_close(struct race *race)
{
	race->stage = STAGE_CLOSE;
	race->end_ns = race->end_ns ? race->end_ns : now_ns();
	race->unread = feeds_unread(&race->feeds);
	live_stop(&race->live, race);
	timer_cancel(&race->loop.timers, &race->caller_timer);
	timer_cancel(&race->loop.timers, &race->end_timer);
	timer_set(&race->loop.timers, &race->setup_timer, now_ns() + CLOSE_NS);
	feeds_shut_down(&race->feeds);
}

/*! \brief Whether every application has been offered every call, so that nothing more is to come. */
static bool all_offered(const struct race *race)
{
	return race->stats.offers - race->stats.repeated >= race->calls.count * race->apps.readers;
}

/*! \brief Whether a claim is unanswered. It may be a second winner's, though the call is long over. */
static bool claims_pending(const struct race *race)
{
	return stats_unanswered(&race->stats, REQUEST_CLAIM);
}

void stages_check_end(struct race *race)
{
	if ((race->stage != STAGE_DRAIN && race->stage != STAGE_SETTLE) || race->calls.open) {
		return;
	}
	if (race->stage == STAGE_DRAIN) {
		race->stage = STAGE_SETTLE;
		race->end_ns = now_ns();
	}
	if (claims_pending(race)) {
		return; /* its answer brings us back */
	}
	if (all_offered(race)) {
		cleanup_start(race);
	} else {
		timer_set(&race->loop.timers, &race->end_timer, now_ns() + (uint64_t) race->options.settle_ns);
	}
}

void stages_drain(struct race *race)
{
	if (race->stage == STAGE_RUN) {
		race->stage = STAGE_DRAIN;
		timer_cancel(&race->loop.timers, &race->caller_timer);
		timer_cancel(&race->loop.timers, &race->end_timer);
		stages_check_end(race);
	}
}

/*! \brief It has been quiet for --settle, or has it? A late offer or answer may have woken a call. */
static void check_quiet(struct race *race)
{
	uint64_t settle = (uint64_t) race->options.settle_ns;
	uint64_t now = now_ns();

	if (race->calls.open || claims_pending(race)) {
		return; /* their end brings us back */
	}
	if (race->last_event_ns + settle > now) {
		timer_set(&race->loop.timers, &race->end_timer, race->last_event_ns + settle);
	} else {
		cleanup_start(race);
	}
}

static void on_end_timer(struct timer *timer)
{
	struct race *race = lws_container_of(timer, struct race, end_timer);

	if (race->stage == STAGE_RUN) {
		stages_drain(race); /* --duration is over */
	} else if (race->stage == STAGE_SETTLE) {
		check_quiet(race);
	} else {
		stages_close(race); /* the clean-up takes too long */
	}
}

void stages_run(struct race *race)
{
	timer_cancel(&race->loop.timers, &race->setup_timer);
	race->stage = STAGE_RUN;
	race->start_ns = now_ns();
	race->end_timer.fire = on_end_timer;
	live_start(&race->live, race, !race->options.quiet);
	if (race->options.duration_ns) {
		timer_set(
			&race->loop.timers, &race->end_timer, race->start_ns + (uint64_t) race->options.duration_ns);
	}
	caller_start(race);
}

void stages_closed(struct race *race)
{
	loop_stop(&race->loop);
}
