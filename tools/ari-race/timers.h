/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_TIMERS_H
#define ARI_RACE_TIMERS_H

/*! \file
 * \brief Timers with nanoseconds: a binary heap in front of one timerfd. libwebsockets' own wait in
 * milliseconds and in a sorted list, too coarse and too slow for thousands of think times.
 */

#include <ev.h>
#include <stddef.h>
#include <stdint.h>

/*! \brief One timer; lives inside the thing that it belongs to. All zero is a timer that is not set. */
struct timer {
	uint64_t due_ns;
	size_t place;                      /*!< in the heap, from 1; 0: not set */
	void (*fire)(struct timer *timer); /*!< in the thread of the loop; may set the timer again */
};

struct timers {
	struct timer **heap;
	size_t count;
	size_t size;
	int fd;
	uint64_t armed_ns; /*!< what the timerfd waits for; 0: nothing */
	struct ev_loop *loop;
	ev_io watcher;
};

/*! \brief Start; \a loop is borrowed until timers_close(). \retval 0 ok \retval -1 no timerfd, see errno */
int timers_open(struct timers *timers, struct ev_loop *loop);

/*! \brief Stop; timers that are still set never fire. */
void timers_close(struct timers *timers);

/*! \brief Set a timer, or set it again. A time in the past fires in the next turn of the loop. */
void timer_set(struct timers *timers, struct timer *timer, uint64_t due_ns);

/*! \brief Take a timer back; harmless if it is not set. */
void timer_cancel(struct timers *timers, struct timer *timer);

#endif /* ARI_RACE_TIMERS_H */
