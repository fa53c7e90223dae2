/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The watchdog's timer: it costs nothing until it fires.
 */

#include "dispatch_private.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

/*! While queues are ready, the threads are checked this often, in nanoseconds. */
#define CHECK_NS INT64_C(2000000)

/*! As soon as a timer can fire, in nanoseconds. */
#define AT_ONCE_NS 1

/*! \brief Let the timer fire in \a ns nanoseconds; 0: not at all. */
static void set_timer(int64_t ns)
{
	struct itimerspec when = { .it_value = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 } };

	timerfd_settime(dispatcher.timer, 0, &when, NULL);
	dispatcher.timer_armed = ns != 0;
}

int timer_create_disarmed(void)
{
	dispatcher.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	return dispatcher.timer < 0 ? -1 : 0;
}

void timer_wait(void)
{
	uint64_t fired;

	if (read(dispatcher.timer, &fired, sizeof(fired)) < 0 && errno != EINTR) {
		ast_log(LOG_ERROR, "The dispatcher's timer cannot be read: %s. Restart Asterisk\n", strerror(errno));
	}
}

void watchdog_arm(void)
{
	/* With all threads stuck that there may be, there is nothing to check. */
	if (!dispatcher.timer_armed && dispatcher.stuck_count < DISPATCH_MAX_THREADS) {
		set_timer(CHECK_NS);
	}
}

void watchdog_disarm(void)
{
	/* Unless somebody waits to be joined. */
	if (dispatcher.timer_armed && AST_LIST_EMPTY(&dispatcher.ended)) {
		set_timer(0);
	}
}

void watchdog_kick(void)
{
	set_timer(AT_ONCE_NS);
}
