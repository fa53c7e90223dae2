/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Race stress: many threads offer, claim, bid, decline, widen, wait, hang up, replace and clean up at once.
 *
 * Each broadcast has a record of what was asked and answered, in an order that proves something: a
 * fact noted before a question was asked must show in its answer. Rules 1 to 7 of SPEC section 2 are
 * checked against it on every broadcast, and on those that collect bids what SPEC section 8 says of these (bid_history.h).
 */

#include <dirent.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bid_history.h"
#include "broadcast.h"
#include "observers.h"
#include "registry.h"

/*! \brief Broadcasts between two moments when all threads meet and everything is checked to the end. */
#define BATCH 20000
#define MAX_THREADS 64
/*! \brief How far back from the newest broadcast the threads act, so that they meet on the same ones. */
#define WINDOW 8
/*! \brief The longest deadline, which is also the longest that a thread is kept by a wait. */
#define LONG_MS 100
#define NS_PER_MS INT64_C(1000000)

/*! \brief Six that are offered it, one that came later, one not registered, one outside the filter. */
static const char *const apps[] = { "app-0", "app-1", "app-2", "app-3", "app-4", "app-5", "app-late",
	"app-gone", "other" };
#define APPS 9
#define APP_LATE 6
#define APP_GONE 7
#define APP_OTHER 8

/*! \brief What is known of one broadcast. All that threads note is in atomics with a total order. */
struct record {
	_Atomic(struct broadcast *) broadcast;
	int64_t before_ns, after_ns;
	int timeout_ms;
	int channel;
	/*! One bit for each application that it is offered to for certain; one added lately may be missing. */
	atomic_int recipients;
	int has_filter;
	/*! The one that came later is left out: it had the channel before and lost it. */
	int excludes_late;
	/*! The index of the application that has it, as soon as anybody was told; -1. */
	atomic_int winner;
	/*! How many claims were told that they made the change. */
	atomic_int firsts;
	/*! The state that was seen first after open, plus 1; 0 while none was. */
	atomic_int closed_as;
	/*! Somebody was told that it is closed and nobody has it. */
	atomic_int lost;
	atomic_int claims_begun, declines_begun, declines_noted, hang_ups_begun;
	atomic_int in_table;
	/*! What was asked of it if it collects bids; NULL. */
	struct bid_history *bids;
	/*! A thread waits on it: no two may, where there are bids. */
	atomic_flag is_attended;
	/*! What observers heard. */
	atomic_int told_opened, told_closed, has_heard_close, data_freed;
};

/*! \brief Changes of the table for one channel, so that a thread knows when it was alone with it. */
struct channel {
	atomic_uint begun, finished;
};

struct options {
	long broadcasts;
	int threads;
	uint64_t seed;
	int seconds;
};

static struct options options = { .broadcasts = 1000000, .threads = 8, .seed = 1 };
static struct record records[BATCH];
static struct channel channels[BATCH];
static struct names *recipient_lists[64], *left_out;
static struct app_filter *filter;
static struct registry *registry;
static pthread_barrier_t barrier;
static atomic_int front;
static int batch_size, channel_count, finished;
static atomic_long violations, states[BROADCAST_GONE + 1], waits, wakes, replaced_alone, cleaned_alone,
	claims, declines, widenings, bids, awards_judged;
static _Atomic int64_t slowest_wake_ns;
/*! \brief Threads that wait; some must always be left to wake them. */
static atomic_int waiting;
static _Thread_local uint64_t seed;

static unsigned int next_random(unsigned int below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned int) (seed >> 33) % below;
}

__attribute__((format(printf, 3, 4))) static void violated(
	const char *rule, const struct record *record, const char *what, ...)
{
	char text[256];
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof(text), what, args);
	va_end(args);
	if (atomic_fetch_add(&violations, 1) < 20) {
		fprintf(stderr, "%s broken, broadcast %td: %s\n", rule, record - records, text);
	}
}

static const char *state_name(enum broadcast_state state)
{
	static const char *const names[] = { "open", "claimed", "expired", "hung up", "declined", "withdrawn",
		"replaced", "gone" };

	return names[state];
}

static int is_registered(const char *app)
{
	/* The claim holds no lock here: let others get in between. */
	if (next_random(4) == 0) {
		sched_yield();
	}
	return strcmp(app, apps[APP_GONE]);
}

static int app_index(const char *name)
{
	for (int i = 0; i < APPS; i++) {
		if (!strcmp(apps[i], name)) {
			return i;
		}
	}
	return -1;
}

static int may_claim(const struct record *record, int app)
{
	return app != APP_GONE && (app != APP_OTHER || !record->has_filter) &&
		(app != APP_LATE || !record->excludes_late);
}

static void free_data(void *data)
{
	struct record *record = data;

	atomic_fetch_add(&record->data_freed, 1);
}

/*! \brief How many broadcasts this thread has closed with a claim. */
static _Thread_local int claims_won;

static void told_opened(struct broadcast *broadcast)
{
	struct record *record = broadcast_data(broadcast);

	if (atomic_fetch_add(&record->told_opened, 1)) {
		violated("observers", record, "told twice that it opened");
	}
}

static void told_widened(struct broadcast *broadcast, struct names *added)
{
	struct record *record = broadcast_data(broadcast);

	if (!names_count(added) || !atomic_load(&record->told_opened)) {
		violated("observers", record, "told of a widening by %zu, before it opened or without anybody new",
			names_count(added));
	}
}

/*! \brief Its bids were awarded, by whichever thread came upon it. */
static void check_award(struct record *record, struct broadcast *broadcast)
{
	const int app = app_index(broadcast_winner_name(broadcast));

	if (atomic_fetch_add(&record->firsts, 1)) {
		violated("rule 1", record, "awarded twice, now to application %d", app);
	}
	if (!may_claim(record, app)) {
		violated("rule 5", record, "application %d was awarded it and may not claim", app);
	}
}

static void told_closed(struct broadcast *broadcast, enum broadcast_state state)
{
	struct record *record = broadcast_data(broadcast);

	claims_won += state == BROADCAST_CLAIMED;
	if (record->bids && state == BROADCAST_CLAIMED) {
		check_award(record, broadcast);
	}
	if (!atomic_load(&record->told_opened)) {
		violated("observers", record, "told that it closed before it opened");
	}
	if (atomic_fetch_add(&record->told_closed, 1)) {
		violated("observers", record, "told twice that it closed, now %s", state_name(state));
	}
	if (broadcast_state(broadcast) != state) {
		violated("observers", record, "told that it is %s, and it is %s", state_name(state),
			state_name(broadcast_state(broadcast)));
	}
	/* Let who tells of what follows get in between. */
	if (next_random(8) == 0) {
		sched_yield();
	}
	atomic_store(&record->has_heard_close, 1);
}

static void told_lost(struct broadcast *broadcast, const char *app)
{
	struct record *record = broadcast_data(broadcast);

	if (!atomic_load(&record->has_heard_close)) {
		violated("observers", record, "told that %s was lost before its claim", app);
	}
}

static const struct broadcast_observer observer = {
	.name = "stress",
	.opened = told_opened,
	.widened = told_widened,
	.closed = told_closed,
	.lost = told_lost,
};

/* What was seen */

/*! \brief Whether a state that was seen has a cause that somebody could know of. */
static int has_cause(const struct record *record, enum broadcast_state state)
{
	switch (state) {
	case BROADCAST_CLAIMED:
		/* So has a bid. */
		return atomic_load(&record->claims_begun) != 0;
	case BROADCAST_EXPIRED:
		return broadcast_clock_ns() >= record->before_ns + record->timeout_ms * NS_PER_MS;
	case BROADCAST_HUNG_UP:
		return atomic_load(&record->hang_ups_begun) != 0;
	case BROADCAST_DECLINED:
		return (atomic_load(&record->recipients) & ~atomic_load(&record->declines_begun)) == 0;
	default:
		/* A later broadcast of the channel or a clean-up may come at any time. */
		return 1;
	}
}

/*! \brief Somebody was told that the broadcast is closed and nobody has it. */
static void saw_lost(struct record *record)
{
	atomic_store(&record->lost, 1);
	if (atomic_load(&record->winner) >= 0) {
		violated("rule 2", record, "closed without a winner, but application %d was told yes",
			atomic_load(&record->winner));
	}
}

static void saw_state(struct record *record, enum broadcast_state state)
{
	int before = 0;

	if (state == BROADCAST_OPEN) {
		return;
	}
	if (!has_cause(record, state)) {
		violated(state == BROADCAST_EXPIRED ? "rule 3" : "rule 2", record, "it is %s without a cause",
			state_name(state));
	}
	if (!atomic_compare_exchange_strong(&record->closed_as, &before, (int) state + 1) &&
		before != (int) state + 1) {
		violated("rule 2", record, "it was %s and is %s", state_name(before - 1), state_name(state));
	}
	if (state != BROADCAST_CLAIMED) {
		saw_lost(record);
	}
}

/*! \brief Somebody was told that this application has it. */
static void saw_winner(struct record *record, int app)
{
	int before = -1;

	if (!atomic_compare_exchange_strong(&record->winner, &before, app) && before != app) {
		violated("rule 1", record, "application %d has it, and so has %d", before, app);
	}
	if (atomic_load(&record->lost)) {
		violated("rule 2", record, "application %d has it, but somebody was told that nobody does", app);
	}
	saw_state(record, BROADCAST_CLAIMED);
}

/* What threads do to one broadcast */

/*! \brief This very claim made the change: was it allowed to? */
static void check_first(struct record *record, int app, int was_lost, int64_t asked_ns)
{
	if (atomic_fetch_add(&record->firsts, 1)) {
		violated("rule 1", record, "a second claim was the first one, application %d", app);
	}
	if (was_lost) {
		violated("rule 3", record, "application %d won what was closed when it asked", app);
	}
	if (asked_ns >= record->after_ns + record->timeout_ms * NS_PER_MS) {
		violated("rule 3", record, "application %d won after the deadline", app);
	}
	if (!may_claim(record, app)) {
		violated("rule 5", record, "application %d won and may not claim", app);
	}
}

/*! \brief What any question is answered when somebody is known to have it (rules 2 and 4). */
static void check_answer_to_claimed(
	struct record *record, int winner, int app, enum broadcast_result answer, int is_claim)
{
	enum broadcast_result should = is_claim && app == winner ? BROADCAST_OK : BROADCAST_TAKEN;

	if (winner >= 0 && answer != should) {
		violated("rule 4", record, "application %d has it, application %d asked and was told %d", winner, app,
			answer);
	}
}

static void note_answer(struct record *record, int app, enum broadcast_result answer)
{
	if (answer == BROADCAST_TAKEN) {
		saw_state(record, BROADCAST_CLAIMED);
	} else if (answer == BROADCAST_CLOSED) {
		saw_lost(record);
	} else if (answer == BROADCAST_FORBIDDEN && may_claim(record, app)) {
		violated("rule 5", record, "application %d may claim and was forbidden", app);
	}
}

/*! \brief Claim where bids are collected: the answer comes with the award. */
static void do_claim_and_wait(struct record *record, struct broadcast *broadcast)
{
	int app = (int) next_random(APPS);
	int winner = atomic_load(&record->winner);
	struct bid_step *step;
	enum broadcast_result answer;

	atomic_fetch_or(&record->claims_begun, 1 << app);
	step = bid_history_begin(record->bids, app, BROADCAST_REQUEST_CLAIM, 0);
	answer = broadcast_claim(broadcast, apps[app], is_registered);
	bid_history_end(step, answer);
	atomic_fetch_add_explicit(&claims, 1, memory_order_relaxed);
	check_answer_to_claimed(record, winner, app, answer, 1);
	/* Its bid may have been taken back meanwhile. */
	if (answer != BROADCAST_TAKEN || !(atomic_load(&record->declines_begun) & 1 << app)) {
		note_answer(record, app, answer);
	}
	if (answer == BROADCAST_OK) {
		saw_winner(record, app);
	}
}

static void do_bid(struct record *record, struct broadcast *broadcast)
{
	int app = (int) next_random(APPS), score = (int) next_random(5);
	int winner = atomic_load(&record->winner);
	int64_t asked_ns = broadcast_clock_ns();
	struct bid_step *step;
	enum broadcast_result answer;

	atomic_fetch_or(&record->claims_begun, 1 << app);
	step = bid_history_begin(record->bids, app, BROADCAST_REQUEST_BID, score);
	answer = broadcast_bid(broadcast, apps[app], score, is_registered);
	bid_history_end(step, answer);
	atomic_fetch_add_explicit(&bids, 1, memory_order_relaxed);
	check_answer_to_claimed(record, winner, app, answer, 1);
	note_answer(record, app, answer);
	if (answer == BROADCAST_OK && asked_ns >= record->after_ns + record->timeout_ms * NS_PER_MS) {
		/* The retry of one that has won. */
		saw_winner(record, app);
	}
}

static void do_claim(struct record *record, struct broadcast *broadcast)
{
	int app = (int) next_random(APPS), first;
	int was_lost = atomic_load(&record->lost), winner = atomic_load(&record->winner);
	int64_t asked_ns = broadcast_clock_ns();
	enum broadcast_result answer;

	atomic_fetch_or(&record->claims_begun, 1 << app);
	claims_won = 0;
	answer = broadcast_claim(broadcast, apps[app], is_registered);
	first = claims_won;
	atomic_fetch_add_explicit(&claims, 1, memory_order_relaxed);
	if (first != 0 && (first != 1 || answer != BROADCAST_OK)) {
		violated("rule 1", record, "answer %d with first %d", answer, first);
	}
	check_answer_to_claimed(record, winner, app, answer, 1);
	note_answer(record, app, answer);
	if (answer == BROADCAST_OK) {
		saw_winner(record, app);
	}
	if (first) {
		check_first(record, app, was_lost, asked_ns);
	}
}

static void do_decline(struct record *record, struct broadcast *broadcast)
{
	int app = (int) next_random(APPS), bit = 1 << app;
	int winner = atomic_load(&record->winner), noted = atomic_load(&record->declines_noted);
	/* A decline counts for who was a recipient when it came. */
	int counts = atomic_load(&record->recipients) & bit;
	struct bid_step *step = NULL;
	enum broadcast_result answer;

	atomic_fetch_or(&record->declines_begun, bit);
	if (record->bids) {
		step = bid_history_begin(record->bids, app, BROADCAST_REQUEST_DECLINE, 0);
	}
	answer = broadcast_decline(broadcast, apps[app], is_registered);
	bid_history_end(step, answer);
	atomic_fetch_add_explicit(&declines, 1, memory_order_relaxed);
	check_answer_to_claimed(record, winner, app, answer, 0);
	note_answer(record, app, answer);
	/* A bid takes a decline back. */
	if ((noted & bit) && answer == BROADCAST_CLOSED && !record->bids) {
		violated("decline", record, "application %d had declined, and its retry was told closed", app);
	}
	if (answer == BROADCAST_OK && counts) {
		atomic_fetch_or(&record->declines_noted, bit);
	}
}

/*! \brief Offer it to more applications: those that are new, each once, and none after the close. */
static void do_widen(struct record *record, struct broadcast *broadcast)
{
	int set = (int) next_random(63) + 1, lost = atomic_load(&record->lost), new = 0;
	int known = atomic_load(&record->recipients);
	struct names *added = broadcast_widen(broadcast, recipient_lists[set], 0);

	if (added && lost) {
		violated("widening", record, "%zu were added to what was closed", names_count(added));
	}
	for (size_t i = 0; i < names_count(added); i++) {
		new |= 1 << app_index(names_at(added, i));
	}
	if ((new &known) || (new & ~set)) {
		violated("widening", record, "asked for %x, %x were there, and %x were added", set, known, new);
	}
	atomic_fetch_or(&record->recipients, new);
	atomic_fetch_add_explicit(&widenings, new != 0, memory_order_relaxed);
	names_unref(added);
}

static void do_hang_up(struct record *record, struct broadcast *broadcast)
{
	int winner = atomic_load(&record->winner);
	enum broadcast_state state;

	atomic_store(&record->hang_ups_begun, 1);
	state = broadcast_close(broadcast, BROADCAST_HUNG_UP);
	saw_state(record, state);
	if (state == BROADCAST_OPEN) {
		violated("rule 3", record, "it was closed and is open");
	}
	if (winner >= 0 && state != BROADCAST_CLAIMED) {
		violated("rule 2", record, "application %d has it, and the close says %s", winner, state_name(state));
	}
}

/*! \brief Ask for the winner (rule 7: nothing changes, which saw_state() would notice). */
static void do_winner(struct record *record, struct broadcast *broadcast)
{
	int winner = atomic_load(&record->winner);
	char *name = broadcast_winner(broadcast);

	if (winner >= 0 && (!name || strcmp(name, apps[winner]))) {
		violated("rule 2", record, "application %d has it, the winner is %s", winner, name ? name : "nobody");
	}
	if (name) {
		saw_winner(record, app_index(name));
	}
	free(name);
}

static void note_wake(struct broadcast *broadcast)
{
	int64_t took = broadcast_clock_ns() - broadcast_closed_ns(broadcast);
	int64_t slowest = atomic_load(&slowest_wake_ns);

	atomic_fetch_add_explicit(&wakes, 1, memory_order_relaxed);
	while (took > slowest && !atomic_compare_exchange_weak(&slowest_wake_ns, &slowest, took)) {
	}
}

/*! \brief Wait as the channel's thread does: the descriptor and the deadline, then the state. */
static void do_wait(struct record *record, struct broadcast *broadcast)
{
	struct pollfd poll_fd = { .events = POLLIN };
	int winner = atomic_load(&record->winner), woken;
	int is_short = atomic_fetch_add(&waiting, 1) >= options.threads - 2 || next_random(4) == 0;
	enum broadcast_state state;

	poll_fd.fd = broadcast_wake_open(broadcast);
	if (poll_fd.fd < 0) {
		violated("wake-up", record, "no descriptor to wait on");
		atomic_fetch_sub(&waiting, 1);
		return;
	}
	woken = poll(&poll_fd, 1, is_short ? (int) next_random(2) : broadcast_remaining_ms(broadcast));
	atomic_fetch_sub(&waiting, 1);
	if (woken) {
		note_wake(broadcast);
	}
	state = broadcast_state(broadcast);
	saw_state(record, state);
	if (state == BROADCAST_OPEN && (woken || !is_short)) {
		violated("rule 3", record, "the wait is over and it is open");
	}
	if (state != BROADCAST_OPEN && !poll(&poll_fd, 1, 0)) {
		violated("wake-up", record, "it is %s and nobody was woken", state_name(state));
	}
	if (winner >= 0 && state != BROADCAST_CLAIMED) {
		violated("rule 2", record, "application %d has it, the wait says %s", winner, state_name(state));
	}
	broadcast_wake_close(broadcast);
	if (state == BROADCAST_CLAIMED) {
		broadcast_tell_lost(broadcast, broadcast_winner_name(broadcast));
		do_winner(record, broadcast);
	}
	atomic_fetch_add_explicit(&waits, 1, memory_order_relaxed);
}

/*! \brief Wait as the channel's thread does where there are bids: it sees to the award. */
static void do_wait_for_award(struct record *record, struct broadcast *broadcast)
{
	struct pollfd poll_fd = { .events = POLLIN };
	enum broadcast_state state;

	if (atomic_flag_test_and_set(&record->is_attended)) {
		return;
	}
	poll_fd.fd = broadcast_wake_open(broadcast);
	do {
		struct broadcast_duty duty;
		int left_ms = broadcast_remaining_ms(broadcast);

		broadcast_attend(broadcast, &duty);
		if (duty.award_ns) {
			int64_t left_ns = duty.award_ns - broadcast_clock_ns();

			left_ms = left_ns <= 0 ? 0 : (int) ((left_ns + NS_PER_MS - 1) / NS_PER_MS);
		}
		if (poll(&poll_fd, 1, left_ms)) {
			atomic_fetch_add_explicit(&wakes, 1, memory_order_relaxed);
		}
		state = broadcast_state(broadcast);
	} while (state == BROADCAST_OPEN && broadcast_remaining_ms(broadcast));
	/* It may have been open a moment before its deadline. */
	state = broadcast_state(broadcast);
	if (state == BROADCAST_OPEN || !poll(&poll_fd, 1, 0)) {
		violated("wake-up", record, "the wait is over, it is %s, and nobody was woken", state_name(state));
	}
	saw_state(record, state);
	broadcast_wake_close(broadcast);
	atomic_flag_clear(&record->is_attended);
	atomic_fetch_add_explicit(&waits, 1, memory_order_relaxed);
}

static void do_snapshot(struct record *record, struct broadcast *broadcast)
{
	struct broadcast_snapshot snapshot;

	broadcast_get_snapshot(broadcast, &snapshot);
	saw_state(record, snapshot.state);
	if ((snapshot.state == BROADCAST_CLAIMED) != (snapshot.winner != NULL)) {
		violated("rule 1", record, "a snapshot shows it %s by %s", state_name(snapshot.state),
			snapshot.winner ? snapshot.winner : "nobody");
	}
	if (snapshot.winner) {
		saw_winner(record, app_index(snapshot.winner));
	}
	for (size_t i = 0; i < names_count(snapshot.declined); i++) {
		if (!(atomic_load(&record->declines_begun) & 1 << app_index(names_at(snapshot.declined, i)))) {
			violated("decline", record, "%s did not decline", names_at(snapshot.declined, i));
		}
	}
	broadcast_snapshot_clear(&snapshot);
}

/*! \brief Ask for it: claim, or bid where bids are collected. */
static void ask(struct record *record, struct broadcast *broadcast)
{
	if (!record->bids) {
		do_claim(record, broadcast);
	} else if (next_random(4)) {
		do_bid(record, broadcast);
	} else {
		do_claim_and_wait(record, broadcast);
	}
}

static void act(struct record *record, struct broadcast *broadcast)
{
	switch (next_random(16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		if (record->bids) {
			do_wait_for_award(record, broadcast);
		} else {
			do_wait(record, broadcast);
		}
		break;
	case 4:
	case 5:
	case 6:
		do_decline(record, broadcast);
		break;
	case 7:
		do_hang_up(record, broadcast);
		break;
	case 8:
		do_winner(record, broadcast);
		break;
	case 9:
		do_snapshot(record, broadcast);
		break;
	case 10:
		do_widen(record, broadcast);
		break;
	default:
		ask(record, broadcast);
	}
}

/* What threads do to the table */

static void channel_id(int channel, char *id, size_t size)
{
	snprintf(id, size, "1700000000.%d", channel);
}

/*! \brief The record of a broadcast that was found in the table: one of its channel, not long ago. */
static struct record *record_of(const struct broadcast *broadcast, int channel)
{
	int newest = atomic_load(&front) - 1;

	newest = newest >= batch_size ? batch_size - 1 : newest;
	for (int i = newest - ((newest - channel) % channel_count + channel_count) % channel_count; i >= 0;
		 i -= channel_count) {
		if (atomic_load(&records[i].broadcast) == broadcast) {
			return &records[i];
		}
	}
	return NULL;
}

/*! \brief Begin to change the table for a channel. \return A number if no other change is under way, else -1. */
static long begin_change(struct channel *channel)
{
	unsigned int number = atomic_fetch_add(&channel->begun, 1);

	return atomic_load(&channel->finished) == number ? (long) number : -1;
}

/*! \brief Whether no other change has begun since. */
static int was_alone(struct channel *channel, long number)
{
	return number >= 0 && atomic_load(&channel->begun) == (unsigned int) number + 1;
}

static void end_change(struct channel *channel)
{
	atomic_fetch_add(&channel->finished, 1);
}

/*! \brief Rule 6: put it in; what was there is withdrawn, and its waiters hear of it. */
static void do_put(struct record *record, struct broadcast *broadcast)
{
	struct channel *channel = &channels[record->channel];
	char id[32];
	struct broadcast *before, *now;
	long number;

	channel_id(record->channel, id, sizeof(id));
	number = begin_change(channel);
	before = number >= 0 ? registry_get(registry, id) : NULL;
	if (registry_put(registry, broadcast)) {
		violated("rule 6", record, "no memory to put it in");
	}
	atomic_store(&record->in_table, 1);
	now = number >= 0 ? registry_get(registry, id) : NULL;
	if (was_alone(channel, number)) {
		if (now != broadcast) {
			violated("rule 6", record, "it was put in and is not there");
		}
		if (before && broadcast_state(before) == BROADCAST_OPEN) {
			violated("rule 6", record, "the one it replaced is still open");
		}
		atomic_fetch_add_explicit(&replaced_alone, before != NULL, memory_order_relaxed);
	}
	end_change(channel);
	broadcast_unref(before);
	broadcast_unref(now);
}

/*! \brief Clean up by the channel's ID or by the broadcast itself; afterwards it is closed and not there. */
static void do_cleanup(struct record *record, struct broadcast *broadcast)
{
	struct channel *channel = &channels[record->channel];
	char id[32];
	struct broadcast *now, *taken = NULL;
	int was_in_table = atomic_load(&record->in_table);
	long number;

	channel_id(record->channel, id, sizeof(id));
	number = begin_change(channel);
	if (next_random(2)) {
		taken = registry_take(registry, id, 0);
		if (taken && broadcast_state(taken) == BROADCAST_OPEN) {
			violated("rule 3", record, "one that was taken out is open");
		}
		now = registry_get(registry, id);
		if (was_alone(channel, number) && now) {
			violated("rule 4", record, "it was cleaned up and is still found");
		}
	} else {
		registry_remove(registry, broadcast);
		if (broadcast_state(broadcast) == BROADCAST_OPEN) {
			violated("rule 3", record, "it was removed and is open");
		}
		now = registry_get(registry, id);
		if (now == broadcast && was_in_table) {
			violated("rule 4", record, "it was removed and is still found");
		}
	}
	atomic_fetch_add_explicit(&cleaned_alone, was_alone(channel, number), memory_order_relaxed);
	end_change(channel);
	broadcast_unref(taken);
	broadcast_unref(now);
}

static void do_list(void)
{
	size_t count;
	struct broadcast **list = registry_list(registry, &count);

	for (size_t i = 0; i < count; i++) {
		broadcast_state(list[i]);
		broadcast_unref(list[i]);
	}
	free(list);
}

/*! \brief Act on what the table gives for a channel, as requests from outside do. */
static void act_by_id(int channel)
{
	char id[32];
	struct broadcast *broadcast;
	struct record *record;

	channel_id(channel, id, sizeof(id));
	broadcast = registry_get(registry, id);
	if (!broadcast) {
		return;
	}
	record = record_of(broadcast, channel);
	if (record) {
		act(record, broadcast);
	} else {
		violated("rule 6", records, "channel %d has a broadcast that nobody made", channel);
	}
	broadcast_unref(broadcast);
}

static void offer(int number)
{
	struct record *record = &records[number];
	char id[32];
	struct broadcast_terms terms = { .channel_id = id, .data = record, .free_data = free_data };
	struct broadcast *broadcast;
	int recipients = (int) next_random(63) + 1;

	/* Small lists more often, so that all of them do decline now and then. */
	if (next_random(2)) {
		recipients = 1 << next_random(6);
	}
	channel_id(record->channel, id, sizeof(id));
	atomic_store(&record->recipients, recipients);
	record->has_filter = next_random(2) == 0;
	record->excludes_late = next_random(2) == 0;
	record->timeout_ms = next_random(4) ? LONG_MS : (int) next_random(3);
	if (next_random(8) == 0) {
		record->bids = calloc(1, sizeof(*record->bids));
	}
	if (record->bids) {
		record->bids->window_ms = terms.bid_window_ms = (int) next_random(3) + 1;
	}
	terms.timeout_ms = record->timeout_ms;
	terms.recipients = recipient_lists[recipients];
	terms.filter = record->has_filter ? filter : NULL;
	terms.excluded = record->excludes_late ? left_out : NULL;
	record->before_ns = broadcast_clock_ns();
	broadcast = broadcast_create(&terms);
	record->after_ns = broadcast_clock_ns();
	if (broadcast) {
		broadcast_announce(broadcast);
	}
	if (!broadcast) {
		violated("rule 1", record, "no memory to make it");
		return;
	}
	atomic_store(&record->broadcast, broadcast);
	do_put(record, broadcast);
}

/*! \brief The caller of an older broadcast hangs up, so that nobody waits on it until its deadline. */
static void end_older(int number)
{
	struct record *record = number >= 0 ? &records[number] : NULL;
	struct broadcast *broadcast = record ? atomic_load(&record->broadcast) : NULL;

	/* Where there are bids, nobody waits for longer than their window, if somebody looks at its end. */
	if (broadcast && record->bids && next_random(4) == 0) {
		do_bid(record, broadcast);
		do_wait_for_award(record, broadcast);
	}
	if (broadcast) {
		do_hang_up(record, broadcast);
	}
}

/*! \brief One of the newest broadcasts, which other threads are at as well. */
static void act_on_recent(void)
{
	int number = atomic_load(&front) - 1 - (int) next_random(WINDOW);
	struct record *record;
	struct broadcast *broadcast;

	if (number < 0 || number >= batch_size) {
		return;
	}
	record = &records[number];
	broadcast = atomic_load(&record->broadcast);
	if (!broadcast) {
		return;
	}
	switch (next_random(16)) {
	case 0:
		do_cleanup(record, broadcast);
		break;
	case 1:
	case 2:
	case 3:
	case 4:
		act_by_id(record->channel);
		break;
	default:
		act(record, broadcast);
	}
}

/* The end of a batch */

/*! \brief Whether what is known of its bids fits together with how it ended. */
static void judge_bids(struct record *record, struct broadcast *broadcast, enum broadcast_state state)
{
	const struct bid_outcome outcome = {
		.state = state,
		.winner = state == BROADCAST_CLAIMED ? app_index(broadcast_winner_name(broadcast)) : -1,
		.score = broadcast_winner_score(broadcast),
		.closed_ns = broadcast_closed_ns(broadcast),
		.deadline_ns = record->before_ns + record->timeout_ms * NS_PER_MS,
		.recipients = atomic_load(&record->recipients),
	};
	const char *wrong;

	if (!bid_history_is_whole(record->bids) || state == BROADCAST_OPEN) {
		return;
	}
	wrong = bid_history_judge(record->bids, &outcome, APPS);
	if (wrong) {
		violated("bids", record, "%s: it is %s, by application %d with score %d", wrong, state_name(state),
			outcome.winner, outcome.score);
	}
	atomic_fetch_add_explicit(&awards_judged, state == BROADCAST_CLAIMED, memory_order_relaxed);
}

/*! \brief All is quiet: whatever was told during the batch has to be what is true now. */
static void check_record(struct record *record)
{
	struct broadcast *broadcast = atomic_load(&record->broadcast), *found;
	enum broadcast_state state = broadcast_state(broadcast);
	int64_t closed_ns = broadcast_closed_ns(broadcast);
	char id[32];

	saw_state(record, state);
	if ((state == BROADCAST_CLAIMED) != (atomic_load(&record->firsts) == 1)) {
		violated("rule 1", record, "it is %s, and %d claims were first", state_name(state),
			atomic_load(&record->firsts));
	}
	if (record->bids) {
		judge_bids(record, broadcast, state);
	}
	channel_id(record->channel, id, sizeof(id));
	found = registry_get(registry, id);
	if (found != broadcast && state == BROADCAST_OPEN) {
		violated("rule 6", record, "it is not in the table and is open");
	}
	broadcast_unref(found);
	do_winner(record, broadcast);
	if (broadcast_state(broadcast) != state && state != BROADCAST_OPEN) {
		violated("rule 7", record, "asking changed it");
	}
	for (int i = 0; state != BROADCAST_OPEN && i < 3; i++) {
		ask(record, broadcast);
		do_decline(record, broadcast);
		do_hang_up(record, broadcast);
	}
	if (state != BROADCAST_OPEN && broadcast_closed_ns(broadcast) != closed_ns) {
		violated("rule 2", record, "it closed again");
	}
	atomic_fetch_add(&states[state], 1);
	broadcast_unref(broadcast);
}

/*! \brief What observers heard of it, when it is over for good. */
static void check_told(struct record *record)
{
	if (atomic_load(&record->told_opened) != 1 || atomic_load(&record->told_closed) != 1 ||
		atomic_load(&record->data_freed) != 1) {
		violated("observers", record, "told %d times that it opened, %d that it closed, freed %d times",
			atomic_load(&record->told_opened), atomic_load(&record->told_closed),
			atomic_load(&record->data_freed));
	}
}

static void *work(void *data)
{
	int me = (int) (intptr_t) data;

	seed = options.seed * 0x9e3779b97f4a7c15u + (uint64_t) me * 0xd6e8feb86659fd93u;
	for (;;) {
		pthread_barrier_wait(&barrier);
		if (finished) {
			return NULL;
		}
		while (atomic_load(&front) < batch_size) {
			unsigned int what = next_random(64);

			if (what < 10) {
				int number = atomic_fetch_add(&front, 1);

				if (number < batch_size) {
					offer(number);
					end_older(number - 2 * WINDOW);
				}
			} else if (what == 10) {
				sched_yield();
			} else if (what == 11 && next_random(channel_count < 10 ? 16 : 2048) == 0) {
				do_list();
			} else {
				act_on_recent();
			}
		}
		pthread_barrier_wait(&barrier);
		for (int i = me; i < batch_size; i += options.threads) {
			check_record(&records[i]);
		}
		pthread_barrier_wait(&barrier);
	}
}

static void prepare_batch(long left, int number)
{
	batch_size = left < BATCH ? (int) left : BATCH;
	/* Every other batch all threads fight over very few channels, each broadcast replacing another. */
	channel_count = number % 2 ? 3 : 5003;
	memset(channels, 0, sizeof(channels));
	memset(records, 0, sizeof(records));
	for (int i = 0; i < batch_size; i++) {
		records[i].channel = i % channel_count;
		atomic_flag_clear(&records[i].is_attended);
		atomic_init(&records[i].winner, -1);
	}
	atomic_store(&front, 0);
	registry = registry_create();
	if (!registry) {
		perror("registry_create");
		exit(2);
	}
}

static void finish_batch(void)
{
	registry_destroy(registry);
	for (int i = 0; i < batch_size; i++) {
		check_told(&records[i]);
		free(records[i].bids);
	}
}

static int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (dir && readdir(dir)) {
		count++;
	}
	closedir(dir);
	return count;
}

static long run(int64_t began_ns)
{
	pthread_t threads[MAX_THREADS];
	long done = 0;

	pthread_barrier_init(&barrier, NULL, (unsigned int) options.threads + 1);
	for (int i = 0; i < options.threads; i++) {
		if (pthread_create(&threads[i], NULL, work, (void *) (intptr_t) i)) {
			perror("pthread_create");
			exit(2);
		}
	}
	for (int number = 0; !finished; number++) {
		prepare_batch(options.broadcasts - done, number);
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		finish_batch();
		done += batch_size;
		finished = done >= options.broadcasts || atomic_load(&violations) ||
			(options.seconds && broadcast_clock_ns() - began_ns >= options.seconds * INT64_C(1000000000));
	}
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < options.threads; i++) {
		pthread_join(threads[i], NULL);
	}
	return done;
}

static void make_lists(void)
{
	for (int set = 1; set < 64; set++) {
		const char *list[6];
		size_t count = 0;

		for (int i = 0; i < 6; i++) {
			if (set & 1 << i) {
				list[count++] = apps[i];
			}
		}
		recipient_lists[set] = names_create(list, count);
	}
	left_out = names_create(&apps[APP_LATE], 1);
	filter = app_filter_get("^app-", NULL, 0);
}

static void free_lists(void)
{
	for (int set = 1; set < 64; set++) {
		names_unref(recipient_lists[set]);
	}
	names_unref(left_out);
	app_filter_unref(filter);
	/* Nothing refers to it any more: else it would hide a leak of it. */
	filter = NULL;
	app_filter_forget_all();
}

/*! \brief A stress that never got somewhere has shown nothing about it. */
static void check_coverage(long done)
{
	for (int state = BROADCAST_CLAIMED; state <= BROADCAST_GONE && done >= BATCH; state++) {
		/* Nobody but an operator withdraws. */
		if (state != BROADCAST_WITHDRAWN && !atomic_load(&states[state])) {
			violated("coverage", records, "no broadcast ended %s", state_name(state));
		}
	}
	if (done >= BATCH && !atomic_load(&widenings)) {
		violated("coverage", records, "nothing was widened");
	}
	if (done >= BATCH && !atomic_load(&awards_judged)) {
		violated("coverage", records, "no bid was awarded");
	}
	if (done >= BATCH &&
		(!atomic_load(&replaced_alone) || !atomic_load(&cleaned_alone) || !atomic_load(&wakes))) {
		violated("coverage", records, "nothing was replaced, cleaned up or woken alone");
	}
}

static int report(long done, int64_t began_ns)
{
	long failed = atomic_load(&violations);

	for (int state = BROADCAST_OPEN; state <= BROADCAST_GONE; state++) {
		printf("%s%s %ld", state ? ", " : "ended: ", state_name(state), atomic_load(&states[state]));
	}
	printf(
		"\nclaims %ld, bids %ld (awards judged %ld), declines %ld, widenings %ld, waits %ld (woken %ld, slowest %.1f ms), replacements seen alone %ld, "
		"clean-ups seen alone %ld\n",
		atomic_load(&claims), atomic_load(&bids), atomic_load(&awards_judged), atomic_load(&declines),
		atomic_load(&widenings), atomic_load(&waits), atomic_load(&wakes),
		(double) atomic_load(&slowest_wake_ns) / 1e6, atomic_load(&replaced_alone),
		atomic_load(&cleaned_alone));
	printf("stress: %ld broadcasts, %d threads, seed %llu, %.1f s: ", done, options.threads,
		(unsigned long long) options.seed, (double) (broadcast_clock_ns() - began_ns) / 1e9);
	if (failed) {
		printf("FAILED, %ld violations\n", failed);
	} else {
		printf("passed, rules 1 to 7 and those of bids held on every one\n");
	}
	return failed != 0;
}

static int bad_usage(const char *what)
{
	fprintf(stderr,
		"stress: %s; usage: stress [--broadcasts 1..] [--threads 2..%d] [--seed N] [--seconds N]\n", what,
		MAX_THREADS);
	return 2;
}

static int read_options(int argc, char **argv)
{
	static const struct option known[] = { { "broadcasts", required_argument, NULL, 'b' },
		{ "threads", required_argument, NULL, 't' }, { "seed", required_argument, NULL, 's' },
		{ "seconds", required_argument, NULL, 'l' }, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		char *end = "";
		unsigned long long value = optarg ? strtoull(optarg, &end, 10) : 0;

		if (option == '?' || *end || end == optarg) {
			return bad_usage("unknown option, or not a number");
		}
		switch (option) {
		case 'b':
			options.broadcasts = (long) value;
			break;
		case 't':
			options.threads = (int) value;
			break;
		case 's':
			options.seed = value;
			break;
		default:
			options.seconds = (int) value;
		}
	}
	if (options.broadcasts < 1 || options.threads < 2 || options.threads > MAX_THREADS || optind != argc) {
		return bad_usage("out of range");
	}
	return 0;
}

int main(int argc, char **argv)
{
	int64_t began_ns = broadcast_clock_ns();
	int fds, failed = read_options(argc, argv);
	long done;

	if (failed) {
		return failed;
	}
	printf("stress: seed %llu\n", (unsigned long long) options.seed);
	fflush(stdout);
	make_lists();
	if (observers_add(&observer)) {
		return 2;
	}
	fds = open_fds();
	done = run(began_ns);
	if (open_fds() != fds) {
		violated("wake-up", records, "%d descriptors were left open", open_fds() - fds);
	}
	if (broadcast_open_count()) {
		violated("max_open", records, "%zu are counted as open after all", broadcast_open_count());
	}
	check_coverage(done);
	free_lists();
	return report(done, began_ns);
}
