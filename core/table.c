/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A hash table from text to things that hold the text themselves: chains in buckets.
 */

#include "table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/*! The fewest buckets of a table that is not empty. */
#define SMALLEST 16

struct table_entry {
	struct table_entry *next;
	const char *key;
	void *thing;
};

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

static struct table_entry **bucket_of(const struct table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->size - 1)];
}

/*! \brief Spread the entries over \a size buckets. Without memory for them the table stays as it is. */
static int resize(struct table *table, size_t size)
{
	struct table resized = { .buckets = calloc(size, sizeof(*table->buckets)), .size = size };

	if (!resized.buckets) {
		return -1;
	}
	for (size_t i = 0; i < table->size; i++) {
		struct table_entry *entry = table->buckets[i];

		while (entry) {
			struct table_entry *next = entry->next;
			struct table_entry **bucket = bucket_of(&resized, table_hash(entry->key));

			entry->next = *bucket;
			*bucket = entry;
			entry = next;
		}
	}
	free(table->buckets);
	table->buckets = resized.buckets;
	table->size = size;
	return 0;
}

void *table_find(const struct table *table, const char *key, uint64_t hash)
{
	if (!table->size) {
		return NULL;
	}
	for (struct table_entry *entry = *bucket_of(table, hash); entry; entry = entry->next) {
		if (!strcmp(entry->key, key)) {
			return entry->thing;
		}
	}
	return NULL;
}

int table_put(struct table *table, const char *key, uint64_t hash, void *thing)
{
	struct table_entry *entry;
	struct table_entry **bucket;

	/* A full table that cannot grow still works, only with longer chains. */
	if (table->count >= table->size && resize(table, table->size ? table->size * 2 : SMALLEST) &&
		!table->size) {
		return -1;
	}
	entry = malloc(sizeof(*entry));
	if (!entry) {
		return -1;
	}
	bucket = bucket_of(table, hash);
	*entry = (struct table_entry){ .next = *bucket, .key = key, .thing = thing };
	*bucket = entry;
	table->count++;
	return 0;
}

int table_remove(struct table *table, uint64_t hash, const void *thing)
{
	struct table_entry **link;

	if (!table->size) {
		return 0;
	}
	for (link = bucket_of(table, hash); *link; link = &(*link)->next) {
		if ((*link)->thing == thing) {
			struct table_entry *entry = *link;

			*link = entry->next;
			free(entry);
			table->count--;
			if (!table->count) {
				table_clear(table);
			} else if (table->size > SMALLEST && table->count < table->size / 8) {
				resize(table, table->size / 2);
			}
			return 1;
		}
	}
	return 0;
}

void table_each(const struct table *table, void (*visit)(void *thing, void *data), void *data)
{
	for (size_t i = 0; i < table->size; i++) {
		for (struct table_entry *entry = table->buckets[i]; entry; entry = entry->next) {
			visit(entry->thing, data);
		}
	}
}

void table_clear(struct table *table)
{
	for (size_t i = 0; i < table->size; i++) {
		struct table_entry *entry = table->buckets[i];

		while (entry) {
			struct table_entry *next = entry->next;

			free(entry);
			entry = next;
		}
	}
	free(table->buckets);
	*table = (struct table){ 0 };
}
