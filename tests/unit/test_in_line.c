/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Tests of core/in_line.h and core/take.h: the order of the line, and the next in it (SPEC section 8).
 */

#include "core_test.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "in_line.h"
#include "take.h"

#define LONG_MS 600000

/*! \brief As many calls as a worker may have to look past. */
#define CROWD 10000

/*! \brief What a broadcast is put in line with. */
struct call {
	int priority;
	int64_t since_ns;
	/*! How many have had it, or had it hang up; for the tests with threads. */
	atomic_int had;
};

static struct names *recipients;
static struct in_line *line;

/*! \brief The observer: who closes a broadcast has it leave. */
static void closed(struct broadcast *broadcast, enum broadcast_state state)
{
	const struct call *call = broadcast_data(broadcast);

	(void) state;
	in_line_leave(line, broadcast, call->priority, call->since_ns);
}

/*! \brief How many were told that they may not have what they asked for. */
static atomic_int forbidden;

static void answered(struct broadcast *broadcast, const struct broadcast_answer *answer)
{
	(void) broadcast;
	atomic_fetch_add(&forbidden, answer->result == BROADCAST_FORBIDDEN);
}

static const struct broadcast_observer observer = { .name = "line", .closed = closed, .answered = answered };

static int set_up(void **state)
{
	(void) state;
	recipients = names_of("alpha", NULL);
	atomic_store(&forbidden, 0);
	line = in_line_create();
	return line ? observers_add(&observer) : -1;
}

static int tear_down(void **state)
{
	(void) state;
	observers_remove(&observer);
	in_line_destroy(line);
	names_unref(recipients);
	return 0;
}

/*! \brief A broadcast that is in no line yet. \param pattern Who may have it; NULL: all. */
static struct broadcast *open_call(struct call *call, const char *pattern, int timeout_ms, int bid_window_ms)
{
	struct app_filter *filter = pattern ? app_filter_get(pattern, NULL, 0) : NULL;
	struct broadcast_terms terms = {
		.channel_id = "chan",
		.timeout_ms = timeout_ms,
		.filter = filter,
		.recipients = recipients,
		.bid_window_ms = bid_window_ms,
		.data = call,
	};
	struct broadcast *broadcast = announced(&terms);

	app_filter_unref(filter);
	assert_non_null(broadcast);
	return broadcast;
}

/*! \brief Have one more in line, which alone refers to it. */
static struct broadcast *join(struct call *call, const char *pattern)
{
	struct broadcast *broadcast = open_call(call, pattern, LONG_MS, 0);

	assert_int_equal(in_line_join(line, broadcast, call->priority, call->since_ns), 0);
	broadcast_unref(broadcast);
	return broadcast;
}

/*! \brief How many are in line, each behind the one before it. */
static size_t count_in_order(void)
{
	struct in_line_walk walk = { .has_begun = 0 };
	struct in_line_place before = { 0 };
	struct broadcast *next;
	size_t count = 0;

	for (; in_line_next(line, &walk, &next, 1); count++) {
		const struct call *call = broadcast_data(next);

		assert_int_equal(call->priority, walk.last.priority);
		assert_int_equal(call->since_ns, walk.last.since_ns);
		assert_true(!count || in_line_compare(&before, &walk.last) < 0);
		before = walk.last;
		broadcast_unref(next);
	}
	return count;
}

/*! \brief The call that an application takes; NULL if there is none. */
static struct call *taken_by(const char *app, int (*is_registered)(const char *app))
{
	int was_busy;
	struct broadcast *taken = take_first(line, app, is_registered, &was_busy);
	struct call *call = taken ? broadcast_data(taken) : NULL;

	if (taken) {
		assert_string_equal(broadcast_winner_name(taken), app);
	}
	broadcast_unref(taken);
	return call;
}

static void higher_priority_is_in_front_then_who_waits_longer(void **state)
{
	struct call low = { .priority = -1, .since_ns = 1 }, late = { .priority = 7, .since_ns = 9 };
	struct call none = { .priority = 0, .since_ns = 2 }, high = { .priority = 7, .since_ns = 3 };
	struct call same = { .priority = 7, .since_ns = 3 };
	struct call *const order[] = { &high, &same, &late, &none, &low };

	(void) state;
	join(&low, NULL);
	join(&late, NULL);
	join(&none, NULL);
	join(&high, NULL);
	/* Of two that came at the same time, the one that was made first. */
	join(&same, NULL);
	assert_int_equal(count_in_order(), ARRAY_LEN(order));
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		assert_ptr_equal(taken_by("alpha", NULL), order[i]);
	}
	assert_null(taken_by("alpha", NULL));
	assert_int_equal(count_in_order(), 0);
}

/*! \brief Make many calls in an order that is as good as at random. To free(). */
static struct call *make_crowd(const char *pattern)
{
	struct call *calls = calloc(CROWD, sizeof(*calls));
	uint64_t random = 1;

	assert_non_null(calls);
	for (int i = 0; i < CROWD; i++) {
		random = random * 6364136223846793005ULL + 1;
		calls[i].priority = (int) (random >> 33) % 5;
		calls[i].since_ns = (int64_t) (random >> 40);
		join(&calls[i], pattern);
	}
	return calls;
}

/*! \brief Have an empty line in the place of that with a crowd. */
static void forget_crowd(struct call *calls)
{
	in_line_destroy(line);
	line = in_line_create();
	free(calls);
}

static void crowd_that_comes_and_goes_stays_in_order(void **state)
{
	struct call *calls = make_crowd(NULL);
	struct call *before = NULL;

	(void) state;
	assert_int_equal(count_in_order(), CROWD);
	for (int i = 0; i < CROWD / 2; i++) {
		struct call *call = taken_by("alpha", NULL);

		assert_non_null(call);
		assert_true(!before || before->priority > call->priority ||
			(before->priority == call->priority && before->since_ns <= call->since_ns));
		before = call;
	}
	assert_int_equal(count_in_order(), CROWD - CROWD / 2);
	forget_crowd(calls);
}

/*! \brief To look through ten thousand takes a hundred microseconds and more; to find a place, one or two. */
#define STEP_MAX_NS INT64_C(25000)
#define STEPS 1000

static void first_of_a_crowd_costs_little(void **state)
{
	struct call *calls = make_crowd("^alpha$");
	int64_t began_ns = cpu_ns();

	(void) state;
	for (int i = 0; i < STEPS; i++) {
		assert_non_null(taken_by("alpha", NULL));
	}
	assert_true(cpu_ns() - began_ns < STEP_MAX_NS * STEPS * TEST_SLOWNESS);
	forget_crowd(calls);
}

/*! \brief As calls do that are offered again, and are as old as others in the middle. */
static void coming_behind_a_crowd_costs_little(void **state)
{
	struct call *calls = make_crowd(NULL);
	struct call last = { .priority = -1 };
	int64_t began_ns = cpu_ns();

	(void) state;
	for (int i = 0; i < STEPS; i++) {
		struct broadcast *broadcast = broadcast_ref(join(&last, NULL));

		broadcast_close(broadcast, BROADCAST_HUNG_UP);
		broadcast_unref(broadcast);
	}
	assert_true(cpu_ns() - began_ns < STEP_MAX_NS * STEPS * TEST_SLOWNESS);
	assert_int_equal(count_in_order(), CROWD);
	forget_crowd(calls);
}

static void only_what_it_may_have(void **state)
{
	struct call sales = { .priority = 9, .since_ns = 1 }, all = { .since_ns = 2 };

	(void) state;
	join(&sales, "^sales-");
	join(&all, NULL);
	assert_ptr_equal(taken_by("alpha", NULL), &all);
	assert_null(taken_by("alpha", NULL));
	assert_ptr_equal(taken_by("sales-1", NULL), &sales);
}

static int is_nobody(const char *app)
{
	(void) app;
	return 0;
}

/*! \brief How often an application is still found to be registered. */
static int times_registered;

static int is_registered_for_a_while(const char *app)
{
	(void) app;
	return times_registered-- > 0;
}

static void who_is_not_registered_gets_nothing(void **state)
{
	struct call calls[3] = { { .since_ns = 1 }, { .since_ns = 2 }, { .since_ns = 3 } };

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		join(&calls[i], NULL);
	}
	assert_null(taken_by("alpha", is_nobody));
	assert_int_equal(forbidden, 0);
	/* It goes while it asks: one claim finds that, and the others are not made. */
	times_registered = 1;
	assert_null(taken_by("alpha", is_registered_for_a_while));
	assert_int_equal(forbidden, 1);
	assert_int_equal(count_in_order(), 3);
	times_registered = 2;
	assert_ptr_equal(taken_by("alpha", is_registered_for_a_while), &calls[0]);
}

static void what_closes_leaves(void **state)
{
	struct call first = { .since_ns = 1 }, second = { .since_ns = 2 };
	struct broadcast *broadcast = broadcast_ref(join(&first, NULL));

	(void) state;
	join(&second, NULL);
	broadcast_close(broadcast, BROADCAST_HUNG_UP);
	broadcast_unref(broadcast);
	assert_int_equal(count_in_order(), 1);
	assert_ptr_equal(taken_by("alpha", NULL), &second);
}

static void what_has_closed_does_not_come_in(void **state)
{
	struct call call = { .since_ns = 1 };
	struct broadcast *hung_up = open_call(&call, NULL, LONG_MS, 0);
	struct broadcast *expired = open_call(&call, NULL, 0, 0);

	(void) state;
	broadcast_close(hung_up, BROADCAST_HUNG_UP);
	assert_int_equal(in_line_join(line, hung_up, 0, 1), 0);
	assert_int_equal(in_line_join(line, expired, 0, 1), 0);
	assert_int_equal(count_in_order(), 0);
	broadcast_unref(hung_up);
	broadcast_unref(expired);
}

static void what_expires_while_it_waits_is_not_taken(void **state)
{
	struct call first = { .since_ns = 1 }, second = { .since_ns = 2 };
	struct broadcast *expires = open_call(&first, NULL, 1, 0);

	(void) state;
	assert_int_equal(in_line_join(line, expires, first.priority, first.since_ns), 0);
	join(&second, NULL);
	wait_for_deadline(expires);
	broadcast_unref(expires);
	assert_ptr_equal(taken_by("alpha", NULL), &second);
	assert_int_equal(count_in_order(), 0);
}

/*! \brief A walk goes on behind where it was, also if that one has left and others have come. */
static void walk_goes_on_behind_one_that_has_left(void **state)
{
	struct call calls[4] = { { .since_ns = 1 }, { .since_ns = 3 }, { .since_ns = 4 }, { .since_ns = 5 } };
	struct call front = { .since_ns = 2 };
	struct in_line_walk walk = { .has_begun = 0 };
	struct broadcast *next[3];

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		join(&calls[i], NULL);
	}
	assert_int_equal(in_line_next(line, &walk, next, 2), 2);
	broadcast_close(next[1], BROADCAST_HUNG_UP);
	broadcast_unref(next[0]);
	broadcast_unref(next[1]);
	join(&front, NULL);
	assert_int_equal(in_line_next(line, &walk, next, 3), 2);
	assert_ptr_equal(broadcast_data(next[0]), &calls[2]);
	assert_ptr_equal(broadcast_data(next[1]), &calls[3]);
	broadcast_unref(next[0]);
	broadcast_unref(next[1]);
	assert_int_equal(in_line_next(line, &walk, next, 3), 0);
}

/*! \brief One that asks while others do, until there is none for it. */
struct worker {
	pthread_t thread;
	const char *app;
	int taken;
};

static void *take_all(void *data)
{
	struct worker *worker = data;
	struct broadcast *taken;
	int was_busy;

	while ((taken = take_first(line, worker->app, NULL, &was_busy))) {
		struct call *call = broadcast_data(taken);

		atomic_fetch_add(&call->had, 1);
		worker->taken++;
		broadcast_unref(taken);
	}
	return NULL;
}

/*! \brief How many of a crowd somebody has had, each once. */
static int count_had(struct call *calls)
{
	int count = 0;

	for (int i = 0; i < CROWD; i++) {
		count += atomic_load(&calls[i].had) == 1;
	}
	return count;
}

static void workers_share_a_line_to_its_end(void **state)
{
	struct call *calls = make_crowd(NULL);
	struct worker workers[8];
	int taken = 0;

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(workers); i++) {
		workers[i] = (struct worker){ .app = i % 2 ? "alpha" : "beta" };
		assert_int_equal(pthread_create(&workers[i].thread, NULL, take_all, &workers[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(workers); i++) {
		pthread_join(workers[i].thread, NULL);
		taken += workers[i].taken;
	}
	/* Nobody was told that there is none while there was one, and none went to two. */
	assert_int_equal(taken, CROWD);
	assert_int_equal(count_had(calls), CROWD);
	assert_int_equal(count_in_order(), 0);
	free(calls);
}

/*! \brief Calls that come, some of which hang up at once. */
static void *let_calls_come(void *data)
{
	struct call *calls = data;

	for (int i = 0; i < CROWD; i++) {
		struct broadcast_terms terms = {
			.channel_id = "chan", .timeout_ms = LONG_MS, .recipients = recipients, .data = &calls[i]
		};
		struct broadcast *broadcast = announced(&terms);

		calls[i].priority = i % 7;
		in_line_join(line, broadcast, calls[i].priority, calls[i].since_ns);
		if (i % 3 == 0 && broadcast_close(broadcast, BROADCAST_HUNG_UP) == BROADCAST_HUNG_UP) {
			atomic_fetch_add(&calls[i].had, 1);
		}
		broadcast_unref(broadcast);
	}
	return NULL;
}

static void calls_that_come_meanwhile_are_lost_to_nobody(void **state)
{
	struct call *calls = calloc(CROWD, sizeof(*calls));
	struct worker worker = { .app = "alpha" };
	pthread_t thread;

	(void) state;
	assert_non_null(calls);
	assert_int_equal(pthread_create(&thread, NULL, let_calls_come, calls), 0);
	for (int i = 0; i < CROWD; i++) {
		take_all(&worker);
	}
	pthread_join(thread, NULL);
	take_all(&worker);
	assert_int_equal(count_had(calls), CROWD);
	assert_int_equal(count_in_order(), 0);
	free(calls);
}

/*! \brief What others do between a look at a call and its claim, see others_are_faster(). */
static struct broadcast *disputed;
static struct call *comes_in_front;
static int times_asked;

/*! \brief As is_registered, which a claim asks: another gets the call, and one more comes. */
static int others_are_faster(const char *app)
{
	(void) app;
	/* First it is asked when the look begins. */
	if (disputed && times_asked++ % 2) {
		struct broadcast *broadcast = disputed;

		disputed = NULL;
		broadcast_claim(broadcast, "beta", NULL);
		join(comes_in_front, NULL);
	}
	return 1;
}

static void who_loses_all_looks_again(void **state)
{
	struct call first = { .since_ns = 2 }, front = { .since_ns = 1 };

	(void) state;
	times_asked = 0;
	disputed = join(&first, NULL);
	comes_in_front = &front;
	assert_ptr_equal(taken_by("alpha", others_are_faster), &front);
	assert_null(taken_by("alpha", others_are_faster));
}

static void who_loses_one_goes_on_from_there(void **state)
{
	struct call first = { .since_ns = 2 }, next = { .since_ns = 3 }, front = { .since_ns = 1 };

	(void) state;
	times_asked = 0;
	disputed = join(&first, NULL);
	join(&next, NULL);
	comes_in_front = &front;
	assert_ptr_equal(taken_by("alpha", others_are_faster), &next);
	assert_ptr_equal(taken_by("alpha", NULL), &front);
}

/*! \brief Have one more in front and outbid who waits for the award. */
static void *outbid(void *data)
{
	struct broadcast *broadcast = data;
	struct broadcast_snapshot snapshot;
	size_t bids;

	do {
		broadcast_get_snapshot(broadcast, &snapshot);
		bids = snapshot.bids;
		broadcast_snapshot_clear(&snapshot);
		sched_yield();
	} while (!bids);
	join(comes_in_front, NULL);
	broadcast_bid(broadcast, "alpha", 5, NULL);
	return NULL;
}

/*! \brief Who waited for an award in vain has waited so long that others may have come in front. */
static void who_loses_an_award_looks_from_the_front(void **state)
{
	struct call first = { .priority = 5, .since_ns = 1 }, last = { .since_ns = 2 };
	struct call front = { .priority = 9, .since_ns = 3 };
	struct broadcast *collects = open_call(&first, NULL, LONG_MS, 200);
	pthread_t thread;

	(void) state;
	assert_int_equal(in_line_join(line, collects, first.priority, first.since_ns), 0);
	join(&last, NULL);
	comes_in_front = &front;
	assert_int_equal(pthread_create(&thread, NULL, outbid, collects), 0);
	assert_ptr_equal(taken_by("beta", NULL), &front);
	pthread_join(thread, NULL);
	assert_string_equal(broadcast_winner_name(collects), "alpha");
	broadcast_unref(collects);
}

/*! \brief A thread in which a call comes back. */
static pthread_t comes_back_in;

static void *come_back(void *data)
{
	/* Whether before the scan is over or after it: the latter as a rule, since that is what is tried. */
	poll(NULL, 0, 20);
	if (data) {
		join(data, NULL);
	}
	in_line_move_end(line);
	return NULL;
}

/*! \brief As is_registered of take_first(), which asks it before the scan. */
static int begins_to_scan(const char *app)
{
	(void) app;
	if (comes_in_front) {
		struct call *call = comes_in_front;

		comes_in_front = NULL;
		assert_int_equal(pthread_create(&comes_back_in, NULL, come_back, call), 0);
	}
	return 1;
}

static void who_finds_none_waits_for_one_that_comes_back(void **state)
{
	struct call back = { .since_ns = 1 };

	(void) state;
	in_line_move_begin(line);
	comes_in_front = &back;
	assert_ptr_equal(taken_by("alpha", begins_to_scan), &back);
	pthread_join(comes_back_in, NULL);
	assert_null(taken_by("alpha", begins_to_scan));
}

static void one_that_does_not_come_back_is_not_waited_for(void **state)
{
	(void) state;
	in_line_move_begin(line);
	assert_int_equal(pthread_create(&comes_back_in, NULL, come_back, NULL), 0);
	assert_null(taken_by("alpha", NULL));
	pthread_join(comes_back_in, NULL);
	assert_int_equal(in_line_moved(line), 1);
	/* One that never ends is waited for as long as that, and no longer. */
	in_line_move_begin(line);
	assert_null(taken_by("alpha", NULL));
	in_line_move_end(line);
}

/*! Whether calls go on moving, see move_on_and_on(). */
static atomic_int goes_on;

/*! \brief Have one call leave before the last one has come back, so that there is always one that moves. */
static void *move_on_and_on(void *data)
{
	(void) data;
	/* Some seconds, for a take that would wait as long as that. */
	for (int i = 0; i < 4000 && atomic_load(&goes_on); i++) {
		in_line_move_begin(line);
		in_line_move_end(line);
		poll(NULL, 0, 1);
	}
	in_line_move_end(line);
	return NULL;
}

static void calls_that_move_all_the_time_are_not_waited_for_all_the_time(void **state)
{
	const int64_t begun_ns = broadcast_clock_ns();
	pthread_t mover;

	(void) state;
	in_line_move_begin(line);
	atomic_store(&goes_on, 1);
	assert_int_equal(pthread_create(&mover, NULL, move_on_and_on, NULL), 0);
	assert_null(taken_by("alpha", NULL));
	assert_in_range(broadcast_clock_ns() - begun_ns, 0, INT64_C(3000000000));
	atomic_store(&goes_on, 0);
	pthread_join(mover, NULL);
}

/*! \brief What happens just before a claim of one who takes, see claim_late(). */
struct late {
	const char *app;
	/*! Whose claim is late; the others are made at once. */
	struct broadcast *one;
	/*! What closes before it, and how; NULL: nothing does. */
	struct broadcast *closes;
	enum broadcast_state how;
	/*! What comes in line before it; NULL: nothing does. */
	struct call *comes;
	/*! Whether the claim is not made then, as by one who has no room for an answer that waits. */
	int is_busy;
	/*! What who takes is told, if there is none. */
	int was_busy;
};

/*! \brief As claim of take_first_by(): the one that was chosen is claimed late, once. */
static enum broadcast_result claim_late(struct broadcast *broadcast, void *data)
{
	struct late *late = data;

	if (broadcast == late->one) {
		late->one = NULL;
		if (late->closes && late->how == BROADCAST_CLAIMED) {
			broadcast_claim(late->closes, "beta", NULL);
		} else if (late->closes) {
			broadcast_close(late->closes, late->how);
		}
		if (late->comes) {
			join(late->comes, NULL);
		}
		if (late->is_busy) {
			return BROADCAST_BUSY;
		}
	}
	return broadcast_take_or_bid(broadcast, late->app, NULL);
}

/*! \brief As taken_by(), by one whose claim of one call is late. */
static struct call *taken_late(struct late *late)
{
	struct broadcast *taken = take_first_by(line, late->app, NULL, claim_late, late, &late->was_busy);
	struct call *call = taken ? broadcast_data(taken) : NULL;

	broadcast_unref(taken);
	return call;
}

static void chosen_one_that_closes_before_its_claim_leaves_the_next(void **state)
{
	static const enum broadcast_state ways[] = { BROADCAST_CLAIMED, BROADCAST_HUNG_UP };

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct call first = { .since_ns = 1 }, next = { .since_ns = 2 };
		struct broadcast *chosen = join(&first, NULL);
		struct late late = { .app = "alpha", .one = chosen, .closes = chosen, .how = ways[i] };

		join(&next, NULL);
		assert_ptr_equal(taken_late(&late), &next);
		assert_int_equal(count_in_order(), 0);
	}
}

/*! \brief What another had before it came to it may have hidden what has come since. */
static void one_that_closes_before_it_is_come_to_is_cause_for_another_scan(void **state)
{
	struct call first = { .since_ns = 2 }, next = { .since_ns = 3 }, front = { .since_ns = 1 };
	struct late late = { .app = "alpha", .how = BROADCAST_CLAIMED, .comes = &front, .is_busy = 1 };

	(void) state;
	late.one = join(&first, NULL);
	late.closes = join(&next, NULL);
	assert_ptr_equal(taken_late(&late), &front);
	assert_int_equal(count_in_order(), 1);
	assert_ptr_equal(taken_by("alpha", NULL), &first);
}

/*! \brief What is too busy to be claimed is no reason to pass by what is not, and none to say that there is nothing. */
static void busy_one_is_passed_by_and_told_of_if_there_is_no_other(void **state)
{
	struct call first = { .since_ns = 1 }, next = { .since_ns = 2 };
	struct broadcast *busy = join(&first, NULL);
	struct late late = { .app = "alpha", .one = busy, .is_busy = 1 };

	(void) state;
	join(&next, NULL);
	assert_ptr_equal(taken_late(&late), &next);
	assert_false(late.was_busy);
	late.one = busy;
	assert_null(taken_late(&late));
	assert_true(late.was_busy);
	assert_ptr_equal(taken_late(&late), &first);
	assert_null(taken_late(&late));
	assert_false(late.was_busy);
}

static void who_does_not_wait_bids_once_and_has_the_next_then(void **state)
{
	struct call first = { .since_ns = 1 }, next = { .since_ns = 2 };
	struct broadcast *collects = open_call(&first, NULL, LONG_MS, LONG_MS);
	struct late late = { .app = "beta" };

	(void) state;
	assert_int_equal(in_line_join(line, collects, first.priority, first.since_ns), 0);
	join(&next, NULL);
	assert_ptr_equal(taken_late(&late), &first);
	assert_int_equal(broadcast_state(collects), BROADCAST_OPEN);
	/* It has bid for that one. */
	assert_ptr_equal(taken_late(&late), &next);
	assert_null(taken_late(&late));
	/* The only recipient: with its bid all are there. */
	assert_int_equal(broadcast_bid(collects, "alpha", 0, NULL), BROADCAST_OK);
	assert_string_equal(broadcast_winner_name(collects), "alpha");
	assert_int_equal(broadcast_take_or_bid(collects, "alpha", NULL), BROADCAST_TAKEN);
	assert_int_equal(broadcast_take_or_bid(collects, "beta", NULL), BROADCAST_TAKEN);
	assert_int_equal(count_in_order(), 0);
	broadcast_unref(collects);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(higher_priority_is_in_front_then_who_waits_longer),
		CASE(crowd_that_comes_and_goes_stays_in_order),
		CASE(first_of_a_crowd_costs_little),
		CASE(coming_behind_a_crowd_costs_little),
		CASE(only_what_it_may_have),
		CASE(who_is_not_registered_gets_nothing),
		CASE(what_closes_leaves),
		CASE(what_has_closed_does_not_come_in),
		CASE(what_expires_while_it_waits_is_not_taken),
		CASE(walk_goes_on_behind_one_that_has_left),
		CASE(workers_share_a_line_to_its_end),
		CASE(calls_that_come_meanwhile_are_lost_to_nobody),
		CASE(who_loses_all_looks_again),
		CASE(who_loses_one_goes_on_from_there),
		CASE(who_loses_an_award_looks_from_the_front),
		CASE(who_finds_none_waits_for_one_that_comes_back),
		CASE(one_that_does_not_come_back_is_not_waited_for),
		CASE(calls_that_move_all_the_time_are_not_waited_for_all_the_time),
		CASE(chosen_one_that_closes_before_its_claim_leaves_the_next),
		CASE(one_that_closes_before_it_is_come_to_is_cause_for_another_scan),
		CASE(busy_one_is_passed_by_and_told_of_if_there_is_no_other),
		CASE(who_does_not_wait_bids_once_and_has_the_next_then),
	};

	alarm(TEST_HANG_S);
	return cmocka_run_group_tests_name("in_line", tests, NULL, NULL);
}
