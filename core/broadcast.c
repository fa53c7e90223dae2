/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief One broadcast: its life, who waits on it, and the one change from open to closed.
 */

#include "broadcast_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/*!
 * \brief How many are open; each is counted from its making to its close, which comes to one whose deadline has
 * passed when somebody asks for its state.
 */
static atomic_size_t open_count;

/*! The serial of the last broadcast. */
static atomic_uint last_serial;

int64_t broadcast_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int limit_timeout(int timeout_ms)
{
	if (timeout_ms < 0) {
		return 0;
	}
	return timeout_ms > BROADCAST_MAX_TIMEOUT_MS ? BROADCAST_MAX_TIMEOUT_MS : timeout_ms;
}

size_t broadcast_open_count(void)
{
	return atomic_load_explicit(&open_count, memory_order_relaxed);
}

/*! \brief Count one more open broadcast. \retval 0 on success, -1 if there are \a max_open. */
static int open_count_acquire(size_t max_open)
{
	size_t count = broadcast_open_count();

	do {
		if (max_open && count >= max_open) {
			errno = EBUSY;
			return -1;
		}
	} while (!atomic_compare_exchange_weak_explicit(
		&open_count, &count, count + 1, memory_order_relaxed, memory_order_relaxed));
	return 0;
}

static void open_count_release(void)
{
	atomic_fetch_sub_explicit(&open_count, 1, memory_order_relaxed);
}

/*! \brief Memory for a broadcast and what it copies of its terms. */
static struct broadcast *allocate(const struct broadcast_terms *terms)
{
	const size_t id_size = strlen(terms->channel_id) + 1;
	struct broadcast *broadcast = calloc(1, offsetof(struct broadcast, channel_id) + id_size);

	if (broadcast) {
		memcpy(broadcast->channel_id, terms->channel_id, id_size);
	}
	return broadcast;
}

/*! \brief A serial: not 0, which stands for any. */
static unsigned int next_serial(void)
{
	unsigned int serial;

	do {
		serial = atomic_fetch_add_explicit(&last_serial, 1, memory_order_relaxed) + 1;
	} while (!serial);
	return serial;
}

/*! \brief Set what its terms say, but for what was copied. */
static void initialize(struct broadcast *broadcast, const struct broadcast_terms *terms)
{
	atomic_init(&broadcast->references, 1);
	pthread_mutex_init(&broadcast->lock, NULL);
	broadcast->serial = next_serial();
	broadcast->more_to_come = terms->more_to_come != 0;
	broadcast->recipients = names_ref(terms->recipients);
	broadcast->excluded = names_ref(terms->excluded);
	broadcast->wake_fd = -1;
	broadcast->data = terms->data;
	broadcast->free_data = terms->free_data;
	broadcast->timeout_ms = limit_timeout(terms->timeout_ms);
}

/*! \brief Give it its filters, and have it collect bids if its terms say so. \retval 0 on success, -1 if memory ran out. */
static int add_parts(struct broadcast *broadcast, const struct broadcast_terms *terms)
{
	if (broadcast->state == BROADCAST_OPEN && !terms->any_claimant) {
		broadcast->filters = filters_create(NULL, terms->filter);
		if (!broadcast->filters) {
			return -1;
		}
	}
	if (terms->filter_text && strcmp(terms->filter_text, app_filter_text(terms->filter)) != 0) {
		broadcast->filter_text = names_create(&terms->filter_text, 1);
		if (!broadcast->filter_text) {
			return -1;
		}
	} else {
		broadcast->filter_text = app_filter_text_ref(terms->filter);
	}
	if (terms->bid_window_ms <= 0) {
		return 0;
	}
	return bids_create(broadcast, terms->bid_window_ms) ||
		(terms->bids_of && bids_inherit(broadcast, terms->bids_of, terms->bidders));
}

struct broadcast *broadcast_create(const struct broadcast_terms *terms)
{
	const int open = terms->more_to_come || names_count(terms->recipients) != 0;
	const int64_t now_ns = broadcast_clock_ns();
	struct broadcast *broadcast;

	if (!terms->channel_id || !*terms->channel_id) {
		errno = EINVAL;
		return NULL;
	}
	if (open && open_count_acquire(terms->max_open)) {
		return NULL;
	}
	broadcast = allocate(terms);
	if (!broadcast) {
		if (open) {
			open_count_release();
		}
		return NULL;
	}
	initialize(broadcast, terms);
	broadcast->deadline_ns =
		terms->deadline_ns ? terms->deadline_ns : now_ns + broadcast->timeout_ms * NS_PER_MS;
	if (!open) {
		/* Before anything can fail: one that is open is counted, and giving it back counts one less. */
		broadcast->state = BROADCAST_DECLINED;
		atomic_init(&broadcast->closed_ns, now_ns);
	}
	if (add_parts(broadcast, terms)) {
		broadcast->free_data = NULL;
		broadcast_unref(broadcast);
		errno = ENOMEM;
		return NULL;
	}
	return broadcast;
}

struct broadcast *broadcast_ref(struct broadcast *broadcast)
{
	if (broadcast) {
		atomic_fetch_add_explicit(&broadcast->references, 1, memory_order_relaxed);
	}
	return broadcast;
}

void broadcast_unref(struct broadcast *broadcast)
{
	if (!broadcast || atomic_fetch_sub_explicit(&broadcast->references, 1, memory_order_acq_rel) != 1) {
		return;
	}
	if (broadcast->state == BROADCAST_OPEN) {
		open_count_release();
		filters_unref(broadcast->filters);
	}
	if (broadcast->free_data) {
		broadcast->free_data(broadcast->data);
	}
	bids_free(broadcast);
	names_unref(broadcast->recipients);
	names_unref(broadcast->excluded);
	names_unref(broadcast->filter_text);
	if (broadcast->wake_fd >= 0) {
		close(broadcast->wake_fd);
	}
	pthread_mutex_destroy(&broadcast->lock);
	if (broadcast->has_winner_copy) {
		free((char *) broadcast->winner);
	}
	free(broadcast->moved_to);
	free(broadcast->has_declined);
	free(broadcast);
}

void *broadcast_data(const struct broadcast *broadcast)
{
	return broadcast->data;
}

unsigned long broadcast_serial(const struct broadcast *broadcast)
{
	return broadcast->serial;
}

const char *broadcast_channel_id(const struct broadcast *broadcast)
{
	return broadcast->channel_id;
}

struct names *broadcast_excluded(const struct broadcast *broadcast)
{
	return broadcast->excluded;
}

int broadcast_bid_window_ms(const struct broadcast *broadcast)
{
	return broadcast->bids ? broadcast->bids->window_ms : 0;
}

const char *broadcast_filter_text(const struct broadcast *broadcast)
{
	return broadcast->filter_text ? names_at(broadcast->filter_text, 0) : "";
}

void broadcast_wake_locked(struct broadcast *broadcast)
{
	/* Under the lock, so that it cannot be closed meanwhile; writing to it never blocks. */
	if (broadcast->wake_fd >= 0) {
		eventfd_write(broadcast->wake_fd, 1);
		broadcast->is_woken = 1;
	}
}

void broadcast_close_locked(
	struct broadcast *broadcast, enum broadcast_state state, struct deferred_release *deferred)
{
	broadcast->state = state;
	atomic_store_explicit(&broadcast->closed_ns, broadcast_clock_ns(), memory_order_release);
	deferred->filters = broadcast->filters;
	deferred->closed = 1;
	broadcast->filters = NULL;
	open_count_release();
	/* The descriptor stays readable, so that nobody can come too late. */
	broadcast_wake_locked(broadcast);
	if (broadcast->bids) {
		pthread_cond_broadcast(&broadcast->bids->changed);
	}
}

void broadcast_expire_locked(struct broadcast *broadcast, struct deferred_release *deferred)
{
	int64_t now_ns;

	if (broadcast->state != BROADCAST_OPEN) {
		return;
	}
	now_ns = broadcast_clock_ns();
	if (now_ns >= bids_award_ns_locked(broadcast)) {
		bids_award_locked(broadcast, deferred);
	} else if (now_ns >= broadcast->deadline_ns) {
		broadcast_close_locked(broadcast, BROADCAST_EXPIRED, deferred);
	}
}

void broadcast_attend(struct broadcast *broadcast, struct broadcast_duty *duty)
{
	eventfd_t ignored;
	int64_t award_ns;

	pthread_mutex_lock(&broadcast->lock);
	award_ns = bids_award_ns_locked(broadcast);
	*duty = (struct broadcast_duty){
		.is_exhausted = broadcast->state == BROADCAST_OPEN && broadcast->more_to_come &&
			broadcast->declines == names_count(broadcast->recipients),
		.award_ns = award_ns == INT64_MAX ? 0 : award_ns,
	};
	if (broadcast->state == BROADCAST_OPEN && broadcast->is_woken) {
		eventfd_read(broadcast->wake_fd, &ignored);
		broadcast->is_woken = 0;
	}
	pthread_mutex_unlock(&broadcast->lock);
}

void broadcast_release(struct broadcast *broadcast, struct deferred_release *deferred)
{
	const enum broadcast_state state = broadcast->state;
	const int is_to_be_told = deferred->closed && broadcast->announced;

	pthread_mutex_unlock(&broadcast->lock);
	filters_unref(deferred->filters);
	if (deferred->answer && deferred->answered_open) {
		observers_answered(broadcast, deferred->answer);
	}
	if (is_to_be_told) {
		broadcast_tell_closed(broadcast, state);
	}
	if (deferred->answer && !deferred->answered_open) {
		observers_answered(broadcast, deferred->answer);
	}
}

enum broadcast_state broadcast_close(struct broadcast *broadcast, enum broadcast_state reason)
{
	struct deferred_release deferred = { 0 };
	enum broadcast_state state;

	pthread_mutex_lock(&broadcast->lock);
	broadcast_expire_locked(broadcast, &deferred);
	if (broadcast->state == BROADCAST_OPEN) {
		broadcast_close_locked(broadcast, reason, &deferred);
	}
	state = broadcast->state;
	broadcast_release(broadcast, &deferred);
	return state;
}

enum broadcast_state broadcast_state(struct broadcast *broadcast)
{
	struct deferred_release deferred = { 0 };
	enum broadcast_state state;

	pthread_mutex_lock(&broadcast->lock);
	broadcast_expire_locked(broadcast, &deferred);
	state = broadcast->state;
	broadcast_release(broadcast, &deferred);
	return state;
}

int broadcast_remaining_ms(const struct broadcast *broadcast)
{
	int64_t left = broadcast->deadline_ns - broadcast_clock_ns();

	return left <= 0 ? 0 : (int) ((left + NS_PER_MS - 1) / NS_PER_MS);
}

int64_t broadcast_deadline_ns(const struct broadcast *broadcast)
{
	return broadcast->deadline_ns;
}

int64_t broadcast_opened_ns(const struct broadcast *broadcast)
{
	return broadcast->deadline_ns - broadcast->timeout_ms * NS_PER_MS;
}

int64_t broadcast_closed_ns(const struct broadcast *broadcast)
{
	return atomic_load_explicit(&broadcast->closed_ns, memory_order_acquire);
}

int broadcast_wake_open(struct broadcast *broadcast)
{
	int fd;

	pthread_mutex_lock(&broadcast->lock);
	if (broadcast->wake_fd < 0) {
		broadcast->wake_fd = eventfd(broadcast->state == BROADCAST_OPEN ? 0 : 1, EFD_CLOEXEC | EFD_NONBLOCK);
	}
	fd = broadcast->wake_fd;
	if (fd >= 0) {
		broadcast->wake_users++;
	}
	pthread_mutex_unlock(&broadcast->lock);
	return fd;
}

void broadcast_wake_close(struct broadcast *broadcast)
{
	int fd = -1;

	pthread_mutex_lock(&broadcast->lock);
	if (!--broadcast->wake_users) {
		fd = broadcast->wake_fd;
		broadcast->wake_fd = -1;
		broadcast->is_woken = 0;
	}
	pthread_mutex_unlock(&broadcast->lock);
	if (fd >= 0) {
		close(fd);
	}
}

int broadcast_set_moved(struct broadcast *broadcast, const char *channel_id)
{
	char *moved_to = strdup(channel_id);
	char *old;

	if (!moved_to) {
		return -1;
	}
	pthread_mutex_lock(&broadcast->lock);
	old = broadcast->moved_to;
	broadcast->moved_to = moved_to;
	pthread_mutex_unlock(&broadcast->lock);
	free(old);
	return 0;
}
