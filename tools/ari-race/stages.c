/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief How a run goes from stage to stage. For each stage there is a function that begins it, and one that
 * is asked at the end of each turn which stage is next: its own, while it is not over.
 */

#include "stages.h"
#include "caller.h"
#include "cleanup.h"
#include "event_socket.h"
#include "pools.h"
#include "race.h"
#include "warm_up.h"
#include "workers.h"

#define SETUP_NS (30 * NS_PER_S)
#define SOCKETS_NS (5 * NS_PER_S)
#define CLEAN_UP_NS (3 * NS_PER_S)
#define CLOSE_NS (2 * NS_PER_S)
#define SETTLES_MAX 20 /* times --settle, and some: then the quiet time ends, quiet or not */

/*! \brief Limit the stage; 0: no limit. */
static void set_limit(struct race *race, uint64_t due_ns)
{
	race->due_ns = due_ns;
	if (due_ns) {
		race_wake_at(race, &race->due_timer, due_ns);
	} else {
		timer_cancel(&race->loop.timers, &race->due_timer);
	}
}

static bool limit_passed(const struct race *race)
{
	return race->due_ns && race->due_ns <= now_ns();
}

static enum stage after_start(struct race *race)
{
	(void) race;
	return STAGE_ASK;
}

static void begin_ask(struct race *race)
{
	set_limit(race, now_ns() + SETUP_NS);
	warm_up_ask(race);
}

/*! \brief Go on from a stage of the set-up when it is done. */
static enum stage set_up(struct race *race, bool done)
{
	if (done) {
		return race->stage + 1;
	}
	if (limit_passed(race)) {
		race_give_up(race, "not all connections could be opened within %d s; " SESSION_HINT,
			(int) (SETUP_NS / NS_PER_S));
	}
	return race->stage;
}

static enum stage after_ask(struct race *race)
{
	return set_up(race, race->asked);
}

static enum stage after_warm_up(struct race *race)
{
	return set_up(race, warm_up_done(race));
}

static void begin_connect(struct race *race)
{
	pools_keep_alive(race);
	if (!race->workers) {
		event_sockets_connect(race->sockets);
	}
}

static enum stage after_connect(struct race *race)
{
	bool done;

	if (!race->workers) {
		return set_up(race, event_sockets_all_up(race->sockets));
	}
	done = workers_connect(race->workers);
	race_wake_at(race, &race->caller_timer, now_ns()); /* more in the next turn; nobody makes calls yet */
	return set_up(race, done);
}

static void begin_warm_up_sockets(struct race *race)
{
	if (race->options.over_websocket) {
		set_limit(race, now_ns() + SOCKETS_NS);
		warm_up_sockets(race);
	}
	if (race->workers) {
		workers_make_known(race->workers);
	}
}

static enum stage after_warm_up_sockets(struct race *race)
{
	if (race->workers) {
		return set_up(race, workers_known(race->workers));
	}
	if (race->sockets_cold && limit_passed(race)) {
		race_give_up(race,
			"Asterisk %s does not answer requests over a WebSocket: 20.14, 21.9, 22.4 and later do; for others "
			"there is --claims-over http",
			race->asterisk);
	}
	return race->sockets_cold ? STAGE_WARM_UP_SOCKETS : STAGE_REST;
}

static void begin_rest(struct race *race)
{
	set_limit(race, now_ns() + (uint64_t) race->options.rest_ns);
}

static enum stage after_rest(struct race *race)
{
	return limit_passed(race) ? STAGE_RUN : STAGE_REST;
}

static void begin_run(struct race *race)
{
	uint64_t now = now_ns();

	race->start_ns = race->start_ns ? race->start_ns : now;
	set_limit(race, race->options.duration_ns ? now + (uint64_t) race->options.duration_ns : 0);
	live_start(&race->live, &race->loop, &race->calls, &race->stats, !race->options.quiet);
	pools_check(race);
	race->next_call_ns = now;
}

static enum stage after_run(struct race *race)
{
	if (limit_passed(race)) { /* --duration */
		return STAGE_DRAIN;
	}
	caller_make_calls(race);
	return race_has_enough(race) ? STAGE_DRAIN : STAGE_RUN;
}

static void begin_drain(struct race *race)
{
	set_limit(race, 0);
	timer_cancel(&race->loop.timers, &race->caller_timer);
}

static enum stage after_drain(struct race *race)
{
	return race->calls.open ? STAGE_DRAIN : STAGE_SETTLE;
}

static void begin_settle(struct race *race)
{
	const struct options *options = &race->options;
	uint64_t limit = SETTLES_MAX * (uint64_t) options->settle_ns + (uint64_t) options->answer_timeout_ns;

	race->end_ns = race->busy_ns = now_ns();
	set_limit(race, race->end_ns + limit + START_GRACE_NS);
}

/*! \brief Whether every application has been offered every call, so that nothing more is to come. */
static bool all_offered(const struct race *race)
{
	return race->stats.offers - race->stats.repeated >= race->calls.count * race->apps.readers;
}

/*! \brief Whether what applications have asked has its answers. */
static bool all_answered(const struct race *race)
{
	return !stats_unanswered(&race->stats, REQUEST_CLAIM) &&
		!stats_unanswered(&race->stats, REQUEST_DECLINE) && !stats_unanswered(&race->stats, REQUEST_BID);
}

/*! \brief Whether it has been quiet for --settle. A late offer or answer may have woken a call. */
static enum stage after_settle(struct race *race)
{
	uint64_t settle = (uint64_t) race->options.settle_ns;
	uint64_t quiet_ns;

	if (limit_passed(race)) {
		return STAGE_CLEAN_UP;
	}
	/* The answer to a claim may make its application the second winner, though the call is long over. */
	if (race->calls.open || !all_answered(race)) {
		race->busy_ns = now_ns();
		return STAGE_SETTLE;
	}
	quiet_ns = (race->busy_ns > race->last_event_ns ? race->busy_ns : race->last_event_ns) + settle;
	if (all_offered(race) || quiet_ns <= now_ns()) {
		return STAGE_CLEAN_UP;
	}
	race_wake_at(race, &race->caller_timer, quiet_ns); /* nobody makes calls any more */
	return STAGE_SETTLE;
}

static void begin_clean_up(struct race *race)
{
	race->end_ns = race->end_ns ? race->end_ns : now_ns();
	set_limit(race, now_ns() + CLEAN_UP_NS);
	timer_cancel(&race->loop.timers, &race->caller_timer);
	cleanup_start(race);
}

static enum stage after_clean_up(struct race *race)
{
	return !race->clean_up_left || limit_passed(race) ? STAGE_CLOSE : STAGE_CLEAN_UP;
}

static void begin_close(struct race *race)
{
	race->end_ns = race->end_ns ? race->end_ns : now_ns();
	race->unread = event_sockets_unread(race->sockets);
	live_stop(&race->live);
	timer_cancel(&race->loop.timers, &race->caller_timer);
	set_limit(race, now_ns() + CLOSE_NS);
	workers_leave(race->workers);
	event_sockets_shut_down(race->sockets);
}

static enum stage after_close(struct race *race)
{
	return event_sockets_all_down(race->sockets) || limit_passed(race) ? STAGE_END : STAGE_CLOSE;
}

static void begin_end(struct race *race)
{
	race->end_ns = race->end_ns ? race->end_ns : now_ns();
	loop_stop(&race->loop);
}

static enum stage after_end(struct race *race)
{
	(void) race;
	return STAGE_END;
}

static const struct {
	void (*begin)(struct race *race);
	enum stage (*next)(struct race *race);
} stages[] = {
	[STAGE_START] = { NULL, after_start },
	[STAGE_ASK] = { begin_ask, after_ask },
	[STAGE_WARM_UP_CLAIMS] = { warm_up_claims, after_warm_up },
	[STAGE_WARM_UP_OTHERS] = { warm_up_others, after_warm_up },
	[STAGE_CONNECT] = { begin_connect, after_connect },
	[STAGE_WARM_UP_SOCKETS] = { begin_warm_up_sockets, after_warm_up_sockets },
	[STAGE_REST] = { begin_rest, after_rest },
	[STAGE_RUN] = { begin_run, after_run },
	[STAGE_DRAIN] = { begin_drain, after_drain },
	[STAGE_SETTLE] = { begin_settle, after_settle },
	[STAGE_CLEAN_UP] = { begin_clean_up, after_clean_up },
	[STAGE_CLOSE] = { begin_close, after_close },
	[STAGE_END] = { begin_end, after_end },
};

/*! \brief What is next: when the user or Asterisk ends it, not what would come otherwise. */
static enum stage next_stage(struct race *race)
{
	if (race->interrupts > 1) {
		return STAGE_END;
	}
	if (race->stage < STAGE_CLEAN_UP && race->interrupts) {
		return race->start_ns ? STAGE_CLEAN_UP : STAGE_CLOSE;
	}
	return stages[race->stage].next(race);
}

void stages_step(struct race *race)
{
	for (;;) {
		enum stage next;

		pools_find_trouble(race);
		next = next_stage(race);
		if (race->ending == ENDING_GONE && next < STAGE_CLOSE) {
			next = STAGE_CLOSE;
		}
		if (next == race->stage) {
			return;
		}
		race->stage = next;
		stages[next].begin(race);
	}
}
