/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief One broadcast: its state, who waits on it, and the one change from open to closed.
 */

#include "broadcast.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS INT64_C(1000000)

struct broadcast {
	atomic_uint references;
	int timeout_ms;
	int any_claimant;
	int64_t deadline_ns;
	/*! Zero while it is open. Written under the lock, read without it. */
	_Atomic int64_t closed_ns;
	/*! Whether its channel is on offer again. */
	atomic_int followed;
	/*! The applications it was offered to. */
	struct names *recipients;
	/*! The applications that may not claim it; NULL: none. */
	struct names *barred;
	void (*release)(void *cargo);

	/*! Protects all that follows: rules 1 to 4 hold because every change of state is made under it. */
	pthread_mutex_t lock;
	enum broadcast_state state;
	/*! Given back at the close: a live call keeps no compiled filter. */
	struct app_filter *filter;
	/*! Set if and only if the state is claimed. */
	char *winner;
	/*! One byte for each recipient, made at the first decline. */
	unsigned char *has_declined;
	size_t declines;
	/*! The descriptor that all who wait share, while there are any. */
	int wake_fd;
	unsigned int wake_users;
	void *cargo;

	const char *filter_text;
	/*! Followed by the filter's text. */
	char channel_id[];
};

/*!
 * \brief How many are open; each is counted from its making to its close, which comes to one whose deadline has
 * passed when somebody looks at it.
 */
static atomic_size_t open_count;

/*! \brief What a close leaves to be given back once the lock is released. */
struct leavings {
	struct app_filter *filter;
	void *cargo;
};

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
static int take_place(size_t max_open)
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

static void give_place_back(void)
{
	atomic_fetch_sub_explicit(&open_count, 1, memory_order_relaxed);
}

/*! \brief Memory for a broadcast and what it copies of its terms. */
static struct broadcast *allocate(const struct broadcast_terms *terms)
{
	const char *filter_text = app_filter_text(terms->filter);
	const size_t id_size = strlen(terms->channel_id) + 1;
	struct broadcast *broadcast = calloc(1, sizeof(*broadcast) + id_size + strlen(filter_text) + 1);

	if (broadcast) {
		memcpy(broadcast->channel_id, terms->channel_id, id_size);
		/* NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.strcpy): there is room for it, see above */
		broadcast->filter_text = strcpy(broadcast->channel_id + id_size, filter_text);
	}
	return broadcast;
}

struct broadcast *broadcast_create(const struct broadcast_terms *terms)
{
	const int open = names_count(terms->recipients) != 0;
	const int64_t now_ns = broadcast_clock_ns();
	struct broadcast *broadcast;

	if (!terms->channel_id || !*terms->channel_id) {
		errno = EINVAL;
		return NULL;
	}
	if (open && take_place(terms->max_open)) {
		return NULL;
	}
	broadcast = allocate(terms);
	if (!broadcast) {
		if (open) {
			give_place_back();
		}
		return NULL;
	}
	atomic_init(&broadcast->references, 1);
	pthread_mutex_init(&broadcast->lock, NULL);
	broadcast->any_claimant = terms->any_claimant;
	broadcast->filter = app_filter_ref(terms->filter);
	broadcast->recipients = names_ref(terms->recipients);
	broadcast->barred = names_ref(terms->barred);
	broadcast->wake_fd = -1;
	broadcast->cargo = terms->cargo;
	broadcast->release = terms->release;
	broadcast->timeout_ms = limit_timeout(terms->timeout_ms);
	broadcast->deadline_ns = now_ns + broadcast->timeout_ms * NS_PER_MS;
	if (!open) {
		broadcast->state = BROADCAST_DECLINED;
		atomic_init(&broadcast->closed_ns, now_ns);
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

static void release_cargo(struct broadcast *broadcast, void *cargo)
{
	if (cargo && broadcast->release) {
		broadcast->release(cargo);
	}
}

void broadcast_unref(struct broadcast *broadcast)
{
	if (!broadcast || atomic_fetch_sub_explicit(&broadcast->references, 1, memory_order_acq_rel) != 1) {
		return;
	}
	if (broadcast->state == BROADCAST_OPEN) {
		give_place_back();
	}
	release_cargo(broadcast, broadcast->cargo);
	app_filter_unref(broadcast->filter);
	names_unref(broadcast->recipients);
	names_unref(broadcast->barred);
	if (broadcast->wake_fd >= 0) {
		close(broadcast->wake_fd);
	}
	pthread_mutex_destroy(&broadcast->lock);
	free(broadcast->winner);
	free(broadcast->has_declined);
	free(broadcast);
}

const char *broadcast_channel_id(const struct broadcast *broadcast)
{
	return broadcast->channel_id;
}

const char *broadcast_filter_text(const struct broadcast *broadcast)
{
	return broadcast->filter_text;
}

/*!
 * \brief Wake who waits. The descriptor stays readable, so that nobody can come too late.
 *
 * Under the lock, so that the descriptor cannot be closed meanwhile; it never blocks.
 */
static void wake_locked(struct broadcast *broadcast)
{
	if (broadcast->wake_fd >= 0) {
		eventfd_write(broadcast->wake_fd, 1);
	}
}

/*! \brief The change from open to closed: the only place where the state is written. */
static struct leavings close_locked(struct broadcast *broadcast, enum broadcast_state state)
{
	struct leavings leavings = { .filter = broadcast->filter };

	broadcast->state = state;
	atomic_store_explicit(&broadcast->closed_ns, broadcast_clock_ns(), memory_order_release);
	broadcast->filter = NULL;
	give_place_back();
	if (state != BROADCAST_CLAIMED) {
		leavings.cargo = broadcast->cargo;
		broadcast->cargo = NULL;
	}
	wake_locked(broadcast);
	return leavings;
}

/*! \brief Give back what a close left, without the lock: neither may be done under it. */
static void clear_leavings(struct broadcast *broadcast, struct leavings leavings)
{
	app_filter_unref(leavings.filter);
	release_cargo(broadcast, leavings.cargo);
}

/*! \brief Close it as expired if it is open and its deadline has passed (rule 3). */
static struct leavings expire_locked(struct broadcast *broadcast)
{
	if (broadcast->state == BROADCAST_OPEN && broadcast_clock_ns() >= broadcast->deadline_ns) {
		return close_locked(broadcast, BROADCAST_EXPIRED);
	}
	return (struct leavings){ 0 };
}

/*! \brief What a claim is answered before anything else is known; \c BROADCAST_YES while it is open. */
static enum broadcast_answer standing_locked(const struct broadcast *broadcast, const char *app)
{
	switch (broadcast->state) {
	case BROADCAST_OPEN:
		return BROADCAST_YES;
	case BROADCAST_CLAIMED:
		return app && !strcmp(broadcast->winner, app) ? BROADCAST_YES : BROADCAST_TAKEN;
	default:
		return BROADCAST_CLOSED;
	}
}

/*!
 * \brief Whether an application may have a say in an open broadcast (rule 5).
 *
 * Asked without the lock, since both questions take locks of others. \a filter is given back.
 */
static int is_entitled(const struct broadcast *broadcast, struct app_filter *filter, const char *app,
	int (*is_registered)(const char *app))
{
	int entitled = app && *app && names_find(broadcast->barred, app) < 0;

	if (entitled && !broadcast->any_claimant) {
		entitled = (!is_registered || is_registered(app)) && app_filter_match(filter, app);
	}

	app_filter_unref(filter);
	return entitled;
}

/*!
 * \brief Look at the state for a claimant.
 *
 * \param[out] filter A reference, if it is open.
 * \return Whether it is open; if not, \a answer is final.
 */
static int enquire(
	struct broadcast *broadcast, const char *app, enum broadcast_answer *answer, struct app_filter **filter)
{
	struct leavings leavings;
	int open;

	pthread_mutex_lock(&broadcast->lock);
	leavings = expire_locked(broadcast);
	open = broadcast->state == BROADCAST_OPEN;
	*answer = standing_locked(broadcast, app);
	*filter = open ? app_filter_ref(broadcast->filter) : NULL;
	pthread_mutex_unlock(&broadcast->lock);
	clear_leavings(broadcast, leavings);
	return open;
}

/*! \brief Make it \a winner's if it is still open; takes \a winner over. */
static enum broadcast_answer commit_claim(struct broadcast *broadcast, char *winner, int *first)
{
	struct leavings leavings;
	enum broadcast_answer answer;

	pthread_mutex_lock(&broadcast->lock);
	leavings = expire_locked(broadcast);
	answer = standing_locked(broadcast, winner);
	if (broadcast->state == BROADCAST_OPEN) {
		broadcast->winner = winner;
		winner = NULL;
		leavings = close_locked(broadcast, BROADCAST_CLAIMED);
		*first = 1;
	}
	pthread_mutex_unlock(&broadcast->lock);
	clear_leavings(broadcast, leavings);
	free(winner);
	return answer;
}

enum broadcast_answer broadcast_claim(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app), int *first)
{
	enum broadcast_answer answer;
	struct app_filter *filter;
	int is_first = 0;
	char *winner;

	if (enquire(broadcast, app, &answer, &filter)) {
		if (!is_entitled(broadcast, filter, app, is_registered)) {
			answer = BROADCAST_BARRED;
		} else {
			winner = strdup(app);
			answer = winner ? commit_claim(broadcast, winner, &is_first) : BROADCAST_CLOSED;
		}
	}
	if (first) {
		*first = is_first;
	}
	return answer;
}

/*! \brief Note a recipient's decline. \return What the last one leaves to be given back. */
static struct leavings decline_locked(struct broadcast *broadcast, long recipient)
{
	size_t count = names_count(broadcast->recipients);

	if (!broadcast->has_declined) {
		broadcast->has_declined = calloc(count, 1);
	}
	if (broadcast->has_declined && !broadcast->has_declined[recipient]) {
		broadcast->has_declined[recipient] = 1;
		if (++broadcast->declines == count) {
			return close_locked(broadcast, BROADCAST_DECLINED);
		}
	}
	return (struct leavings){ 0 };
}

/*! \brief Decline for one that is entitled to. \a recipient is -1 if it was offered nothing. */
static enum broadcast_answer commit_decline(struct broadcast *broadcast, long recipient)
{
	struct leavings leavings;
	enum broadcast_answer answer;

	pthread_mutex_lock(&broadcast->lock);
	leavings = expire_locked(broadcast);
	answer = standing_locked(broadcast, NULL);
	if (broadcast->state == BROADCAST_OPEN && recipient >= 0) {
		leavings = decline_locked(broadcast, recipient);
	}
	pthread_mutex_unlock(&broadcast->lock);
	clear_leavings(broadcast, leavings);
	return answer;
}

/*! \brief Whether a recipient's decline was noted before. */
static int has_declined(struct broadcast *broadcast, long recipient)
{
	int declined;

	pthread_mutex_lock(&broadcast->lock);
	declined = recipient >= 0 && broadcast->has_declined && broadcast->has_declined[recipient];
	pthread_mutex_unlock(&broadcast->lock);
	return declined;
}

enum broadcast_answer broadcast_decline(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app))
{
	enum broadcast_answer answer;
	struct app_filter *filter;
	long recipient = app ? names_find(broadcast->recipients, app) : -1;

	if (enquire(broadcast, NULL, &answer, &filter)) {
		if (!is_entitled(broadcast, filter, app, is_registered)) {
			return BROADCAST_BARRED;
		}
		answer = commit_decline(broadcast, recipient);
	}
	/* An HTTP client that retries a decline hears the same answer after the close. */
	if (answer == BROADCAST_CLOSED && has_declined(broadcast, recipient)) {
		answer = BROADCAST_YES;
	}
	return answer;
}

enum broadcast_state broadcast_close(struct broadcast *broadcast, enum broadcast_state reason)
{
	struct leavings leavings;
	enum broadcast_state state;

	pthread_mutex_lock(&broadcast->lock);
	leavings = expire_locked(broadcast);
	if (broadcast->state == BROADCAST_OPEN) {
		leavings = close_locked(broadcast, reason);
	}
	state = broadcast->state;
	pthread_mutex_unlock(&broadcast->lock);
	clear_leavings(broadcast, leavings);
	return state;
}

enum broadcast_state broadcast_state(struct broadcast *broadcast)
{
	struct leavings leavings;
	enum broadcast_state state;

	pthread_mutex_lock(&broadcast->lock);
	leavings = expire_locked(broadcast);
	state = broadcast->state;
	pthread_mutex_unlock(&broadcast->lock);
	clear_leavings(broadcast, leavings);
	return state;
}

int broadcast_has_recipients(const struct broadcast *broadcast)
{
	return names_count(broadcast->recipients) > 0;
}

int broadcast_remaining_ms(const struct broadcast *broadcast)
{
	int64_t left = broadcast->deadline_ns - broadcast_clock_ns();

	return left <= 0 ? 0 : (int) ((left + NS_PER_MS - 1) / NS_PER_MS);
}

int64_t broadcast_closed_ns(const struct broadcast *broadcast)
{
	return atomic_load_explicit(&broadcast->closed_ns, memory_order_acquire);
}

void broadcast_set_followed(struct broadcast *broadcast)
{
	atomic_store_explicit(&broadcast->followed, 1, memory_order_release);
}

int broadcast_is_followed(const struct broadcast *broadcast)
{
	return atomic_load_explicit(&broadcast->followed, memory_order_acquire);
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
	}
	pthread_mutex_unlock(&broadcast->lock);
	if (fd >= 0) {
		close(fd);
	}
}

char *broadcast_winner(struct broadcast *broadcast)
{
	char *winner;

	pthread_mutex_lock(&broadcast->lock);
	winner = broadcast->winner ? strdup(broadcast->winner) : NULL;
	pthread_mutex_unlock(&broadcast->lock);
	return winner;
}

void *broadcast_take_cargo(struct broadcast *broadcast)
{
	void *cargo;

	pthread_mutex_lock(&broadcast->lock);
	cargo = broadcast->cargo;
	broadcast->cargo = NULL;
	pthread_mutex_unlock(&broadcast->lock);
	return cargo;
}

/*! \brief The recipients that have declined; NULL if none, or without memory. */
static struct names *declined_locked(const struct broadcast *broadcast)
{
	struct names *names;
	const char **list;
	size_t count = 0;

	if (!broadcast->declines) {
		return NULL;
	}
	list = malloc(broadcast->declines * sizeof(*list));
	if (!list) {
		return NULL;
	}
	for (size_t i = 0; i < names_count(broadcast->recipients); i++) {
		if (broadcast->has_declined[i]) {
			list[count++] = names_at(broadcast->recipients, i);
		}
	}
	names = names_create(list, count);
	free(list);
	return names;
}

void broadcast_look(struct broadcast *broadcast, struct broadcast_look *look)
{
	struct leavings leavings;

	pthread_mutex_lock(&broadcast->lock);
	leavings = expire_locked(broadcast);
	*look = (struct broadcast_look){
		.state = broadcast->state,
		.timeout_ms = broadcast->timeout_ms,
		.recipients = names_ref(broadcast->recipients),
		.declined = declined_locked(broadcast),
		.winner = broadcast->winner ? strdup(broadcast->winner) : NULL,
	};
	if (look->state == BROADCAST_OPEN) {
		look->remaining_ms = broadcast_remaining_ms(broadcast);
	}
	pthread_mutex_unlock(&broadcast->lock);
	clear_leavings(broadcast, leavings);
}

void broadcast_look_done(struct broadcast_look *look)
{
	names_unref(look->recipients);
	names_unref(look->declined);
	free(look->winner);
	*look = (struct broadcast_look){ 0 };
}

int broadcast_may_claim(struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app))
{
	enum broadcast_answer answer;
	struct app_filter *filter;

	return enquire(broadcast, app, &answer, &filter) && is_entitled(broadcast, filter, app, is_registered);
}
