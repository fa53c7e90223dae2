/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Claims, bids and takes whose answer waits for the award.
 *
 * An application has one bid. Of several workers of one application the best one's is put in; the others wait with it, and
 * lose if it wins.
 */

#include "asterisk.h"

#include "asterisk/linkedlists.h"
#include "asterisk/lock.h"
#include "asterisk/utils.h"

#include "answers.h"
#include "awards.h"
#include "monotonic.h"
#include "outbox.h"
#include "pause_point.h"
#include "printable.h"
#include "res_stasis_broadcast/internal_api.h"
#include "res_stasis_broadcast/source_api.h"
#include "workers.h"

/*! So many answers wait at the most. */
#define MAX_WAITING 8192

/*! So many of one application, and so many for one call: neither leaves the others without room. */
#define MAX_WAITING_OF_ONE 1024

/*! So often the log tells that there are too many, in nanoseconds. */
#define FULL_NS INT64_C(60000000000)

/*! \brief A claim or a bid that waits. */
struct waiting {
	AST_LIST_ENTRY(waiting) list;
	unsigned long serial;
	int score;
	/*! Whether it is of one who has asked for the next call in line. */
	int is_take;
	/*! Whether it was noted: until then, the thread that asks answers. */
	int is_noted;
	/*! Whether its worker has said good-bye before it was noted, or when it was decided. */
	int is_gone;
	/*! Whether its broadcast has closed, whether somebody has won it, and whether its application has. */
	int is_closed;
	int is_claimed;
	int has_won;
	/*! Its own. */
	char *reply;
	/*! Texts behind it. */
	const char *app;
	const char *worker;
	const char *channel_id;
	char texts[];
};

AST_LIST_HEAD_NOLOCK(waiting_list, waiting);

/*! When the log was told that there are too many; 0: never. */
static _Atomic int64_t full_logged_ns;

/*! Protects all that follows. */
AST_MUTEX_DEFINE_STATIC(awards_lock);
static struct waiting_list all;
/*! Those that were decided, until they are answered. Only the thread that answers puts some in or takes them out. */
static struct waiting_list decided;
static size_t waiting_count;
/*! Whether some are closed. */
static int has_closed;

/*! \brief Copy a text behind the others. \return Where the next one goes. */
static char *put_text(const char **place, char *next, const char *text)
{
	const size_t size = strlen(text) + 1;

	*place = memcpy(next, text, size);
	return next + size;
}

/*! \brief Free one that is in no list. It may be NULL. */
static void waiting_free(struct waiting *waiting)
{
	if (waiting) {
		ast_free(waiting->reply);
	}
	ast_free(waiting);
}

static struct waiting *waiting_create(const struct stasis_broadcast_ask *what, const char *reply)
{
	struct waiting *waiting = ast_calloc(
		1, sizeof(*waiting) + strlen(what->app) + strlen(what->worker) + strlen(what->channel_id) + 3);
	char *next;

	if (!waiting) {
		return NULL;
	}
	waiting->reply = ast_strdup(reply);
	if (!waiting->reply) {
		ast_free(waiting);
		return NULL;
	}
	waiting->serial = what->serial;
	waiting->score = what->score;
	waiting->is_take = what->demand == STASIS_BROADCAST_DEMAND_TAKE;
	next = put_text(&waiting->app, waiting->texts, what->app);
	next = put_text(&waiting->worker, next, what->worker);
	put_text(&waiting->channel_id, next, what->channel_id);
	return waiting;
}

/*! \brief Whether another worker of the application has a bid that is as good. With the lock. */
static int is_outbid_locked(const struct waiting *waiting)
{
	struct waiting *other;

	AST_LIST_TRAVERSE(&all, other, list)
	{
		if (other != waiting && other->is_noted && !other->is_closed && other->serial == waiting->serial &&
			!strcmp(other->app, waiting->app) && strcmp(other->worker, waiting->worker) &&
			other->score >= waiting->score) {
			return 1;
		}
	}
	return 0;
}

/*! \brief Forget an earlier bid of the same worker: its answer is the new one's. With the lock. */
static struct waiting *take_earlier_locked(const struct waiting *waiting)
{
	struct waiting *other;

	AST_LIST_TRAVERSE_SAFE_BEGIN(&all, other, list)
	{
		if (other != waiting && other->is_noted && other->serial == waiting->serial && !other->is_closed &&
			!strcmp(other->app, waiting->app) && !strcmp(other->worker, waiting->worker)) {
			AST_LIST_REMOVE_CURRENT(list);
			waiting_count--;
			return other;
		}
	}
	AST_LIST_TRAVERSE_SAFE_END;
	return NULL;
}

/*! \brief Of what there is no room for one more; NULL if there is. With the lock. */
static const char *full_locked(const struct waiting *waiting)
{
	const struct waiting *other;
	size_t of_app = 0;
	size_t of_call = 0;

	AST_LIST_TRAVERSE(&all, other, list)
	{
		of_app += !strcmp(other->app, waiting->app);
		of_call += other->serial == waiting->serial;
	}
	return of_app >= MAX_WAITING_OF_ONE ? "of the application"
		: of_call >= MAX_WAITING_OF_ONE ? "for the call"
		: waiting_count >= MAX_WAITING  ? "in all"
										: NULL;
}

static void log_full(const struct waiting *waiting, const char *what)
{
	char app[PRINTABLE_SIZE];
	char channel[PRINTABLE_SIZE];

	ast_log(LOG_WARNING,
		"Fleet: a bid of '%s' for %s is answered 503: %d bids %s wait for an award. Shorten the time for bids, b(), or "
		"have fewer workers bid for one call\n",
		printable(waiting->app, app, sizeof(app)), printable(waiting->channel_id, channel, sizeof(channel)),
		strcmp(what, "in all") ? MAX_WAITING_OF_ONE : MAX_WAITING, what);
}

/*! \brief Whether the worker of a take that has lost said good-bye before this, the same request's next claim. With the lock. */
static int has_left_locked(const struct waiting *waiting)
{
	const struct waiting *before;

	AST_LIST_TRAVERSE(&decided, before, list)
	{
		if (before->is_gone && waiting->is_take && !strcmp(before->reply, waiting->reply)) {
			return 1;
		}
	}
	return 0;
}

/*!
 * \brief Put one into the list, before the core knows of it: its broadcast may close at once.
 *
 * \retval 0 on success, -1 without room, or if its worker has left.
 */
static int add(struct waiting *waiting, int *is_outbid)
{
	struct waiting *earlier;
	const char *full;

	ast_mutex_lock(&awards_lock);
	if (has_left_locked(waiting)) {
		waiting->is_gone = 1;
		ast_mutex_unlock(&awards_lock);
		return -1;
	}
	/* One that takes has no say where its application has a bid already: the core tells it so. */
	earlier = waiting->is_take ? NULL : take_earlier_locked(waiting);
	full = full_locked(waiting);
	if (!full) {
		*is_outbid = !waiting->is_take && is_outbid_locked(waiting);
		waiting->is_noted = *is_outbid;
		AST_LIST_INSERT_TAIL(&all, waiting, list);
		waiting_count++;
	}
	ast_mutex_unlock(&awards_lock);
	waiting_free(earlier);
	if (full && monotonic_is_time(&full_logged_ns, FULL_NS)) {
		log_full(waiting, full);
	}
	return full ? -1 : 0;
}

/*! \brief Leave one in the list, if it is noted; else take it out. \retval 1 if its worker has said good-bye meanwhile, else 0. */
static int settle(struct waiting *waiting, int is_noted)
{
	int must_wake;
	int is_gone;

	ast_mutex_lock(&awards_lock);
	waiting->is_noted = is_noted;
	must_wake = is_noted && waiting->is_closed;
	is_gone = is_noted && waiting->is_gone;
	has_closed |= must_wake;
	if (!is_noted) {
		AST_LIST_REMOVE(&all, waiting, list);
		waiting_count--;
	}
	ast_mutex_unlock(&awards_lock);
	if (!is_noted) {
		waiting_free(waiting);
	} else if (must_wake) {
		outbox_wake();
	}
	return is_gone;
}

/*! \brief Take a bid of a worker out of the list; NULL if there is none any more. What is not noted yet follows in settle(). */
static struct waiting *take_bid_of(const char *app, const char *worker)
{
	struct waiting *waiting;
	struct waiting *found = NULL;

	ast_mutex_lock(&awards_lock);
	AST_LIST_TRAVERSE_SAFE_BEGIN(&all, waiting, list)
	{
		if (strcmp(waiting->app, app) || strcmp(waiting->worker, worker)) {
			continue;
		}
		if (waiting->is_noted) {
			AST_LIST_REMOVE_CURRENT(list);
			waiting_count--;
			found = waiting;
			break;
		}
		waiting->is_gone = 1;
	}
	AST_LIST_TRAVERSE_SAFE_END;
	/* One that takes may be about to be given the next call. */
	AST_LIST_TRAVERSE(&decided, waiting, list)
	{
		waiting->is_gone |= !strcmp(waiting->app, app) && !strcmp(waiting->worker, worker);
	}
	ast_mutex_unlock(&awards_lock);
	return found;
}

/*! \brief What is left of an application's bids for a call. */
struct rest {
	/*! The best one's; -1: none of its workers bids any more. */
	int score;
	char worker[WORKERS_MAX_ID + 1];
};

/*! \brief Find it. \param gone A bid that is not in the list any more. */
static struct rest find_rest(const struct waiting *gone)
{
	struct rest rest = { .score = -1 };
	const struct waiting *other;

	ast_mutex_lock(&awards_lock);
	AST_LIST_TRAVERSE(&all, other, list)
	{
		if (other->serial == gone->serial && !strcmp(other->app, gone->app) && other->score > rest.score) {
			rest.score = other->score;
			ast_copy_string(rest.worker, other->worker, sizeof(rest.worker));
		}
	}
	ast_mutex_unlock(&awards_lock);
	return rest;
}

/*! \brief Have the core know of an application's bid without that of a worker who is gone: the next best, or none. */
static void bid_without(const struct waiting *gone)
{
	struct rest rest = find_rest(gone);
	int result;
	int score;

	/* Again if another one has bid meanwhile, in the thread of another subject. */
	do {
		const struct stasis_broadcast_ask ask = {
			.demand = rest.score < 0 ? STASIS_BROADCAST_DEMAND_LEAVE : STASIS_BROADCAST_DEMAND_BID,
			.channel_id = gone->channel_id,
			.serial = gone->serial,
			.app = gone->app,
			.worker = rest.worker,
			.score = rest.score,
		};

		score = rest.score;
		result = stasis_broadcast_ask(&ask);
		rest = find_rest(gone);
	} while (result >= 0 && rest.score != score);
}

void awards_leave(const char *app, const char *worker)
{
	struct waiting *waiting;

	while ((waiting = take_bid_of(app, worker))) {
		if (!waiting->is_closed) {
			bid_without(waiting);
		}
		answer_result(waiting->reply, STASIS_BROADCAST_FORBIDDEN, waiting->channel_id, 0);
		waiting_free(waiting);
	}
}

int awards_answer_to(const char *app, const char *worker, const char *reply)
{
	char *text = ast_strdup(reply);
	struct waiting *waiting = NULL;

	ast_mutex_lock(&awards_lock);
	AST_LIST_TRAVERSE(&all, waiting, list)
	{
		if (text && waiting->is_take && waiting->is_noted && !strcmp(waiting->app, app) &&
			!strcmp(waiting->worker, worker)) {
			SWAP(waiting->reply, text);
			break;
		}
	}
	ast_mutex_unlock(&awards_lock);
	ast_free(text);
	return waiting != NULL;
}

int awards_ask(const struct stasis_broadcast_ask *what, const char *reply)
{
	struct waiting *waiting = waiting_create(what, reply);
	int is_outbid = 0;
	int result;

	if (!waiting || add(waiting, &is_outbid)) {
		result = waiting && waiting->is_gone ? STASIS_BROADCAST_FORBIDDEN : AST_OPTIONAL_API_UNAVAILABLE;
		waiting_free(waiting);
		return result;
	}
	if (is_outbid) {
		return STASIS_BROADCAST_NOTED;
	}
	pause_point("award_is_asked");
	result = stasis_broadcast_ask(what);
	pause_point("award_was_asked");
	if (settle(waiting, result == STASIS_BROADCAST_NOTED)) {
		awards_leave(what->app, what->worker);
	}
	return result;
}

void awards_closed(unsigned long serial, const char *winner)
{
	struct waiting *waiting;
	int must_wake = 0;

	ast_mutex_lock(&awards_lock);
	AST_LIST_TRAVERSE(&all, waiting, list)
	{
		if (waiting->serial == serial) {
			waiting->is_closed = 1;
			waiting->is_claimed = winner != NULL;
			waiting->has_won = winner && !strcmp(winner, waiting->app);
			must_wake |= waiting->is_noted;
		}
	}
	has_closed |= must_wake;
	ast_mutex_unlock(&awards_lock);
	if (must_wake) {
		outbox_wake();
	}
}

/*! \brief Put those that are decided into the list of these. */
static void take_decided(void)
{
	struct waiting *waiting;

	ast_mutex_lock(&awards_lock);
	if (has_closed) {
		AST_LIST_TRAVERSE_SAFE_BEGIN(&all, waiting, list)
		{
			if (waiting->is_closed && waiting->is_noted) {
				AST_LIST_REMOVE_CURRENT(list);
				waiting_count--;
				AST_LIST_INSERT_TAIL(&decided, waiting, list);
			}
		}
		AST_LIST_TRAVERSE_SAFE_END;
		has_closed = 0;
	}
	ast_mutex_unlock(&awards_lock);
}

/*! \brief Whether one that is decided has the best bid of its application; of equal ones the first has. */
static int is_best(const struct waiting *waiting)
{
	const struct waiting *other;
	int is_before = 1;

	AST_LIST_TRAVERSE(&decided, other, list)
	{
		if (other == waiting) {
			is_before = 0;
		} else if (other->serial == waiting->serial && !strcmp(other->app, waiting->app) &&
			(other->score > waiting->score || (other->score == waiting->score && is_before))) {
			return 0;
		}
	}
	return 1;
}

/*! \brief Answer one: what its application has won is the worker's. */
static void answer(const struct waiting *waiting,
	void (*goes_on)(const struct stasis_broadcast_ask *what, int has_it, const char *reply))
{
	const struct stasis_broadcast_ask won = {
		.demand = STASIS_BROADCAST_DEMAND_KEEP,
		.channel_id = waiting->channel_id,
		.serial = waiting->serial,
		.app = waiting->app,
		.worker = waiting->worker,
	};
	int result = waiting->is_claimed ? STASIS_BROADCAST_TAKEN : STASIS_BROADCAST_UNKNOWN;

	if (waiting->has_won && is_best(waiting)) {
		result = stasis_broadcast_ask(&won);
		if (result == STASIS_BROADCAST_UNKNOWN && !waiting->is_take &&
			!stasis_broadcast_serial_of(waiting->channel_id)) {
			/* The call is over already: its application, on a WebSocket, has had it; or the caller has hung up. */
			result = STASIS_BROADCAST_OK;
		}
	}
	if (waiting->is_take) {
		goes_on(&won, result == STASIS_BROADCAST_OK, waiting->reply);
	} else {
		answer_result(waiting->reply, result, waiting->channel_id, 0);
	}
}

/*! \brief Forget those that are decided: they were answered. */
static void forget_decided(void)
{
	struct waiting_list answered = AST_LIST_HEAD_NOLOCK_INIT_VALUE;
	struct waiting *waiting;

	ast_mutex_lock(&awards_lock);
	AST_LIST_APPEND_LIST(&answered, &decided, list);
	ast_mutex_unlock(&awards_lock);
	while ((waiting = AST_LIST_REMOVE_HEAD(&answered, list))) {
		waiting_free(waiting);
	}
}

void awards_attend(void (*goes_on)(const struct stasis_broadcast_ask *what, int has_it, const char *reply))
{
	struct waiting *waiting;

	take_decided();
	if (!AST_LIST_EMPTY(&decided)) {
		pause_point("award_is_told");
	}
	AST_LIST_TRAVERSE(&decided, waiting, list)
	{
		answer(waiting, goes_on);
	}
	forget_decided();
}

void awards_forget(void)
{
	struct waiting *waiting;

	while ((waiting = AST_LIST_REMOVE_HEAD(&all, list))) {
		waiting_free(waiting);
	}
	waiting_count = 0;
	has_closed = 0;
	full_logged_ns = 0;
}
