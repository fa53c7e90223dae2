/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Channel ID to broadcast: at most one for each channel, in parts with a lock each.
 */

#include "registry.h"
#include "table.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

/*! More than there are threads that claim at the same time on any machine we know. */
#define PARTS 64

/*! \brief A broadcast whose channel's ID is another one's now: only who made it asks for it. */
struct displaced {
	struct broadcast *broadcast;
	struct displaced *next;
};

/*! \brief One part, on cache lines of its own. */
struct part {
	/*! Protects \a table and \a displaced; never held while a broadcast's own lock is taken. */
	alignas(64) pthread_mutex_t lock;
	struct table table;
	/*! As good as always empty. */
	struct displaced *displaced;
	/*! What \a table counts, to be read without the lock. */
	atomic_size_t count;
};

struct registry {
	struct part parts[PARTS];
};

/*! \brief The part for a hash: by its upper bits, since the table in it uses the lower ones. */
static struct part *part_of(struct registry *registry, uint64_t hash)
{
	return &registry->parts[hash >> 58];
}

struct registry *registry_create(void)
{
	struct registry *registry = aligned_alloc(alignof(struct registry), sizeof(*registry));

	if (!registry) {
		return NULL;
	}
	for (size_t i = 0; i < PARTS; i++) {
		pthread_mutex_init(&registry->parts[i].lock, NULL);
		registry->parts[i].table = (struct table){ 0 };
		registry->parts[i].displaced = NULL;
		atomic_init(&registry->parts[i].count, 0);
	}
	return registry;
}

/*! \brief Let go of a broadcast that was taken out of the table. */
static void withdraw(struct broadcast *broadcast, enum broadcast_state reason)
{
	broadcast_close(broadcast, reason);
	broadcast_unref(broadcast);
}

static void withdraw_each(void *thing, void *data)
{
	(void) data;
	withdraw(thing, BROADCAST_GONE);
}

/*! \brief Keep a broadcast that was taken out of the table; without memory it goes. With the lock. */
static void displace_locked(struct part *part, struct broadcast *broadcast)
{
	struct displaced *displaced = malloc(sizeof(*displaced));

	if (displaced) {
		*displaced = (struct displaced){ broadcast_ref(broadcast), part->displaced };
		part->displaced = displaced;
	}
}

/*! \brief Where the pointer to a displaced broadcast is; to NULL if it is none. With the lock. */
static struct displaced **find_displaced_locked(struct part *part, const struct broadcast *broadcast)
{
	struct displaced **at = &part->displaced;

	while (*at && (*at)->broadcast != broadcast) {
		at = &(*at)->next;
	}
	return at;
}

/*! \brief Take one out. With the lock. \return The reference that was kept; NULL if there is none. */
static struct broadcast *take_displaced_locked(struct displaced **at)
{
	struct displaced *displaced = *at;
	struct broadcast *broadcast = NULL;

	if (displaced) {
		broadcast = displaced->broadcast;
		*at = displaced->next;
		free(displaced);
	}
	return broadcast;
}

/*! \brief The broadcast with a serial, in the table or displaced; 0: the one in the table. No reference. With the lock. */
static struct broadcast *find_run_locked(
	const struct part *part, const char *channel_id, uint64_t hash, unsigned long serial)
{
	struct broadcast *broadcast = table_find(&part->table, channel_id, hash);
	const struct displaced *displaced = part->displaced;

	if (!serial || (broadcast && broadcast_serial(broadcast) == serial)) {
		return broadcast;
	}
	while (displaced && broadcast_serial(displaced->broadcast) != serial) {
		displaced = displaced->next;
	}
	return displaced ? displaced->broadcast : NULL;
}

/*! \brief Take a broadcast out of the table, or from among the displaced. With the lock. \return Whether it was there. */
static int take_out_locked(struct part *part, uint64_t hash, struct broadcast *broadcast)
{
	const int found = table_remove(&part->table, hash, broadcast);

	atomic_store_explicit(&part->count, part->table.count, memory_order_relaxed);
	return found || take_displaced_locked(find_displaced_locked(part, broadcast));
}

/*! \brief Withdraw all of a list that was taken off its part. Without the lock. */
static void withdraw_displaced(struct displaced *displaced)
{
	while (displaced) {
		struct displaced *next = displaced->next;

		withdraw(displaced->broadcast, BROADCAST_GONE);
		free(displaced);
		displaced = next;
	}
}

void registry_withdraw_all(struct registry *registry)
{
	for (size_t i = 0; i < PARTS; i++) {
		struct part *part = &registry->parts[i];
		struct displaced *displaced;
		struct table taken;

		pthread_mutex_lock(&part->lock);
		displaced = part->displaced;
		part->displaced = NULL;
		taken = part->table;
		part->table = (struct table){ 0 };
		atomic_store_explicit(&part->count, 0, memory_order_relaxed);
		pthread_mutex_unlock(&part->lock);
		table_each(&taken, withdraw_each, NULL);
		table_clear(&taken);
		withdraw_displaced(displaced);
	}
}

void registry_destroy(struct registry *registry)
{
	if (!registry) {
		return;
	}
	registry_withdraw_all(registry);
	for (size_t i = 0; i < PARTS; i++) {
		pthread_mutex_destroy(&registry->parts[i].lock);
	}
	free(registry);
}

/*!
 * \brief Withdraw one whose channel's ID another one has now (rule 6). One that is claimed stays its run's until that ends (rule 11).
 *
 * \param old A reference, given back.
 */
static void withdraw_replaced(struct part *part, struct broadcast *old)
{
	struct broadcast *kept = NULL;

	if (broadcast_close(old, BROADCAST_REPLACED) != BROADCAST_CLAIMED) {
		pthread_mutex_lock(&part->lock);
		kept = take_displaced_locked(find_displaced_locked(part, old));
		pthread_mutex_unlock(&part->lock);
	}
	broadcast_unref(kept);
	broadcast_unref(old);
}

int registry_put(struct registry *registry, struct broadcast *broadcast)
{
	const char *id = broadcast_channel_id(broadcast);
	uint64_t hash = table_hash(id);
	struct part *part = part_of(registry, hash);
	struct broadcast *old;
	int failed;

	pthread_mutex_lock(&part->lock);
	old = table_find(&part->table, id, hash);
	failed = table_put(&part->table, id, hash, broadcast);
	if (!failed) {
		broadcast_ref(broadcast);
		if (old) {
			table_remove(&part->table, hash, old);
			displace_locked(part, old);
		}
		atomic_store_explicit(&part->count, part->table.count, memory_order_relaxed);
	}
	pthread_mutex_unlock(&part->lock);
	if (old && !failed) {
		withdraw_replaced(part, old);
	}
	return failed;
}

struct broadcast *registry_get(struct registry *registry, const char *channel_id)
{
	uint64_t hash = table_hash(channel_id);
	struct part *part = part_of(registry, hash);
	struct broadcast *broadcast;

	pthread_mutex_lock(&part->lock);
	broadcast = broadcast_ref(table_find(&part->table, channel_id, hash));
	pthread_mutex_unlock(&part->lock);
	return broadcast;
}

struct broadcast *registry_find(struct registry *registry, const char *channel_id, unsigned long serial)
{
	uint64_t hash = table_hash(channel_id);
	struct part *part = part_of(registry, hash);
	struct broadcast *broadcast;

	pthread_mutex_lock(&part->lock);
	broadcast = broadcast_ref(find_run_locked(part, channel_id, hash, serial));
	pthread_mutex_unlock(&part->lock);
	return broadcast;
}

struct broadcast *registry_take(struct registry *registry, const char *channel_id, unsigned long serial)
{
	uint64_t hash = table_hash(channel_id);
	struct part *part = part_of(registry, hash);
	struct broadcast *broadcast;

	pthread_mutex_lock(&part->lock);
	broadcast = find_run_locked(part, channel_id, hash, serial);
	if (broadcast) {
		take_out_locked(part, hash, broadcast);
	}
	pthread_mutex_unlock(&part->lock);
	if (broadcast) {
		broadcast_close(broadcast, BROADCAST_GONE);
	}
	return broadcast;
}

void registry_remove(struct registry *registry, struct broadcast *broadcast)
{
	uint64_t hash = table_hash(broadcast_channel_id(broadcast));
	struct part *part = part_of(registry, hash);
	int found;

	pthread_mutex_lock(&part->lock);
	found = take_out_locked(part, hash, broadcast);
	pthread_mutex_unlock(&part->lock);
	/* The thread that replaced it may not have come to withdraw it yet: after this, no claim succeeds. */
	broadcast_close(broadcast, BROADCAST_GONE);
	if (found) {
		broadcast_unref(broadcast);
	}
}

size_t registry_count(const struct registry *registry)
{
	size_t count = 0;

	for (size_t i = 0; i < PARTS; i++) {
		count += atomic_load_explicit(&registry->parts[i].count, memory_order_relaxed);
	}
	return count;
}

/*! \brief An array of broadcasts that grows. */
struct listing {
	struct broadcast **list;
	size_t count;
	size_t size;
};

static void list_one(void *thing, void *data)
{
	struct listing *listing = data;

	if (listing->count < listing->size) {
		listing->list[listing->count++] = broadcast_ref(thing);
	}
}

/*! \brief Add one part's broadcasts. \retval -1 if memory ran out. */
static int list_part(struct part *part, struct listing *listing)
{
	struct broadcast **list;
	int failed = 0;

	pthread_mutex_lock(&part->lock);
	if (part->table.count) {
		list = realloc(listing->list, (listing->count + part->table.count) * sizeof(*list));
		failed = !list;
		if (list) {
			listing->list = list;
			listing->size = listing->count + part->table.count;
			table_each(&part->table, list_one, listing);
		}
	}
	pthread_mutex_unlock(&part->lock);
	return failed ? -1 : 0;
}

struct broadcast **registry_list(struct registry *registry, size_t *count)
{
	struct listing listing = { 0 };

	for (size_t i = 0; i < PARTS; i++) {
		if (list_part(&registry->parts[i], &listing)) {
			while (listing.count) {
				broadcast_unref(listing.list[--listing.count]);
			}
			free(listing.list);
			listing.list = NULL;
			break;
		}
	}
	*count = listing.count;
	return listing.list;
}
