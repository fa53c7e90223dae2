/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A hash table from text to things that hold the text themselves.
 *
 * Not locked: who owns a table owns the lock. It grows and shrinks with what is in it.
 */

#ifndef CORE_TABLE_H
#define CORE_TABLE_H

#include <stddef.h>
#include <stdint.h>

/*! \brief A place for one thing. */
struct table_slot {
	uint64_t hash;
	/*! Somewhere in the thing. */
	const char *key;
	/*! NULL: the place is free. */
	void *thing;
};

/*! \brief A table; all zero is an empty one. */
struct table {
	struct table_slot *slots;
	/*! How many places there are: a power of two, or 0 before the first thing is put in. */
	size_t size;
	size_t count;
};

/*!
 * \brief The hash of a text, with another seed in each process, so that nobody can prepare keys that collide.
 *
 * \note Any thread; takes no lock.
 */
uint64_t table_hash(const char *key);

/*! \brief A thing with this key, or NULL. \a hash is table_hash() of \a key. */
void *table_find(const struct table *table, const char *key, uint64_t hash);

/*!
 * \brief Put a thing in, beside others with the same key.
 *
 * \param table The table.
 * \param key Its key, which has to live as long as the thing is in the table.
 * \param hash table_hash() of \a key.
 * \param thing The thing; not NULL.
 *
 * \retval 0 on success, -1 if memory ran out.
 */
int table_put(struct table *table, const char *key, uint64_t hash, void *thing);

/*! \brief Take this very thing out. \retval 1 if it was there, 0 if not. */
int table_remove(struct table *table, uint64_t hash, const void *thing);

/*! \brief Call \a visit with each thing, in no order. It must not change the table. */
void table_each(const struct table *table, void (*visit)(void *thing, void *data), void *data);

/*! \brief Free what the table needed for itself; the things in it are not touched. */
void table_clear(struct table *table);

#endif /* CORE_TABLE_H */
