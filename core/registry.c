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

/*! \brief One part, on cache lines of its own. */
struct part {
	/*! Protects \a table; never held while a broadcast's own lock is taken. */
	alignas(64) pthread_mutex_t lock;
	struct table table;
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

void registry_withdraw_all(struct registry *registry)
{
	for (size_t i = 0; i < PARTS; i++) {
		struct part *part = &registry->parts[i];
		struct table taken;

		pthread_mutex_lock(&part->lock);
		taken = part->table;
		part->table = (struct table){ 0 };
		atomic_store_explicit(&part->count, 0, memory_order_relaxed);
		pthread_mutex_unlock(&part->lock);
		table_each(&taken, withdraw_each, NULL);
		table_clear(&taken);
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
		}
		atomic_store_explicit(&part->count, part->table.count, memory_order_relaxed);
	}
	pthread_mutex_unlock(&part->lock);
	if (old && !failed) {
		withdraw(old, BROADCAST_REPLACED);
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

struct broadcast *registry_take(struct registry *registry, const char *channel_id, unsigned long serial)
{
	uint64_t hash = table_hash(channel_id);
	struct part *part = part_of(registry, hash);
	struct broadcast *broadcast;

	pthread_mutex_lock(&part->lock);
	broadcast = table_find(&part->table, channel_id, hash);
	if (broadcast && serial && broadcast_serial(broadcast) != serial) {
		broadcast = NULL;
	}
	if (broadcast) {
		table_remove(&part->table, hash, broadcast);
		atomic_store_explicit(&part->count, part->table.count, memory_order_relaxed);
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
	found = table_remove(&part->table, hash, broadcast);
	atomic_store_explicit(&part->count, part->table.count, memory_order_relaxed);
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
