/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief An immutable, shared list of application names: one block of memory, counted references.
 */

#include "names.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct names {
	atomic_uint references;
	size_t count;
	/*! Into the characters that follow the pointers in the same block. */
	const char *at[];
};

struct names *names_create(const char *const *list, size_t count)
{
	struct names *names;
	size_t bytes = sizeof(*names) + count * sizeof(names->at[0]);
	char *text;

	for (size_t i = 0; i < count; i++) {
		bytes += strlen(list[i]) + 1;
	}
	names = malloc(bytes);
	if (!names) {
		return NULL;
	}
	atomic_init(&names->references, 1);
	names->count = count;
	text = (char *) &names->at[count];
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(list[i]) + 1;

		names->at[i] = memcpy(text, list[i], size);
		text += size;
	}
	return names;
}

struct names *names_ref(struct names *names)
{
	if (names) {
		atomic_fetch_add_explicit(&names->references, 1, memory_order_relaxed);
	}
	return names;
}

void names_unref(struct names *names)
{
	if (names && atomic_fetch_sub_explicit(&names->references, 1, memory_order_acq_rel) == 1) {
		free(names);
	}
}

size_t names_count(const struct names *names)
{
	return names ? names->count : 0;
}

const char *names_at(const struct names *names, size_t index)
{
	return names->at[index];
}

long names_find(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names_count(names); i++) {
		if (!strcmp(names->at[i], name)) {
			return (long) i;
		}
	}
	return -1;
}

int names_equal(const struct names *names, const char *const *list, size_t count)
{
	if (names_count(names) != count) {
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names->at[i], list[i])) {
			return 0;
		}
	}
	return 1;
}
