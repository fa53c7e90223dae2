/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Timers with nanoseconds: a binary heap in front of one timerfd.
 */

#include "timers.h"
#include "clock.h"
#include "memory.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void put(struct timers *timers, size_t place, struct timer *timer)
{
	timers->heap[place] = timer;
	timer->place = place;
}

static void sift_up(struct timers *timers, size_t place)
{
	struct timer *timer = timers->heap[place];

	while (place > 1 && timers->heap[place / 2]->due_ns > timer->due_ns) {
		put(timers, place, timers->heap[place / 2]);
		place /= 2;
	}
	put(timers, place, timer);
}

static void sift_down(struct timers *timers, size_t place)
{
	struct timer *timer = timers->heap[place];

	for (;;) {
		size_t child = place * 2;

		if (child < timers->count && timers->heap[child + 1]->due_ns < timers->heap[child]->due_ns) {
			child++;
		}
		if (child > timers->count || timers->heap[child]->due_ns >= timer->due_ns) {
			break;
		}
		put(timers, place, timers->heap[child]);
		place = child;
	}
	put(timers, place, timer);
}

/*! \brief Let the timerfd wait for the earliest timer, if it does not already. */
static void arm(struct timers *timers)
{
	struct itimerspec when = { 0 };
	uint64_t due = timers->count ? timers->heap[1]->due_ns : 0;

	if (due == timers->armed_ns) {
		return;
	}
	timers->armed_ns = due;
	when.it_value.tv_sec = (time_t) (due / NS_PER_S);
	when.it_value.tv_nsec = (long) (due % NS_PER_S);
	timerfd_settime(timers->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void remove_from_heap(struct timers *timers, struct timer *timer)
{
	size_t place = timer->place;
	struct timer *last = timers->heap[timers->count--];

	timer->place = 0;
	if (last != timer) {
		put(timers, place, last);
		sift_up(timers, place);
		sift_down(timers, last->place);
	}
}

static void run_due(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct timers *timers = watcher->data;
	uint64_t now = now_ns();
	uint64_t expirations;

	(void) loop;
	(void) events;
	if (read(timers->fd, &expirations, sizeof(expirations)) == sizeof(expirations)) {
		timers->armed_ns = 0;
	}
	while (timers->count && timers->heap[1]->due_ns <= now) {
		struct timer *timer = timers->heap[1];

		remove_from_heap(timers, timer);
		timer->fire(timer);
	}
	arm(timers);
}

int timers_open(struct timers *timers, struct ev_loop *loop)
{
	*timers = (struct timers){ .loop = loop, .size = 64 };
	timers->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (timers->fd < 0) {
		return -1;
	}
	timers->heap = xcalloc(timers->size, sizeof(*timers->heap));
	ev_io_init(&timers->watcher, run_due, timers->fd, EV_READ);
	timers->watcher.data = timers;
	ev_io_start(loop, &timers->watcher);
	return 0;
}

void timers_close(struct timers *timers)
{
	ev_io_stop(timers->loop, &timers->watcher);
	close(timers->fd);
	free(timers->heap);
	timers->heap = NULL;
	timers->count = 0;
}

void timer_set(struct timers *timers, struct timer *timer, uint64_t due_ns)
{
	if (timer->place) {
		remove_from_heap(timers, timer);
	}
	if (timers->count + 1 == timers->size) {
		timers->size *= 2;
		timers->heap = xrealloc(timers->heap, timers->size * sizeof(*timers->heap));
	}
	timer->due_ns = due_ns ? due_ns : 1;
	put(timers, ++timers->count, timer);
	sift_up(timers, timers->count);
	arm(timers);
}

void timer_cancel(struct timers *timers, struct timer *timer)
{
	if (timer->place) {
		remove_from_heap(timers, timer);
		arm(timers);
	}
}
