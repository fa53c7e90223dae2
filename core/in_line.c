/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The open broadcasts in the order of the line, as a skip list.
 *
 * Not a list alone: calls that are offered again and again keep the time of their first offer, and come back to the front
 * of thousands. Each one is in the lowest chain, and each fourth of those in a chain is in the one above.
 */

#include "in_line.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/*! Enough for more broadcasts than there can be. */
#define CHAINS 16

/*! \brief One broadcast in line. */
struct entry {
	struct broadcast *broadcast;
	struct in_line_place place;
	/*! In how many chains it is. */
	unsigned int chains;
	/*! The one behind it, in each of these. */
	struct entry *behind[];
};

struct in_line {
	/*! Protects all that follows, and what is in the entries. No other lock is taken under it. */
	pthread_mutex_t lock;
	struct entry *first[CHAINS];
	/*! Signalled when a call has come back: see in_line_move_begin(). */
	pthread_cond_t came_back;
	/*! How many have yet to, and how many have. The latter is changed first. */
	atomic_uint moving;
	atomic_ulong moved;
};

int in_line_compare(const struct in_line_place *one, const struct in_line_place *other)
{
	if (one->priority != other->priority) {
		return one->priority > other->priority ? -1 : 1;
	}
	if (one->since_ns != other->since_ns) {
		return one->since_ns < other->since_ns ? -1 : 1;
	}
	return (one->serial > other->serial) - (one->serial < other->serial);
}

struct in_line *in_line_create(void)
{
	struct in_line *line = calloc(1, sizeof(*line));
	pthread_condattr_t attributes;

	if (line) {
		pthread_mutex_init(&line->lock, NULL);
		pthread_condattr_init(&attributes);
		pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
		pthread_cond_init(&line->came_back, &attributes);
		pthread_condattr_destroy(&attributes);
	}
	return line;
}

static void free_entry(struct entry *entry)
{
	broadcast_unref(entry->broadcast);
	free(entry);
}

void in_line_destroy(struct in_line *line)
{
	struct entry *entry = line ? line->first[0] : NULL;

	while (entry) {
		struct entry *behind = entry->behind[0];

		free_entry(entry);
		entry = behind;
	}
	if (line) {
		pthread_cond_destroy(&line->came_back);
		pthread_mutex_destroy(&line->lock);
	}
	free(line);
}

/*! \brief In how many chains a broadcast is: as good as at random, and the same each time. */
static unsigned int draw_chains(unsigned long serial)
{
	uint64_t bits = serial * UINT64_C(0x9e3779b97f4a7c15);
	unsigned int chains = 1;

	bits = (bits ^ bits >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
	for (bits >>= 32; chains < CHAINS && !(bits & 3); bits >>= 2) {
		chains++;
	}
	return chains;
}

/*!
 * \brief Find a place, with the lock.
 *
 * \param is_past Whether to go past the one that has this very place.
 * \param[out] at Of each chain, the pointer to the first one that is not in front of the place.
 */
static void find_locked(
	struct in_line *line, const struct in_line_place *place, int is_past, struct entry **at[CHAINS])
{
	struct entry **from = line->first;

	for (unsigned int chain = CHAINS; chain-- > 0;) {
		while (from[chain] && in_line_compare(&from[chain]->place, place) < is_past) {
			from = from[chain]->behind;
		}
		at[chain] = &from[chain];
	}
}

/*! \brief An entry that is in no chain yet, with a reference of its own; NULL without memory. */
static struct entry *make_entry(struct broadcast *broadcast, const struct in_line_place *place)
{
	const unsigned int chains = draw_chains(place->serial);
	struct entry *entry = malloc(sizeof(*entry) + chains * sizeof(struct entry *));

	if (entry) {
		entry->broadcast = broadcast_ref(broadcast);
		entry->place = *place;
		entry->chains = chains;
	}
	return entry;
}

int in_line_join(struct in_line *line, struct broadcast *broadcast, int priority, int64_t since_ns)
{
	const struct in_line_place place = { priority, since_ns, broadcast_serial(broadcast) };
	struct entry *entry = make_entry(broadcast, &place);
	unsigned int chain = 0;
	struct entry **at[CHAINS];

	if (!entry) {
		return -1;
	}
	pthread_mutex_lock(&line->lock);
	find_locked(line, &place, 0, at);
	do {
		entry->behind[chain] = *at[chain];
		*at[chain] = entry;
	} while (++chain < entry->chains);
	pthread_mutex_unlock(&line->lock);
	/* Who closed it before has not found it here. Who does from now on finds it. */
	if (broadcast_state(broadcast) != BROADCAST_OPEN) {
		in_line_leave(line, broadcast, priority, since_ns);
	}
	return 0;
}

void in_line_leave(struct in_line *line, struct broadcast *broadcast, int priority, int64_t since_ns)
{
	const struct in_line_place place = { priority, since_ns, broadcast_serial(broadcast) };
	struct entry **at[CHAINS];
	struct entry *entry;

	pthread_mutex_lock(&line->lock);
	find_locked(line, &place, 0, at);
	entry = *at[0];
	if (entry && entry->broadcast != broadcast) {
		entry = NULL;
	}
	for (unsigned int chain = 0; entry && chain < entry->chains; chain++) {
		*at[chain] = entry->behind[chain];
	}
	pthread_mutex_unlock(&line->lock);
	if (entry) {
		free_entry(entry);
	}
}

void in_line_move_begin(struct in_line *line)
{
	atomic_fetch_add(&line->moving, 1);
}

void in_line_move_end(struct in_line *line)
{
	pthread_mutex_lock(&line->lock);
	atomic_fetch_add(&line->moved, 1);
	atomic_fetch_sub(&line->moving, 1);
	pthread_cond_broadcast(&line->came_back);
	pthread_mutex_unlock(&line->lock);
}

unsigned long in_line_moved(struct in_line *line)
{
	return atomic_load(&line->moved);
}

int in_line_await_moves(struct in_line *line, unsigned long moved, int64_t until_ns)
{
	const struct timespec end = { .tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000 };

	if (atomic_load(&line->moving)) {
		pthread_mutex_lock(&line->lock);
		while (atomic_load(&line->moving) && !pthread_cond_timedwait(&line->came_back, &line->lock, &end)) {
		}
		pthread_mutex_unlock(&line->lock);
	}
	return atomic_load(&line->moved) != moved && broadcast_clock_ns() < until_ns;
}

size_t in_line_next(struct in_line *line, struct in_line_walk *walk, struct broadcast **next, size_t most)
{
	struct entry **at[CHAINS] = { line->first };
	struct entry *entry;
	size_t count = 0;

	pthread_mutex_lock(&line->lock);
	if (walk->has_begun) {
		find_locked(line, &walk->last, 1, at);
	}
	for (entry = *at[0]; entry && count < most; entry = entry->behind[0]) {
		next[count++] = broadcast_ref(entry->broadcast);
		walk->last = entry->place;
		walk->has_begun = 1;
	}
	pthread_mutex_unlock(&line->lock);
	return count;
}
