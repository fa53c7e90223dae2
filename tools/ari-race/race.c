/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The facts of a run that follow from others.
 */

#include "race.h"
#include "terminal.h"

#include <stdarg.h>
#include <stdio.h>

bool race_has_enough(const struct race *race)
{
	return race->options.calls && race->calls.count >= (size_t) race->options.calls;
}

bool race_is_on(const struct race *race)
{
	/* Who offers sees an application before we see that its WebSocket, or the last one, is open. */
	enum stage first = race->options.elsewhere ? STAGE_CONNECT : STAGE_RUN;

	return race->stage >= first && race->stage <= STAGE_SETTLE;
}

double race_seconds(const struct race *race)
{
	return race->start_ns ? (double) (race->end_ns - race->start_ns) / (double) NS_PER_S : 0;
}

void race_give_up(struct race *race, const char *format, ...)
{
	va_list ap;

	if (race->stage >= STAGE_CLOSE || race->ending == ENDING_GONE) {
		return;
	}
	race->ending = ENDING_GONE;
	va_start(ap, format);
	vsnprintf(race->why, sizeof(race->why), format, ap);
	va_end(ap);
	terminal_warn("%s", race->why);
}

/*! \brief Being awake is all: stages_step() comes at the end of the turn. */
static void on_wake(struct timer *timer)
{
	(void) timer;
}

void race_wake_at(struct race *race, struct timer *timer, uint64_t due_ns)
{
	timer->fire = on_wake;
	if (!timer->place || timer->due_ns != due_ns) {
		timer_set(&race->loop.timers, timer, due_ns);
	}
}
