/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What a run comes to.
 */

#include "verdict.h"
#include "app_behavior.h"
#include "race.h"

static void name(struct verdict *verdict, const struct call *call)
{
	if (verdict->named_count < VERDICT_NAMED) {
		verdict->named[verdict->named_count++] = call;
	}
}

/*! \brief A call with a winner that never got StasisStart. If the caller has hung up, that cannot be known. */
static void judge_missing_start(struct verdict *verdict, const struct call *call)
{
	if (app_behavior_winner_is_lost(call)) {
		verdict->lost++;
	} else if (call->state == CALL_WON) {
		verdict->undecided++;
	} else {
		verdict->not_started++;
		name(verdict, call);
	}
}

static void judge(struct verdict *verdict, struct race *race, const struct call *call)
{
	if (call->state == CALL_FAILED || (call->state == CALL_NEW && !call->offers)) {
		verdict->failed++;
		return;
	}
	verdict->made++;
	verdict->not_offered += !call->offers;
	verdict->partly += call->offers && call->offers < race->apps.readers;
	verdict->winners[call->winners > 2 ? 2 : call->winners]++;
	verdict->lost += call->excused;
	if (call->offers > 1) {
		stats_measure(&race->stats, LATENCY_FAN_OUT, call->first_offer_ns, call->last_offer_ns);
	}
	if (call->winners > 1) {
		name(verdict, call);
	} else if (call->winners && call->started != call->winner) {
		judge_missing_start(verdict, call);
	}
}

void verdict_find(struct verdict *verdict, struct race *race)
{
	*verdict = (struct verdict){ 0 };
	for (size_t i = 0; i < race->calls.count; i++) {
		judge(verdict, race, race->calls.list[i]);
	}
}

size_t verdict_broken(const struct verdict *verdict)
{
	return verdict->winners[2] + verdict->not_started;
}

int verdict_status(const struct verdict *verdict, const struct race *race)
{
	return verdict_broken(verdict) ? 1 : race->ending == ENDING_GONE ? 3 : 0;
}
