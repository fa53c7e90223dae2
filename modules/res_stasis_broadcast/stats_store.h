/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Counting, for the files that do it: stats.c (the steps of broadcasts), stats_answers.c (what claims were answered), stats_lru.c (tables with a bound),
 * stats_times.c (how long things took), stats_snapshot.c (what others get), silence.c (who does not answer).
 */

#ifndef RES_STASIS_BROADCAST_STATS_STORE_H
#define RES_STASIS_BROADCAST_STATS_STORE_H

#include "asterisk.h"

#include <stdalign.h>
#include <stdatomic.h>

#include "asterisk/dlinkedlists.h"
#include "asterisk/linkedlists.h"
#include "asterisk/lock.h"
#include "names.h"
#include "stats_types.h"
#include "stripes.h"
#include "table.h"

struct broadcast;
struct broadcast_answer;
struct settings;

/*
 * stats_times.c: plain arithmetic
 */

/*! \brief Four buckets for each doubling of a time, from 65 us to 73 minutes: the median of an application is small. */
#define STATS_FINE_BUCKETS 104

/*! \brief Times, counted finely enough for percentiles. */
struct stats_times {
	uint32_t buckets[STATS_FINE_BUCKETS];
	uint32_t count;
};

/*! \brief Count a time in nanoseconds. With the lock of the times' owner. */
void stats_times_add(struct stats_times *times, int64_t ns);

/*! \brief Add what \a more has counted. With the locks of both. */
void stats_times_add_all(struct stats_times *times, const struct stats_times *more);

/*! \brief How long the share \a part of the times took at most, in milliseconds, to an eighth; -1 if there are none. */
double stats_times_percentile(const struct stats_times *times, double part);

/*! \brief Count a time in nanoseconds. With the lock of the histogram's owner. */
void stats_histogram_add(struct stasis_broadcast_histogram *histogram, int64_t ns);

/*
 * stats_lru.c: with the lock of the table's owner
 */

/*! \brief What each thing in a table begins with. */
struct stats_entry {
	AST_DLLIST_ENTRY(stats_entry) recent;
	uint64_t hash;
	/*! Behind the thing itself. */
	const char *name;
};

/*! \brief Things by name, at most so many: who was not touched for longest goes. */
struct stats_lru {
	struct table table;
	/*! The one that was touched last is the last one. */
	AST_DLLIST_HEAD_NOLOCK(, stats_entry) recent;
	/*! The size of a thing without its name, in bytes. */
	size_t size;
	/*! Called before one is freed. May be NULL. */
	void (*forget)(struct stats_entry *entry);
};

/*! \brief The thing of that name, or NULL. */
void *stats_lru_find(const struct stats_lru *lru, const char *name);

/*! \brief The same, with the name's table_hash(), which who holds a lock can have found before. */
void *stats_lru_find_hashed(const struct stats_lru *lru, const char *name, uint64_t hash);

/*! \brief Make a thing that is in the table the last one touched. */
void stats_lru_renew(struct stats_lru *lru, struct stats_entry *entry);

/*!
 * \brief The thing of that name, as the last one touched; made, all zero, if there is none. One goes for it if there
 *        are \a most.
 *
 * \retval NULL without memory.
 */
void *stats_lru_touch(struct stats_lru *lru, const char *name, size_t most);

/*! \brief Remove all. */
void stats_lru_clear(struct stats_lru *lru);

/*
 * stats.c
 */

/*! \brief What an application has asked for, as far as one stripe has seen it. */
struct stats_answers {
	uint64_t too_late;
	uint64_t declined;
	uint64_t bids;
	/*! When it claimed or declined last: of broadcast_clock_ns(), and seconds since 1970; 0: not yet. */
	_Atomic int64_t heard_ns;
	int64_t heard_at;
	struct stats_times times;
};

/*! \brief An application that is counted. */
struct stats_app {
	struct stats_entry entry;
	uint64_t offers;
	uint64_t won;
	uint64_t awarded;
	uint64_t lost;
	uint64_t dropped;
	/*! When it was last offered a call while others were there, though it is silent; of broadcast_clock_ns(). */
	int64_t tried_ns;
	/*! Read by who counts an answer, without the lock. */
	atomic_uint silent_in_row;
	int is_silent;
	/*! Made by the first answer that a stripe counts; with the lock of that stripe. */
	_Atomic(struct stats_answers *) answers[STRIPES];
};

/*! \brief Whether it is one of those that stats.row_count says. With the lock. */
static inline int stats_app_has_row(const struct stats_app *app)
{
	return app->silent_in_row && !app->is_silent;
}

/*! \brief When it claimed or declined last, of broadcast_clock_ns(); 0: not yet. With the lock. */
int64_t stats_app_heard_ns(const struct stats_app *app);

/*! \brief A queue that is counted. */
struct stats_queue {
	struct stats_entry entry;
	uint64_t offered;
	uint64_t claimed;
	uint64_t abandoned;
	uint64_t timed_out;
	uint64_t within_service_level;
};

/*!
 * \brief What claims, declines and bids were answered, as far as the threads of one core have seen it: most claims come too
 *        late, and who counts them must not wait for another core.
 */
struct stats_stripe {
	/*! Protects the counts of this stripe, here and in applications. While it is held, no application comes or goes. */
	alignas(STRIPE_ALIGNMENT) ast_mutex_t lock;
	uint64_t claims[STASIS_BROADCAST_ANSWER_KINDS];
	uint64_t declines[STASIS_BROADCAST_ANSWER_KINDS];
	uint64_t bids[STASIS_BROADCAST_ANSWER_KINDS];
};

/*! \brief All that is counted here. The dispatcher counts for itself. */
struct stats {
	/*!
	 * Protects all of it but what the stripes' locks protect. Held for one step of one broadcast; the stripes' locks alone
	 * are taken under it, all of them: before an application comes or goes, and to see what all of them have counted.
	 */
	ast_mutex_t lock;
	/*! Without what was answered, which the stripes count. */
	struct stasis_broadcast_totals totals;
	struct stats_times claim_times;
	struct stats_lru apps;
	struct stats_lru queues;
	size_t silent_count;
	/*! Applications that are not silent, but have a call in their row. */
	size_t row_count;
	struct stats_stripe stripes[STRIPES];
	/* Settings: */
	size_t most_apps;
	unsigned int silent_after;
	int skip_silent;
	int64_t silent_retry_ns;
	int64_t service_level_ns;
};

extern struct stats stats;

/*! \brief Take the locks of all stripes. With the lock. */
void stats_lock_stripes(void);

/*! \brief Release them. */
void stats_unlock_stripes(void);

/*! \brief Take the lock, and those of all stripes. */
void stats_lock_all(void);

/*! \brief Release all of them. */
void stats_unlock_all(void);

/*! \brief Use settings, from the next step on. The thread that loads or reloads the module. Takes the lock. */
void stats_apply_settings(const struct settings *settings);

/*! \brief Forget everything that was counted. The thread that unloads the module, without observers. */
void stats_forget(void);

/*! \brief Count from zero again; who is silent stays so. Any thread; takes the lock. */
void stats_reset(void);

/*! \brief Count an offer that nobody heard of. Any thread; takes the lock. */
void stats_count_refusal(enum stasis_broadcast_outcome_kind kind);

/*! \brief Count a claim (or a decline) of a broadcast that there is not. Any thread; takes the lock. */
void stats_count_unknown(int is_claim);

/*! \brief Count events for an application that were dropped. Any thread; takes the lock. */
void stats_count_dropped(const char *app, unsigned int count);

/*
 * stats_answers.c
 */

/*! \brief The observer's \c answered: count a claim, a decline or a bid. Any thread; takes the lock. */
void stats_answered(struct broadcast *broadcast, const struct broadcast_answer *answer);

/*! \brief Add up what the stripes have counted of an application. With all locks. */
void stats_sum_answers(const struct stats_app *app, struct stats_answers *sum);

/*! \brief Add up what the stripes have counted of all applications. With all locks. */
void stats_sum_stripes(struct stasis_broadcast_totals *totals);

/*! \brief Forget what the stripes have counted of an application, but not when it was heard of. With all locks. */
void stats_reset_answers(struct stats_app *app);

/*! \brief Forget what the stripes have counted of all applications. With all locks. */
void stats_reset_stripes(void);

/*
 * stats_snapshot.c: what stats_api.h says, for who is inside the gate
 */

/*! \brief See stasis_broadcast_get_totals(). */
void stats_get_totals(struct stasis_broadcast_totals *totals);
/*! \brief See stasis_broadcast_each_app(). */
int stats_each_app(stasis_broadcast_app_visitor visit, void *data);
/*! \brief See stasis_broadcast_each_queue(). */
int stats_each_queue(stasis_broadcast_queue_visitor visit, void *data);

/*
 * silence.c
 */

/*! \brief Applications that have become silent, or answer again, to tell of once the lock is released. */
struct silence_change {
	AST_LIST_ENTRY(silence_change) next;
	unsigned int unanswered;
	int is_silent;
	char app[];
};

AST_LIST_HEAD_NOLOCK(silence_changes, silence_change);

/*!
 * \brief An offer ended without anybody. With the lock.
 *
 * \param app One that was told of it.
 * \param opened_ns When it was, of broadcast_clock_ns().
 * \param[in,out] changes Gets an entry if it has become silent by that.
 */
void silence_unanswered(struct stats_app *app, int64_t opened_ns, struct silence_changes *changes);

/*! \brief An application has asked for a call, or declined one: its row is over. With the lock. Parameters as above. */
void silence_answered(struct stats_app *app, struct silence_changes *changes);

/*! \brief Some application has got a call that this one was offered: its row is over. With the lock. */
void silence_claimed(struct stats_app *app);

/*! \brief Tell observers of changes, and free them. Any thread, without the lock. */
void silence_tell(struct silence_changes *changes);

/*! \brief Make what a thread of its own tells the log with. The thread that loads the module. \retval 0 on success, else -1. */
int silence_start(void);

/*! \brief End it, when it has told all. The thread that unloads the module, when nobody is silent_observer's any more. */
void silence_stop(void);

#endif /* RES_STASIS_BROADCAST_STATS_STORE_H */
