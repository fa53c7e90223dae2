/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the files of a broadcast share: broadcast.c (its life), claim.c (who asks for it), recipients.c (whom
 * it is offered to).
 */

#ifndef CORE_BROADCAST_PRIVATE_H
#define CORE_BROADCAST_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "broadcast.h"
#include "observers.h"

#define NS_PER_MS INT64_C(1000000)

struct broadcast {
	atomic_uint references;
	int timeout_ms;
	int any_claimant;
	unsigned long serial;
	int64_t deadline_ns;
	/*! Zero while it is open. Written under the lock, read without it. */
	_Atomic int64_t closed_ns;
	/*! Whether its channel is on offer again. */
	atomic_int followed;
	/*! The applications that may not claim it; NULL: none. */
	struct names *excluded;
	void *data;
	void (*free_data)(void *data);

	/*! Protects all that follows: rules 1 to 4 hold because every change of state is made under it. */
	pthread_mutex_t lock;
	enum broadcast_state state;
	/*! Whether the observers know of it. */
	int announced;
	/*! Given back at the close: a live call keeps no compiled filter. */
	struct app_filter *filter;
	/*! Set if and only if the state is claimed. */
	char *winner;
	/*! The applications it was offered to. Widening puts a longer list in its place, with these in front. */
	struct names *recipients;
	/*! One byte for each recipient, made at the first decline. */
	unsigned char *has_declined;
	size_t declines;
	/*! Whether recipients are still to come. */
	int more_to_come;
	/*! The descriptor that all who wait share, while there are any. */
	int wake_fd;
	unsigned int wake_users;
	/*! The channel's ID if it is another one now. */
	char *moved_to;

	const char *filter_text;
	/*! Followed by the filter's text. */
	char channel_id[];
};

/*! \brief What a step leaves to be done once the lock is released. */
struct deferred_release {
	struct app_filter *filter;
	/*! Whether it has closed in this step. */
	int closed;
};

/*!
 * \brief The change from open to closed: the only place where the state is written.
 *
 * \note With the lock, on an open broadcast. \a deferred is for broadcast_release().
 */
void broadcast_close_locked(
	struct broadcast *broadcast, enum broadcast_state state, struct deferred_release *deferred);

/*! \brief Close it as expired if it is open and its deadline has passed (rule 3). With the lock. */
void broadcast_expire_locked(struct broadcast *broadcast, struct deferred_release *deferred);

/*! \brief Close it as declined if it is open, all recipients have declined and none is to come. With the lock. */
void broadcast_judge_declines_locked(struct broadcast *broadcast, struct deferred_release *deferred);

/*! \brief Release the lock, then do what must not be done under it. */
void broadcast_release(struct broadcast *broadcast, struct deferred_release *deferred);

#endif /* CORE_BROADCAST_PRIVATE_H */
