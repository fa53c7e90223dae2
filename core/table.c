/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A hash table from text to things that hold the text themselves: who finds a place taken has the next free one.
 */

#include "table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/*! The fewest places of a table that is not empty. */
#define SMALLEST 16

/*! It grows when more than 4 of 5 places are taken. */
#define FULL 4
#define FULL_OF 5

static pthread_once_t seeded = PTHREAD_ONCE_INIT;
static uint64_t seed;

static void make_seed(void)
{
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed)) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		seed = (uint64_t) now.tv_nsec * 0x9e3779b97f4a7c15u ^ (uintptr_t) &seed;
	}
}

uint64_t table_hash(const char *key)
{
	uint64_t hash;

	pthread_once(&seeded, make_seed);
	hash = seed ^ 0xcbf29ce484222325u;
	for (; *key; key++) {
		hash = (hash ^ (unsigned char) *key) * 0x100000001b3u;
	}
	/* FNV leaves the upper bits weak, and the registry cuts its parts by them. */
	hash = (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93u;
	return hash ^ (hash >> 32);
}

/*! \brief The place at which to begin the search for a hash. */
static size_t home_of(const struct table *table, uint64_t hash)
{
	return hash & (table->size - 1);
}

/*! \brief The place behind this one; behind the last one is the first. */
static size_t next_of(const struct table *table, size_t place)
{
	return (place + 1) & (table->size - 1);
}

/*! \brief Put a slot's contents into the first free place from its home on. There is one. */
static void put_slot(struct table *table, const struct table_slot *slot)
{
	size_t place = home_of(table, slot->hash);

	while (table->slots[place].thing) {
		place = next_of(table, place);
	}
	table->slots[place] = *slot;
	table->count++;
}

/*! \brief Move everything to \a size places. Without memory for them the table stays as it is. */
static int resize(struct table *table, size_t size)
{
	struct table resized = { .slots = calloc(size, sizeof(*table->slots)), .size = size };

	if (!resized.slots) {
		return -1;
	}
	for (size_t i = 0; i < table->size; i++) {
		if (table->slots[i].thing) {
			put_slot(&resized, &table->slots[i]);
		}
	}
	free(table->slots);
	*table = resized;
	return 0;
}

void *table_find(const struct table *table, const char *key, uint64_t hash)
{
	if (!table->size) {
		return NULL;
	}
	for (size_t i = home_of(table, hash); table->slots[i].thing; i = next_of(table, i)) {
		/* The key is in the memory of the thing, which is far away: only the right one is read. */
		if (table->slots[i].hash == hash && !strcmp(table->slots[i].key, key)) {
			return table->slots[i].thing;
		}
	}
	return NULL;
}

int table_put(struct table *table, const char *key, uint64_t hash, void *thing)
{
	const struct table_slot slot = { .hash = hash, .key = key, .thing = thing };

	/* One that cannot grow still works, only with longer searches, as long as a free place ends them. */
	if ((table->count + 1) * FULL_OF > table->size * FULL &&
		resize(table, table->size ? table->size * 2 : SMALLEST) && table->count + 1 >= table->size) {
		return -1;
	}
	put_slot(table, &slot);
	return 0;
}

/*! \brief Empty a place, and move up what has not found room before it because of it. */
static void empty(struct table *table, size_t hole)
{
	for (size_t i = next_of(table, hole); table->slots[i].thing; i = next_of(table, i)) {
		const size_t home = home_of(table, table->slots[i].hash);

		/* It must not come before its home: how far it is from there, and how far from the hole. */
		if (((i - home) & (table->size - 1)) >= ((i - hole) & (table->size - 1))) {
			table->slots[hole] = table->slots[i];
			hole = i;
		}
	}
	table->slots[hole] = (struct table_slot){ .thing = NULL };
	table->count--;
}

int table_remove(struct table *table, uint64_t hash, const void *thing)
{
	size_t i;

	if (!table->size) {
		return 0;
	}
	for (i = home_of(table, hash); table->slots[i].thing != thing; i = next_of(table, i)) {
		if (!table->slots[i].thing) {
			return 0;
		}
	}
	empty(table, i);
	if (!table->count) {
		table_clear(table);
	} else if (table->size > SMALLEST && table->count < table->size / 8) {
		resize(table, table->size / 2);
	}
	return 1;
}

void table_each(const struct table *table, void (*visit)(void *thing, void *data), void *data)
{
	for (size_t i = 0; i < table->size; i++) {
		if (table->slots[i].thing) {
			visit(table->slots[i].thing, data);
		}
	}
}

void table_clear(struct table *table)
{
	free(table->slots);
	*table = (struct table){ .slots = NULL };
}
