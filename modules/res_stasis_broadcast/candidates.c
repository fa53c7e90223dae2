/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Applications that a call may be offered to, taken off in an order at random.
 */

#include "asterisk.h"

#include "asterisk/utils.h"

#include "app_filter.h"
#include "candidates.h"
#include "compat.h"
#include "directory.h"
#include "filter_warning.h"
#include "recent.h"
#include "silence.h"
#include "table.h"

/*! \brief \a names but for those that are also in \a excluded; NULL without memory. */
static struct names *leave_out(struct names *names, const struct names *excluded)
{
	const char **list = ast_malloc((names_count(names) + 1) * sizeof(*list));
	struct names *left = NULL;
	size_t count = 0;

	if (list) {
		for (size_t i = 0; i < names_count(names); i++) {
			if (names_find(excluded, names_at(names, i)) < 0) {
				list[count++] = names_at(names, i);
			}
		}
		left = names_create(list, count);
	}
	ast_free(list);
	return left;
}

/*! \brief Those of a list that may have a call. \param registered The list; the reference is taken. \return NULL without memory. */
static struct names *select_from(const struct ast_channel *chan, struct app_filter *filter,
	const struct names *excluded, struct names *registered)
{
	int out_of_budget = 0;
	struct names *recipients = registered ? app_filter_select(filter, registered, &out_of_budget) : NULL;

	names_unref(registered);
	if (out_of_budget) {
		filter_warn_out_of_budget(chan, filter);
	}
	if (recipients && excluded) {
		struct names *left = leave_out(recipients, excluded);

		names_unref(recipients);
		recipients = left;
	}
	return recipients;
}

struct names *candidates_find(
	const struct ast_channel *chan, struct app_filter *filter, const struct names *excluded)
{
	return silence_leave_out(select_from(chan, filter, excluded, directory_names()));
}

struct names *candidates_find_recent(
	const struct ast_channel *chan, struct app_filter *filter, const struct names *excluded, int *is_now)
{
	*is_now = 1;
	/* Each time that it is asked, it lets some silent ones through, who would be left out of the list of now. */
	if (silence_leaves_out()) {
		return candidates_find(chan, filter, excluded);
	}
	return select_from(chan, filter, excluded, recent_names(is_now));
}

/*! \brief A table of names, for many questions. \retval 0 on success, -1 if memory ran out. */
static int index_names(struct table *table, const struct names *names)
{
	for (size_t i = 0; i < names_count(names); i++) {
		const char *name = names_at(names, i);

		if (table_put(table, name, table_hash(name), (void *) name)) {
			return -1;
		}
	}
	return 0;
}

static int is_in(const struct table *table, const char *name)
{
	return table->count && table_find(table, name, table_hash(name));
}

/*! \brief Note the places in the list of those that are not known. \retval 0 on success, -1 if memory ran out. */
static int choose(struct candidates *candidates, const struct names *known)
{
	struct table table = { 0 };
	int failed = index_names(&table, known);
	const size_t all = names_count(candidates->names);

	candidates->order = failed ? NULL : ast_malloc((all + 1) * sizeof(candidates->order[0]));
	for (size_t i = 0; candidates->order && i < all; i++) {
		if (!is_in(&table, names_at(candidates->names, i))) {
			candidates->order[candidates->count++] = i;
		}
	}
	table_clear(&table);
	return candidates->order ? 0 : -1;
}

/*! \brief A number at random below a limit. Three of them cost no more than one call of Asterisk's, which takes a lock. */
static size_t random_below(uint64_t *state, size_t limit)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (size_t) ((*state >> 11) % limit);
}

static void shuffle(struct candidates *candidates)
{
	uint64_t state = ((uint64_t) ast_random() << 32) ^ (uint64_t) ast_random() ^ 0x9e3779b97f4a7c15u;

	for (size_t i = candidates->count; i > 1; i--) {
		const size_t other = random_below(&state, i);
		const unsigned int place = candidates->order[i - 1];

		candidates->order[i - 1] = candidates->order[other];
		candidates->order[other] = place;
	}
}

int candidates_fill(
	struct candidates *candidates, struct names *names, const struct names *known, int is_random)
{
	*candidates = (struct candidates){ .names = names, .count = names_count(names) };
	if (!is_random && !names_count(known)) {
		return 0;
	}
	candidates->count = 0;
	if (choose(candidates, known)) {
		candidates_clear(candidates);
		return -1;
	}
	if (is_random) {
		shuffle(candidates);
	}
	return 0;
}

struct names *candidates_take(struct candidates *candidates, size_t count)
{
	const char **list;
	struct names *names;

	if (!candidates->order && !candidates->taken && count == candidates->count) {
		/* The list itself, which all such calls share. */
		candidates->taken = count;
		return candidates->names ? names_ref(candidates->names) : names_create(NULL, 0);
	}
	list = ast_malloc((count + 1) * sizeof(*list));
	if (!list) {
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		const size_t place = candidates->taken + i;

		list[i] = names_at(candidates->names, candidates->order ? candidates->order[place] : place);
	}
	names = names_create(list, count);
	ast_free(list);
	if (names) {
		candidates->taken += count;
	}
	return names;
}

size_t candidates_left(const struct candidates *candidates)
{
	return candidates->count - candidates->taken;
}

size_t candidates_taken(const struct candidates *candidates)
{
	return candidates->taken;
}

void candidates_clear(struct candidates *candidates)
{
	names_unref(candidates->names);
	ast_free(candidates->order);
	*candidates = (struct candidates){ 0 };
}

int candidates_are_there(const struct names *names)
{
	for (size_t i = 0; i < names_count(names); i++) {
		if (!directory_has(names_at(names, i))) {
			return 0;
		}
	}
	return 1;
}

struct names *candidates_still_there(const struct names *names, const struct names *excluded)
{
	const char **list = ast_malloc((names_count(names) + 1) * sizeof(*list));
	struct names *there = directory_names();
	struct table table = { 0 };
	struct names *left = NULL;
	size_t count = 0;

	if (list && there && !index_names(&table, there)) {
		for (size_t i = 0; i < names_count(names); i++) {
			const char *name = names_at(names, i);

			if (is_in(&table, name) && names_find(excluded, name) < 0) {
				list[count++] = name;
			}
		}
		left = names_create(list, count);
	}
	table_clear(&table);
	names_unref(there);
	ast_free(list);
	return left;
}

struct names *candidates_registered(const struct names *names)
{
	const char **list = ast_malloc((names_count(names) + 1) * sizeof(*list));
	struct names *registered = NULL;
	size_t count = 0;

	if (list) {
		for (size_t i = 0; i < names_count(names); i++) {
			const char *name = names_at(names, i);

			if (!directory_hold_ms(name) || compat_app_is_registered(name)) {
				list[count++] = name;
			}
		}
		registered = names_create(list, count);
	}
	ast_free(list);
	return registered;
}

struct names *candidates_join(const struct names *first, const struct names *more)
{
	const size_t count = names_count(first) + names_count(more);
	const char **list = ast_malloc((count + 1) * sizeof(*list));
	struct names *all = NULL;

	if (list) {
		for (size_t i = 0; i < count; i++) {
			list[i] = i < names_count(first) ? names_at(first, i) : names_at(more, i - names_count(first));
		}
		all = names_create(list, count);
	}
	ast_free(list);
	return all;
}
