/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Which applications are there, from all sources, and which of them hear of no offer.
 */

#include "directory.h"

#include "asterisk.h"

#include <stdatomic.h>

#include "app_filter.h"
#include "asterisk/json.h"
#include "asterisk/lock.h"
#include "asterisk/logger.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"
#include "log_limit.h"
#include "printable.h"
#include "table.h"

/*! In \c inside: nobody may enter any more. */
#define SLOT_SHUT (1u << 31)

/*! \brief Room for a source. */
struct slot {
	const struct directory_source *source;
	/*! How many threads are inside its functions, and \c SLOT_SHUT unless there is a source. */
	atomic_uint inside;
};

/*! \brief The settings that say which applications are offered no calls. */
enum role {
	ROLE_EXCLUDED,
	ROLE_WATCHER,
	ROLES,
};

/*! \brief What was found out about the lists of the sources. */
struct found {
	/*! What each slot's source gave; NULL for none. */
	struct names *from[DIRECTORY_MAX_SOURCES];
	/*! The filter of each role; NULL: nobody has it. */
	struct app_filter *filters[ROLES];
	/*! The names that an offer may go to. NULL if nothing was found out yet. */
	struct names *names;
	/*! Those that only watch; likewise. */
	struct names *watchers;
};

static struct slot slots[DIRECTORY_MAX_SOURCES] = {
	{ .inside = SLOT_SHUT },
	{ .inside = SLOT_SHUT },
	{ .inside = SLOT_SHUT },
	{ .inside = SLOT_SHUT },
};

/*! Protects which slots are taken, the filters and \c last. Never held while a source is asked. */
AST_MUTEX_DEFINE_STATIC(directory_lock);
/*! Signalled, with the lock, when the last thread leaves a slot that is shut. Never destroyed. */
static ast_cond_t left = PTHREAD_COND_INITIALIZER;
/*! How many slots are taken. */
static atomic_uint source_count;
static struct app_filter *filters[ROLES];
/*! Whether there is such a filter: most have none, and need no lock to know it. */
static atomic_int has_filter[ROLES];
static struct found last;

/*! \brief Enter a slot's source. \return The source, to leave again; NULL if there is none. */
static const struct directory_source *enter(struct slot *slot)
{
	unsigned int inside = atomic_load_explicit(&slot->inside, memory_order_relaxed);

	do {
		if (inside & SLOT_SHUT) {
			return NULL;
		}
	} while (!atomic_compare_exchange_weak_explicit(
		&slot->inside, &inside, inside + 1, memory_order_acquire, memory_order_relaxed));
	return slot->source;
}

static void leave(struct slot *slot)
{
	if (atomic_fetch_sub_explicit(&slot->inside, 1, memory_order_release) == (SLOT_SHUT | 1)) {
		ast_mutex_lock(&directory_lock);
		ast_cond_broadcast(&left);
		ast_mutex_unlock(&directory_lock);
	}
}

int directory_add(const struct directory_source *source)
{
	int result = -1;

	ast_mutex_lock(&directory_lock);
	for (size_t i = 0; result && i < DIRECTORY_MAX_SOURCES; i++) {
		if (!slots[i].source) {
			slots[i].source = source;
			atomic_fetch_add(&source_count, 1);
			atomic_store_explicit(&slots[i].inside, 0, memory_order_release);
			result = 0;
		}
	}
	ast_mutex_unlock(&directory_lock);
	return result;
}

void directory_remove(const struct directory_source *source)
{
	ast_mutex_lock(&directory_lock);
	for (size_t i = 0; i < DIRECTORY_MAX_SOURCES; i++) {
		if (slots[i].source != source) {
			continue;
		}
		atomic_fetch_or_explicit(&slots[i].inside, SLOT_SHUT, memory_order_acq_rel);
		while (atomic_load_explicit(&slots[i].inside, memory_order_acquire) != SLOT_SHUT) {
			ast_cond_wait(&left, &directory_lock);
		}
		slots[i].source = NULL;
		atomic_fetch_sub(&source_count, 1);
		break;
	}
	ast_mutex_unlock(&directory_lock);
}

/*! \brief The filter of a role, a reference; NULL if there is none. */
static struct app_filter *filter_get(enum role role)
{
	struct app_filter *filter = NULL;

	if (atomic_load_explicit(&has_filter[role], memory_order_acquire)) {
		ast_mutex_lock(&directory_lock);
		filter = app_filter_ref(filters[role]);
		ast_mutex_unlock(&directory_lock);
	}
	return filter;
}

/*! \brief Set the filter of a role. \retval 0 on success, -1 if it cannot be used or memory ran out. */
static int filter_set(enum role role, const char *pattern)
{
	struct app_filter *filter = NULL;
	struct app_filter *old;

	if (!ast_strlen_zero(pattern) && !(filter = app_filter_get(pattern, NULL, 0))) {
		return -1;
	}
	ast_mutex_lock(&directory_lock);
	old = filters[role];
	filters[role] = filter;
	atomic_store_explicit(&has_filter[role], filter != NULL, memory_order_release);
	ast_mutex_unlock(&directory_lock);
	app_filter_unref(old);
	return 0;
}

int directory_set_exclude(const char *pattern)
{
	return filter_set(ROLE_EXCLUDED, pattern);
}

int directory_set_watchers(const char *pattern)
{
	return filter_set(ROLE_WATCHER, pattern);
}

/*! \brief Tell the log of a name that cannot be used, one line for many. */
static void warn_unusable(const char *app)
{
	static struct log_limit limit;
	unsigned int suppressed;
	char shown[PRINTABLE_SIZE];

	if (!log_limit_pass(&limit, 1, &suppressed)) {
		return;
	}
	ast_log(LOG_WARNING,
		"Application '%s' is offered no calls: its name is %s, so that it could not claim them (%u more since the "
		"last such line). Register it by another name\n",
		printable(app, shown, sizeof(shown)),
		strlen(app) > APP_FILTER_MAX_NAME ? "longer than 256 bytes" : "not UTF-8", suppressed);
}

/*! \brief Whether events and claims can carry a name, and filters check it. */
static int is_usable(const char *app)
{
	return strlen(app) <= APP_FILTER_MAX_NAME && ast_json_utf8_check(app);
}

/*! \brief Whether a name cannot be told of calls, or must not be. */
static int is_out(const char *app)
{
	return !is_usable(app) || ari_applications_is_for_one_call(app);
}

/*!
 * \brief Whether a filter gives its role to an application; NULL gives it to none.
 *
 * A fence never fails open: who cannot be decided is left out, or has no say.
 */
static int has_role(const char *app, struct app_filter *filter)
{
	int undecided;

	return filter && (app_filter_decide(filter, app, &undecided) || undecided);
}

int directory_excludes(const char *app)
{
	int excludes = is_out(app);

	for (size_t i = 0; !excludes && i < ROLES; i++) {
		struct app_filter *filter = filter_get(i);

		excludes = has_role(app, filter);
		app_filter_unref(filter);
	}
	return excludes;
}

/*! \brief Whether a name was noted before; else it is. Without memory it is not, and may be there twice. */
static int is_noted(struct table *noted, const char *name)
{
	uint64_t hash = table_hash(name);

	if (table_find(noted, name, hash)) {
		return 1;
	}
	table_put(noted, name, hash, (void *) name);
	return 0;
}

/*! \brief The names of each sort, while they are chosen. */
struct chosen {
	const char **names;
	size_t count;
	const char **watchers;
	size_t watcher_count;
	/*! Every name so far, if there are several sources. */
	struct table noted;
};

/*! \brief Choose from the names of one source. */
static void choose_from(
	struct names *names, struct app_filter *const filters_of[ROLES], struct chosen *chosen)
{
	const int is_only = atomic_load_explicit(&source_count, memory_order_relaxed) < 2;

	for (size_t i = 0; i < names_count(names); i++) {
		const char *name = names_at(names, i);

		if (!is_only && is_noted(&chosen->noted, name)) {
			continue;
		}
		if (is_out(name) || has_role(name, filters_of[ROLE_EXCLUDED])) {
			if (!is_usable(name)) {
				warn_unusable(name);
			}
		} else if (has_role(name, filters_of[ROLE_WATCHER])) {
			chosen->watchers[chosen->watcher_count++] = name;
		} else {
			chosen->names[chosen->count++] = name;
		}
	}
}

/*! \brief Find those names of all sources that are offered calls, and those that watch. \retval 0 on success. */
static int choose(struct found *found)
{
	struct chosen chosen = { 0 };
	size_t count = 1;

	for (size_t i = 0; i < DIRECTORY_MAX_SOURCES; i++) {
		count += names_count(found->from[i]);
	}
	chosen.names = ast_malloc(count * sizeof(*chosen.names));
	chosen.watchers = ast_malloc(count * sizeof(*chosen.watchers));
	if (chosen.names && chosen.watchers) {
		for (size_t i = 0; i < DIRECTORY_MAX_SOURCES; i++) {
			choose_from(found->from[i], found->filters, &chosen);
		}
		found->names = names_create(chosen.names, chosen.count);
		found->watchers = names_create(chosen.watchers, chosen.watcher_count);
	}
	table_clear(&chosen.noted);
	ast_free(chosen.names);
	ast_free(chosen.watchers);
	return found->names && found->watchers ? 0 : -1;
}

static void found_clear(struct found *found)
{
	for (size_t i = 0; i < DIRECTORY_MAX_SOURCES; i++) {
		names_unref(found->from[i]);
	}
	for (size_t i = 0; i < ROLES; i++) {
		app_filter_unref(found->filters[i]);
	}
	names_unref(found->names);
	names_unref(found->watchers);
	*found = (struct found){ 0 };
}

/*! \brief Ask all sources. \retval 0 on success, -1 if memory ran out. */
static int ask_sources(struct found *found)
{
	int failed = 0;

	for (size_t i = 0; i < DIRECTORY_MAX_SOURCES; i++) {
		const struct directory_source *source = enter(&slots[i]);

		if (source) {
			found->from[i] = source->names();
			leave(&slots[i]);
			failed |= !found->from[i];
		}
	}
	for (size_t i = 0; i < ROLES; i++) {
		found->filters[i] = filter_get(i);
	}
	return failed ? -1 : 0;
}

/*! \brief Complete what was found out with what was before, if nothing has changed. \retval 0 if so, else -1. */
static int find_again(struct found *found)
{
	ast_mutex_lock(&directory_lock);
	/* What is kept is referred to: no other list can be at the same address. */
	if (!memcmp(last.from, found->from, sizeof(last.from)) &&
		!memcmp(last.filters, found->filters, sizeof(last.filters))) {
		found->names = names_ref(last.names);
		found->watchers = names_ref(last.watchers);
	}
	ast_mutex_unlock(&directory_lock);
	return found->names ? 0 : -1;
}

/*! \brief Keep what was found out, in the place of what was before. */
static void keep(struct found *found)
{
	struct found old;

	ast_mutex_lock(&directory_lock);
	old = last;
	last = *found;
	ast_mutex_unlock(&directory_lock);
	found_clear(&old);
}

/*! \brief The names that are offered calls, or those that watch: a reference; NULL without memory. */
static struct names *find_names(int of_watchers)
{
	struct found found = { 0 };
	struct names *names;
	int is_new = 0;

	if (!ask_sources(&found) && find_again(&found)) {
		is_new = !choose(&found);
	}
	names = names_ref(of_watchers ? found.watchers : found.names);
	if (is_new) {
		keep(&found);
	} else {
		found_clear(&found);
	}
	return names;
}

struct names *directory_names(void)
{
	return find_names(0);
}

struct names *directory_watchers(void)
{
	if (!atomic_load_explicit(&has_filter[ROLE_WATCHER], memory_order_acquire)) {
		return NULL;
	}
	return find_names(1);
}

int directory_is_there(const char *app)
{
	int is_there = 0;

	for (size_t i = 0; !is_there && i < DIRECTORY_MAX_SOURCES; i++) {
		const struct directory_source *source = enter(&slots[i]);

		if (source) {
			is_there = source->has(app);
			leave(&slots[i]);
		}
	}
	return is_there;
}

int directory_count_sources(const char *app)
{
	int count = 0;

	for (size_t i = 0; i < DIRECTORY_MAX_SOURCES; i++) {
		const struct directory_source *source = enter(&slots[i]);

		if (source) {
			count += source->has(app) != 0;
			leave(&slots[i]);
		}
	}
	return count;
}

int directory_has(const char *app)
{
	return directory_is_there(app) && !directory_excludes(app);
}

const char *directory_spell(const char *app, char buf[DIRECTORY_NAME_SIZE])
{
	if (strlen(app) >= DIRECTORY_NAME_SIZE) {
		return app;
	}
	memcpy(buf, app, strlen(app) + 1);
	return ari_applications_spell(buf) && !directory_has(app) && directory_has(buf) ? buf : app;
}

int directory_hold_ms(const char *app)
{
	int hold_ms = 0;

	for (size_t i = 0; i < DIRECTORY_MAX_SOURCES; i++) {
		const struct directory_source *source = enter(&slots[i]);

		if (source) {
			hold_ms = MAX(hold_ms, source->hold_ms ? source->hold_ms(app) : 0);
			leave(&slots[i]);
		}
	}
	return hold_ms;
}

int directory_get_fleet_stats(struct stasis_broadcast_fleet_stats *stats)
{
	int has_fleet = 0;

	for (size_t i = 0; i < DIRECTORY_MAX_SOURCES; i++) {
		const struct directory_source *source = enter(&slots[i]);

		if (source) {
			if (source->get_stats) {
				source->get_stats(stats);
				has_fleet = 1;
			}
			leave(&slots[i]);
		}
	}
	return has_fleet;
}

int directory_send(const char *app, const struct stasis_broadcast_event *event)
{
	unsigned int left = atomic_load_explicit(&source_count, memory_order_relaxed);

	for (size_t i = 0; i < DIRECTORY_MAX_SOURCES; i++) {
		const struct directory_source *source = enter(&slots[i]);
		/* The last one need not be asked: it finds the application when it sends. */
		int is_its = source && (--left == 0 || source->has(app));
		int result = is_its ? source->send(app, event) : -1;

		if (source) {
			leave(&slots[i]);
		}
		if (is_its) {
			return result;
		}
	}
	return -1;
}

void directory_forget(void)
{
	struct found nothing = { 0 };

	for (size_t i = 0; i < ROLES; i++) {
		filter_set(i, "");
	}
	keep(&nothing);
}
