/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Who may claim a broadcast: an immutable, shared list of filters, one a circle.
 */

#include "filters.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "app_filter.h"

struct filters {
	atomic_uint references;
	unsigned int count;
	struct app_filter *at[];
};

struct filters *filters_create(const struct filters *first, struct app_filter *filter)
{
	const size_t before = filters_count(first);
	struct filters *filters = malloc(sizeof(*filters) + (before + 1) * sizeof(filters->at[0]));

	if (!filters) {
		return NULL;
	}
	atomic_init(&filters->references, 1);
	filters->count = (unsigned int) before + 1;
	for (size_t i = 0; i < before; i++) {
		filters->at[i] = app_filter_ref(first->at[i]);
	}
	filters->at[before] = app_filter_ref(filter);
	return filters;
}

struct filters *filters_ref(struct filters *filters)
{
	if (filters) {
		atomic_fetch_add_explicit(&filters->references, 1, memory_order_relaxed);
	}
	return filters;
}

void filters_unref(struct filters *filters)
{
	if (!filters || atomic_fetch_sub_explicit(&filters->references, 1, memory_order_acq_rel) != 1) {
		return;
	}
	for (size_t i = 0; i < filters->count; i++) {
		app_filter_unref(filters->at[i]);
	}
	free(filters);
}

size_t filters_count(const struct filters *filters)
{
	return filters ? filters->count : 0;
}

int filters_match(const struct filters *filters, const char *app)
{
	for (size_t i = 0; i < filters_count(filters); i++) {
		if (app_filter_match(filters->at[i], app)) {
			return 1;
		}
	}
	return 0;
}
