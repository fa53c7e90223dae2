/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief In which order observers hear of one broadcast: opened, closed, and then what follows the close.
 *
 * Who closes it tells of that, and who tells of what follows is another thread, as a rule. That one waits here until the first
 * has told all: nothing is kept of a step, and no lock is held while an observer is told.
 */

#include "broadcast_private.h"

/*! Bits of broadcast.telling: all observers have heard of the close; a thread waits for that. */
#define TOLD 1
#define AWAITED 2

/*! For the few who wait, of all broadcasts: so few that none needs a condition of its own. */
static pthread_mutex_t told_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t told = PTHREAD_COND_INITIALIZER;

void broadcast_tell_closed(struct broadcast *broadcast, enum broadcast_state state)
{
	observers_closed(broadcast, state);
	if (atomic_fetch_or(&broadcast->telling, TOLD) & AWAITED) {
		pthread_mutex_lock(&told_lock);
		pthread_cond_broadcast(&told);
		pthread_mutex_unlock(&told_lock);
	}
}

void broadcast_announce(struct broadcast *broadcast)
{
	enum broadcast_state state;

	observers_opened(broadcast);
	pthread_mutex_lock(&broadcast->lock);
	broadcast->announced = 1;
	state = broadcast->state;
	pthread_mutex_unlock(&broadcast->lock);
	/* It may have closed before they knew of it. From now on, who closes it tells them. */
	if (state != BROADCAST_OPEN) {
		broadcast_tell_closed(broadcast, state);
	}
}

/*! \brief Whether the observers are to hear of its close, or have heard. */
static int has_news(struct broadcast *broadcast)
{
	int is_to_be_told;

	pthread_mutex_lock(&broadcast->lock);
	is_to_be_told = broadcast->announced && broadcast->state != BROADCAST_OPEN;
	pthread_mutex_unlock(&broadcast->lock);
	return is_to_be_told;
}

void broadcast_await_told(struct broadcast *broadcast)
{
	if (atomic_load(&broadcast->telling) & TOLD || !has_news(broadcast)) {
		return;
	}
	pthread_mutex_lock(&told_lock);
	/* One atomic for both: who tells sees that it is awaited, or who waits that it was told. */
	while (!(atomic_fetch_or(&broadcast->telling, AWAITED) & TOLD)) {
		pthread_cond_wait(&told, &told_lock);
	}
	pthread_mutex_unlock(&told_lock);
}

void broadcast_tell_lost(struct broadcast *broadcast, const char *app)
{
	broadcast_await_told(broadcast);
	observers_lost(broadcast, app);
}

void broadcast_tell_ended(struct broadcast *broadcast, const struct broadcast_session *session)
{
	broadcast_await_told(broadcast);
	observers_ended(broadcast, session);
}
