/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Whom a broadcast is offered to: more and more of them, each with what it did.
 */

#include "broadcast_private.h"

#include <stdlib.h>
#include <string.h>

#include "table.h"

struct names *broadcast_recipients(struct broadcast *broadcast)
{
	struct names *recipients;

	pthread_mutex_lock(&broadcast->lock);
	recipients = names_ref(broadcast->recipients);
	pthread_mutex_unlock(&broadcast->lock);
	return recipients;
}

int broadcast_has_recipients(struct broadcast *broadcast)
{
	size_t count;

	pthread_mutex_lock(&broadcast->lock);
	count = names_count(broadcast->recipients);
	pthread_mutex_unlock(&broadcast->lock);
	return count > 0;
}

/*!
 * \brief The names in a list, and those in another that are not among them, each once.
 *
 * \param[out] all The first list, then the others.
 * \param[out] added The others alone.
 *
 * \retval 0 on success, -1 if memory ran out: then there is neither.
 */
static int join(const struct names *first, const struct names *more, struct names **all, struct names **added)
{
	const char **list = malloc((names_count(first) + names_count(more) + 1) * sizeof(*list));
	struct table seen = { 0 };
	size_t count = 0;
	int failed = !list;

	for (size_t i = 0; i < names_count(first) + names_count(more) && !failed; i++) {
		const char *name =
			i < names_count(first) ? names_at(first, i) : names_at(more, i - names_count(first));
		uint64_t hash = table_hash(name);

		if (i < names_count(first) || !table_find(&seen, name, hash)) {
			failed = table_put(&seen, name, hash, (void *) name);
			list[count++] = name;
		}
	}
	table_clear(&seen);
	*all = failed ? NULL : names_create(list, count);
	*added = failed ? NULL : names_create(list + names_count(first), count - names_count(first));
	free(list);
	if (*all && *added) {
		return 0;
	}
	names_unref(*all);
	names_unref(*added);
	return -1;
}

/*! \brief Put a longer list in the place of the recipients, and keep who has declined. \retval 0 on success. */
static int set_recipients_locked(struct broadcast *broadcast, struct names *all)
{
	const size_t before = names_count(broadcast->recipients);
	unsigned char *grown;

	if (broadcast->has_declined) {
		grown = realloc(broadcast->has_declined, names_count(all));
		if (!grown) {
			return -1;
		}
		memset(grown + before, 0, names_count(all) - before);
		broadcast->has_declined = grown;
	}
	broadcast->recipients = all;
	bids_find_recipients_locked(broadcast);
	return 0;
}

/*!
 * \brief Commit a widening that was worked out from \a before.
 *
 * \param[in,out] all The recipients from now on; those that there were, on success.
 * \param[out] again Whether another thread has widened it meanwhile.
 * \retval 0 on success.
 */
static int commit_widening(
	struct broadcast *broadcast, const struct names *before, struct names **all, int more_to_come, int *again)
{
	struct deferred_release deferred = { 0 };
	struct names *old;
	int failed = 1;

	pthread_mutex_lock(&broadcast->lock);
	broadcast_expire_locked(broadcast, &deferred);
	old = broadcast->recipients;
	*again = old != before;
	if (broadcast->state == BROADCAST_OPEN && !*again && !set_recipients_locked(broadcast, *all)) {
		*all = old;
		failed = 0;
		broadcast->more_to_come = more_to_come != 0;
		broadcast_judge_declines_locked(broadcast, &deferred);
	}
	broadcast_release(broadcast, &deferred);
	return failed;
}

struct names *broadcast_widen(struct broadcast *broadcast, struct names *more, int more_to_come)
{
	struct names *before;
	struct names *all;
	struct names *added;
	int again;
	int failed;

	do {
		pthread_mutex_lock(&broadcast->lock);
		before = names_ref(broadcast->recipients);
		pthread_mutex_unlock(&broadcast->lock);
		if (join(before, more, &all, &added)) {
			names_unref(before);
			return NULL;
		}
		failed = commit_widening(broadcast, before, &all, more_to_come, &again);
		names_unref(before);
		names_unref(all);
		if (failed) {
			names_unref(added);
			added = NULL;
		}
	} while (failed && again);
	if (names_count(added)) {
		observers_widened(broadcast, added);
	}
	return added;
}

int broadcast_admit(struct broadcast *broadcast, struct app_filter *filter)
{
	struct deferred_release deferred = { 0 };
	struct filters *wider = NULL;
	int everybody_may;

	pthread_mutex_lock(&broadcast->lock);
	broadcast_expire_locked(broadcast, &deferred);
	everybody_may = broadcast->state == BROADCAST_OPEN && !broadcast->filters;
	if (broadcast->state == BROADCAST_OPEN && !everybody_may &&
		filters_count(broadcast->filters) < BROADCAST_MAX_ROUNDS) {
		wider = filters_create(broadcast->filters, filter);
	}
	if (wider) {
		deferred.filters = broadcast->filters;
		broadcast->filters = wider;
	}
	broadcast_release(broadcast, &deferred);
	return wider || everybody_may ? 0 : -1;
}

/*! \brief The recipients that have declined; NULL if none, or without memory. */
static struct names *declined_locked(const struct broadcast *broadcast)
{
	struct names *names;
	const char **list;
	size_t count = 0;

	if (!broadcast->declines) {
		return NULL;
	}
	list = malloc(broadcast->declines * sizeof(*list));
	if (!list) {
		return NULL;
	}
	for (size_t i = 0; i < names_count(broadcast->recipients); i++) {
		if (broadcast->has_declined[i]) {
			list[count++] = names_at(broadcast->recipients, i);
		}
	}
	names = names_create(list, count);
	free(list);
	return names;
}

void broadcast_get_snapshot(struct broadcast *broadcast, struct broadcast_snapshot *snapshot)
{
	struct deferred_release deferred = { 0 };

	pthread_mutex_lock(&broadcast->lock);
	broadcast_expire_locked(broadcast, &deferred);
	*snapshot = (struct broadcast_snapshot){
		.state = broadcast->state,
		.timeout_ms = broadcast->timeout_ms,
		.recipients = names_ref(broadcast->recipients),
		.declined = declined_locked(broadcast),
		.winner = broadcast->state == BROADCAST_CLAIMED ? strdup(broadcast->winner) : NULL,
		.moved_to = broadcast->moved_to ? strdup(broadcast->moved_to) : NULL,
		.bids = bids_count_locked(broadcast),
		.score = broadcast->bids ? broadcast->bids->won_score : -1,
	};
	/* The one that won has left the others. */
	snapshot->bids += snapshot->score >= 0;
	if (snapshot->state == BROADCAST_OPEN) {
		snapshot->remaining_ms = broadcast_remaining_ms(broadcast);
	}
	broadcast_release(broadcast, &deferred);
}

void broadcast_snapshot_clear(struct broadcast_snapshot *snapshot)
{
	names_unref(snapshot->recipients);
	names_unref(snapshot->declined);
	free(snapshot->winner);
	free(snapshot->moved_to);
	*snapshot = (struct broadcast_snapshot){ 0 };
}
