/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Which application names an offer reaches: filters by their text, shared, and what they select.
 */

#include "app_filter.h"
#include "matcher.h"
#include "table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*! How many filters that nobody uses are kept for the next broadcast, the last ones compiled. */
#define KEPT 32

struct app_filter {
	atomic_uint references;
	/*! Of the text, in the cache. */
	uint64_t hash;
	struct matcher *matcher;
	/*! Whether app_filter_warn_once() was asked. */
	atomic_int warned;
	/*! Protects the three below: the list asked about last, the answer, and whether it is not complete. */
	pthread_mutex_t lock;
	struct names *asked;
	struct names *selected;
	int out_of_budget;
	/*! A list of one: broadcasts keep it longer than the filter. */
	struct names *text;
};

/*! Protects \c filters and \c kept; never held while something is compiled or freed. */
static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;
/*! Every filter alive, by its text; the table holds no reference. */
static struct table filters;
/*! References to the filters compiled last, in a ring. */
static struct app_filter *kept[KEPT];
static size_t kept_next;

/*! \brief Take a reference unless the last one was just given back. */
static int revive(struct app_filter *filter)
{
	unsigned int references = atomic_load_explicit(&filter->references, memory_order_relaxed);

	while (references) {
		if (atomic_compare_exchange_weak_explicit(&filter->references, &references, references + 1,
				memory_order_relaxed, memory_order_relaxed)) {
			return 1;
		}
	}
	return 0;
}

static struct app_filter *find_locked(const char *text, uint64_t hash)
{
	struct app_filter *filter = table_find(&filters, text, hash);

	return filter && revive(filter) ? filter : NULL;
}

/*! \brief Free a filter that nobody refers to any more. */
static void destroy(struct app_filter *filter)
{
	pthread_mutex_lock(&cache_lock);
	table_remove(&filters, filter->hash, filter);
	pthread_mutex_unlock(&cache_lock);
	matcher_free(filter->matcher);
	names_unref(filter->asked);
	names_unref(filter->selected);
	names_unref(filter->text);
	pthread_mutex_destroy(&filter->lock);
	free(filter);
}

/*! \brief Put a reason into the caller's buffer. \return NULL, so that it can be returned at once. */
static void *refuse(char *error, size_t error_size, const char *reason)
{
	if (error && error_size) {
		snprintf(error, error_size, "%s", reason);
	}
	return NULL;
}

static struct app_filter *create(const char *text, uint64_t hash, char *error, size_t error_size)
{
	struct app_filter *filter;
	struct matcher *matcher = matcher_create(text, error, error_size);

	if (!matcher) {
		return NULL;
	}
	filter = calloc(1, sizeof(*filter));
	if (filter) {
		filter->text = names_create(&text, 1);
	}
	if (!filter || !filter->text) {
		free(filter);
		matcher_free(matcher);
		return refuse(error, error_size, "out of memory");
	}
	atomic_init(&filter->references, 1);
	atomic_init(&filter->warned, 0);
	pthread_mutex_init(&filter->lock, NULL);
	filter->hash = hash;
	filter->matcher = matcher;
	return filter;
}

/*!
 * \brief Share a filter that was just compiled, unless another thread was faster with the same text.
 *
 * \return The one to use; \a filter is the caller's no more.
 */
static struct app_filter *share(struct app_filter *filter)
{
	struct app_filter *found;
	struct app_filter *dropped = filter;

	pthread_mutex_lock(&cache_lock);
	found = find_locked(app_filter_text(filter), filter->hash);
	if (!found) {
		found = filter;
		/* Without memory for the entry it is used all the same, only not found by others. */
		table_put(&filters, app_filter_text(filter), filter->hash, filter);
		dropped = kept[kept_next];
		kept[kept_next] = app_filter_ref(filter);
		kept_next = (kept_next + 1) % KEPT;
	}
	pthread_mutex_unlock(&cache_lock);
	app_filter_unref(dropped);
	return found;
}

struct app_filter *app_filter_get(const char *text, char *error, size_t error_size)
{
	uint64_t hash;
	struct app_filter *filter;

	if (strlen(text) > APP_FILTER_MAX_LENGTH) {
		return refuse(error, error_size, "it is longer than 256 characters");
	}
	hash = table_hash(text);
	pthread_mutex_lock(&cache_lock);
	filter = find_locked(text, hash);
	pthread_mutex_unlock(&cache_lock);
	if (filter) {
		return filter;
	}
	filter = create(text, hash, error, error_size);
	return filter ? share(filter) : NULL;
}

struct app_filter *app_filter_ref(struct app_filter *filter)
{
	if (filter) {
		atomic_fetch_add_explicit(&filter->references, 1, memory_order_relaxed);
	}
	return filter;
}

void app_filter_unref(struct app_filter *filter)
{
	if (filter && atomic_fetch_sub_explicit(&filter->references, 1, memory_order_acq_rel) == 1) {
		destroy(filter);
	}
}

const char *app_filter_text(const struct app_filter *filter)
{
	return filter ? names_at(filter->text, 0) : "";
}

struct names *app_filter_text_ref(const struct app_filter *filter)
{
	return filter ? names_ref(filter->text) : NULL;
}

/*! \brief Whether a name is among those selected last. */
static int was_selected(struct app_filter *filter, const char *name)
{
	struct names *selected;
	int found;

	pthread_mutex_lock(&filter->lock);
	selected = names_ref(filter->selected);
	pthread_mutex_unlock(&filter->lock);
	found = names_find(selected, name) >= 0;
	names_unref(selected);
	return found;
}

/*!
 * \brief Match one name in a claim that was prepared for.
 *
 * What takes the thorough algorithm was decided when the call was offered, for each recipient: a claim
 * gets the same answer then, whatever its own budget would allow.
 */
static enum matcher_answer match_claimant(
	struct app_filter *filter, struct matching *matching, const char *name, size_t length)
{
	enum matcher_answer answer = matcher_match_quickly(filter->matcher, matching, name, length);

	if (answer != MATCHER_UNDECIDED) {
		return answer;
	}
	if (was_selected(filter, name)) {
		return MATCHER_YES;
	}
	return matcher_match_thoroughly(filter->matcher, matching, name, length);
}

int app_filter_decide(struct app_filter *filter, const char *name, int *out_of_budget)
{
	struct matching matching;
	enum matcher_answer answer = MATCHER_UNDECIDED;
	size_t length = strlen(name);

	*out_of_budget = 0;
	if (!filter) {
		return 1;
	}
	if (length > APP_FILTER_MAX_NAME) {
		return 0;
	}
	if (!matching_begin(&matching)) {
		answer = match_claimant(filter, &matching, name, length);
		*out_of_budget = answer == MATCHER_UNDECIDED;
	}
	matching_end(&matching);
	return answer == MATCHER_YES;
}

int app_filter_match(struct app_filter *filter, const char *name)
{
	int out_of_budget;

	return app_filter_decide(filter, name, &out_of_budget);
}

/*! \brief The answer for \a names if it was asked about last, as a reference, else NULL. */
static struct names *recall(struct app_filter *filter, const struct names *names, int *out_of_budget)
{
	struct names *selected;

	pthread_mutex_lock(&filter->lock);
	selected = filter->asked == names ? names_ref(filter->selected) : NULL;
	*out_of_budget = selected ? filter->out_of_budget : 0;
	pthread_mutex_unlock(&filter->lock);
	return selected;
}

/*! \brief Remember the answer for \a names. */
static void remember(
	struct app_filter *filter, struct names *names, struct names *selected, int out_of_budget)
{
	struct names *old_asked;
	struct names *old_selected;

	pthread_mutex_lock(&filter->lock);
	old_asked = filter->asked;
	old_selected = filter->selected;
	filter->asked = names_ref(names);
	filter->selected = names_ref(selected);
	filter->out_of_budget = out_of_budget;
	pthread_mutex_unlock(&filter->lock);
	names_unref(old_asked);
	names_unref(old_selected);
}

/*!
 * \brief Put those of \a names that match into \a list, until the budget is spent.
 *
 * \param[out] out_of_budget Whether any of them was not decided.
 * \return How many there are.
 */
static size_t match_all(struct app_filter *filter, struct matching *matching, const struct names *names,
	const char **list, int *out_of_budget)
{
	size_t count = 0;

	for (size_t i = 0; i < names_count(names) && !matching->budget.spent; i++) {
		const char *name = names_at(names, i);
		size_t length = strlen(name);
		enum matcher_answer answer = MATCHER_NO;

		if (length <= APP_FILTER_MAX_NAME) {
			answer = matcher_match_quickly(filter->matcher, matching, name, length);
		}
		if (answer == MATCHER_UNDECIDED) {
			answer = matcher_match_thoroughly(filter->matcher, matching, name, length);
		}
		if (answer == MATCHER_YES) {
			list[count++] = name;
		}
		*out_of_budget |= answer == MATCHER_UNDECIDED;
	}
	return count;
}

/*! \brief As app_filter_select() for what is not remembered. */
static struct names *select_now(struct app_filter *filter, struct names *names, int *out_of_budget)
{
	const char **list = malloc((names_count(names) + 1) * sizeof(*list));
	struct matching matching;
	struct names *selected = NULL;

	*out_of_budget = 0;
	if (!matching_begin(&matching) && list) {
		size_t count = match_all(filter, &matching, names, list, out_of_budget);

		selected = names_create(list, count);
	}
	matching_end(&matching);
	free(list);
	return selected;
}

struct names *app_filter_select(struct app_filter *filter, struct names *names, int *out_of_budget)
{
	struct names *selected;

	*out_of_budget = 0;
	if (!filter) {
		return names_ref(names);
	}
	selected = recall(filter, names, out_of_budget);
	if (!selected) {
		selected = select_now(filter, names, out_of_budget);
		if (selected) {
			remember(filter, names, selected, *out_of_budget);
		}
	}
	return selected;
}

int app_filter_warn_once(struct app_filter *filter)
{
	return !atomic_exchange(&filter->warned, 1);
}

void app_filter_forget_all(void)
{
	struct app_filter *dropped[KEPT];

	pthread_mutex_lock(&cache_lock);
	memcpy(dropped, kept, sizeof(dropped));
	memset(kept, 0, sizeof(kept));
	pthread_mutex_unlock(&cache_lock);
	for (size_t i = 0; i < KEPT; i++) {
		app_filter_unref(dropped[i]);
	}
}
