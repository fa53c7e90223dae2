/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Things by name with a bound: names come from dialplans and requests, and memory does not.
 */

#include "stats_store.h"

#include "asterisk/utils.h"

void *stats_lru_find(const struct stats_lru *lru, const char *name)
{
	return stats_lru_find_hashed(lru, name, table_hash(name));
}

void *stats_lru_find_hashed(const struct stats_lru *lru, const char *name, uint64_t hash)
{
	return lru->table.count ? table_find(&lru->table, name, hash) : NULL;
}

static void forget(struct stats_lru *lru, struct stats_entry *entry)
{
	if (lru->forget) {
		lru->forget(entry);
	}
	table_remove(&lru->table, entry->hash, entry);
	AST_DLLIST_REMOVE(&lru->recent, entry, recent);
	ast_free(entry);
}

/*! \brief Make a thing and put it into the table. \retval NULL without memory. */
static struct stats_entry *create(struct stats_lru *lru, const char *name, uint64_t hash)
{
	const size_t length = strlen(name) + 1;
	struct stats_entry *entry = ast_calloc(1, lru->size + length);

	if (!entry) {
		return NULL;
	}
	entry->hash = hash;
	entry->name = memcpy((char *) entry + lru->size, name, length);
	if (table_put(&lru->table, entry->name, hash, entry)) {
		ast_free(entry);
		return NULL;
	}
	return entry;
}

void stats_lru_renew(struct stats_lru *lru, struct stats_entry *entry)
{
	AST_DLLIST_REMOVE(&lru->recent, entry, recent);
	AST_DLLIST_INSERT_TAIL(&lru->recent, entry, recent);
}

void *stats_lru_touch(struct stats_lru *lru, const char *name, size_t most)
{
	const uint64_t hash = table_hash(name);
	struct stats_entry *entry = table_find(&lru->table, name, hash);

	if (entry) {
		stats_lru_renew(lru, entry);
		return entry;
	}
	while (lru->table.count && lru->table.count >= most) {
		forget(lru, AST_DLLIST_FIRST(&lru->recent));
	}
	entry = create(lru, name, hash);
	if (entry) {
		AST_DLLIST_INSERT_TAIL(&lru->recent, entry, recent);
	}
	return entry;
}

void stats_lru_clear(struct stats_lru *lru)
{
	while (!AST_DLLIST_EMPTY(&lru->recent)) {
		forget(lru, AST_DLLIST_FIRST(&lru->recent));
	}
	table_clear(&lru->table);
	lru->table = (struct table){ 0 };
}
