/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Who hears of a broadcast: what, in which order, how often, and nothing after it was removed.
 */

#include "broadcast_private.h"
#include "core_test.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

/*! \brief What an observer heard, a word a step. */
static char heard[512];

static void note(const char *word)
{
	strcat(heard, *heard ? " " : "");
	strcat(heard, word);
}

static const char *state_word(enum broadcast_state state)
{
	static const char *const words[] = { "open", "claimed", "expired", "hung-up", "declined", "withdrawn",
		"replaced", "gone" };

	return words[state];
}

static void opened(struct broadcast *broadcast)
{
	note("opened");
	/* The lock is not held: it may be asked. */
	broadcast_state(broadcast);
}

static void widened(struct broadcast *broadcast, struct names *added)
{
	broadcast_state(broadcast);
	note("widened");
	for (size_t i = 0; i < names_count(added); i++) {
		note(names_at(added, i));
	}
}

static void answered(struct broadcast *broadcast, const struct broadcast_answer *answer)
{
	static const char *const requests[] = { "claim", "decline", "bid", "take" };
	char word[128];

	broadcast_state(broadcast);
	snprintf(word, sizeof(word), "%s(%s)=%d%s%s", requests[answer->request],
		answer->app ? answer->app : "NULL", answer->result, answer->reason ? ":" : "",
		answer->reason ? answer->reason : "");
	note(word);
}

static void lost(struct broadcast *broadcast, const char *app)
{
	broadcast_state(broadcast);
	note("lost");
	note(app);
}

static void closed(struct broadcast *broadcast, enum broadcast_state state)
{
	assert_int_equal(broadcast_state(broadcast), state);
	note(state_word(state));
}

static void silent(const char *app, int is_silent, unsigned int unanswered)
{
	char word[128];

	snprintf(word, sizeof(word), "%s(%s,%u)", is_silent ? "silent" : "answers", app, unanswered);
	note(word);
}

static const struct broadcast_observer observer = {
	.name = "test",
	.opened = opened,
	.widened = widened,
	.answered = answered,
	.lost = lost,
	.closed = closed,
	.silent = silent,
};

static int set_up(void **state)
{
	(void) state;
	*heard = '\0';
	return observers_add(&observer);
}

static int tear_down(void **state)
{
	(void) state;
	observers_remove(&observer);
	return 0;
}

static int nobody(const char *app)
{
	(void) app;
	return 0;
}

static void silence_is_told(void **state)
{
	(void) state;
	observers_silent("alpha", 1, 10);
	observers_silent("alpha", 0, 12);
	assert_string_equal(heard, "silent(alpha,10) answers(alpha,12)");
}

static void opening_is_its_deadline_less_its_time(void **state)
{
	const int64_t before = broadcast_clock_ns();
	struct broadcast *broadcast = broadcast_of("chan", 60000);
	const int64_t after = broadcast_clock_ns();
	struct names *recipients = broadcast_recipients(broadcast);

	(void) state;
	assert_in_range(broadcast_opened_ns(broadcast), before, after);
	assert_int_equal(names_count(recipients) > 0, broadcast_has_recipients(broadcast));
	names_unref(recipients);
	broadcast_unref(broadcast);
}

static void claimed_broadcast_is_told_in_order(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", 60000);

	(void) state;
	broadcast_claim(broadcast, "alpha", nobody);
	broadcast_claim(broadcast, "alpha", NULL);
	broadcast_claim(broadcast, "beta", NULL);
	broadcast_tell_lost(broadcast, "alpha");
	broadcast_close(broadcast, BROADCAST_GONE);
	assert_string_equal(
		heard, "opened claim(alpha)=-3:not registered claim(alpha)=0 claimed claim(beta)=-2 lost alpha");
	broadcast_unref(broadcast);
}

static void request_for_any_call_is_told_from_a_claim(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", 60000);

	(void) state;
	assert_int_equal(broadcast_take(broadcast, "alpha", NULL), BROADCAST_OK);
	/* What it has already is not news, and what another one has it did not ask for. */
	assert_int_equal(broadcast_take(broadcast, "alpha", NULL), BROADCAST_TAKEN);
	assert_int_equal(broadcast_take(broadcast, "beta", NULL), BROADCAST_TAKEN);
	assert_string_equal(heard, "opened take(alpha)=0 claimed take(alpha)=-2 take(beta)=-2");
	broadcast_unref(broadcast);
}

static void each_way_to_close_is_told_once(void **state)
{
	static const enum broadcast_state reasons[] = { BROADCAST_HUNG_UP, BROADCAST_WITHDRAWN,
		BROADCAST_REPLACED, BROADCAST_GONE };

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		struct broadcast *broadcast = broadcast_of("chan", 60000);
		char expected[64];

		broadcast_close(broadcast, reasons[i]);
		broadcast_close(broadcast, BROADCAST_HUNG_UP);
		broadcast_state(broadcast);
		broadcast_unref(broadcast);
		snprintf(expected, sizeof(expected), "opened %s", state_word(reasons[i]));
		assert_string_equal(heard, expected);
		*heard = '\0';
	}
}

static void deadline_is_told_once(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", 1);

	(void) state;
	wait_for_deadline(broadcast);
	broadcast_state(broadcast);
	broadcast_state(broadcast);
	assert_string_equal(heard, "opened expired");
	broadcast_unref(broadcast);
}

static void last_decline_is_answered_before_it_closes(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", 60000);

	(void) state;
	broadcast_decline(broadcast, "alpha", NULL);
	broadcast_decline(broadcast, "beta", NULL);
	broadcast_decline(broadcast, "beta", NULL);
	assert_string_equal(heard, "opened decline(alpha)=0 decline(beta)=0 declined decline(beta)=0");
	broadcast_unref(broadcast);
}

static void offer_to_nobody_opens_and_closes(void **state)
{
	struct broadcast_terms terms = { .channel_id = "chan", .timeout_ms = 100 };

	(void) state;
	broadcast_unref(announced(&terms));
	assert_string_equal(heard, "opened declined");
}

static void broadcast_that_was_not_announced_is_not_told(void **state)
{
	struct names *recipients = names_of("alpha", NULL);
	struct broadcast_terms terms = { .channel_id = "chan", .timeout_ms = 100, .recipients = recipients };
	struct broadcast *broadcast = broadcast_create(&terms);

	(void) state;
	broadcast_close(broadcast, BROADCAST_GONE);
	broadcast_unref(broadcast);
	names_unref(recipients);
	assert_string_equal(heard, "");
}

static void widening_is_told_with_the_new_ones_alone(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", 60000);
	struct names *more = names_of("beta", "gamma", "delta", NULL);
	struct names *again = names_of("gamma", NULL);

	(void) state;
	names_unref(broadcast_widen(broadcast, more, 0));
	/* Nobody new: nothing to tell. */
	names_unref(broadcast_widen(broadcast, again, 0));
	assert_string_equal(heard, "opened widened gamma delta");
	names_unref(more);
	names_unref(again);
	broadcast_unref(broadcast);
}

static void removed_observer_hears_nothing(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", 60000);

	(void) state;
	observers_remove(&observer);
	observers_remove(&observer);
	broadcast_claim(broadcast, "alpha", NULL);
	broadcast_unref(broadcast);
	assert_string_equal(heard, "opened");
}

static void the_others_still_hear_when_one_is_removed(void **state)
{
	static const struct broadcast_observer second = { .name = "second", .opened = opened };

	(void) state;
	assert_int_equal(observers_add(&second), 0);
	observers_remove(&second);
	broadcast_unref(broadcast_of("chan", 60000));
	assert_string_equal(heard, "opened");
}

static void observers_hear_in_the_order_they_were_added(void **state)
{
	static const struct broadcast_observer second = { .name = "second", .opened = opened };
	struct broadcast *broadcast;

	(void) state;
	assert_int_equal(observers_add(&second), 0);
	broadcast = broadcast_of("chan", 60000);
	broadcast_close(broadcast, BROADCAST_GONE);
	observers_remove(&second);
	broadcast_unref(broadcast);
	assert_string_equal(heard, "opened opened gone");
}

static void too_many_observers_are_refused(void **state)
{
	static struct broadcast_observer many[32];
	size_t count = 0;

	(void) state;
	while (count < ARRAY_LEN(many) && !observers_add(&many[count])) {
		count++;
	}
	assert_in_range(count, 8, 31);
	for (size_t i = 0; i < count; i++) {
		observers_remove(&many[i]);
	}
	assert_int_equal(observers_add(&many[0]), 0);
	observers_remove(&many[0]);
}

/* Removing one while others tell */

static atomic_int in_slow, slow_told, stop_telling;

static void slow(struct broadcast *broadcast)
{
	(void) broadcast;
	atomic_fetch_add(&in_slow, 1);
	sched_yield();
	atomic_fetch_add(&slow_told, 1);
	atomic_fetch_sub(&in_slow, 1);
}

static void *keep_telling(void *data)
{
	struct names *recipients = names_of("alpha", NULL);
	struct broadcast_terms terms = { .channel_id = "chan", .timeout_ms = 100, .recipients = recipients };

	(void) data;
	while (!atomic_load(&stop_telling)) {
		broadcast_unref(announced(&terms));
	}
	names_unref(recipients);
	return NULL;
}

static void no_thread_is_in_an_observer_that_was_removed(void **state)
{
	static const struct broadcast_observer observer_slow = { .name = "slow", .opened = slow };
	pthread_t threads[4];

	(void) state;
	observers_remove(&observer);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, keep_telling, NULL), 0);
	}
	for (int i = 0; i < 300; i++) {
		int before = atomic_load(&slow_told);

		assert_int_equal(observers_add(&observer_slow), 0);
		while (atomic_load(&slow_told) == before) {
			sched_yield();
		}
		observers_remove(&observer_slow);
		assert_int_equal(atomic_load(&in_slow), 0);
		before = atomic_load(&slow_told);
		sched_yield();
		assert_int_equal(atomic_load(&slow_told), before);
	}
	atomic_store(&stop_telling, 1);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		pthread_join(threads[i], NULL);
	}
}

/* Removing one while another is added */

/*! \brief An observer whose function stays in there until it is let go. */
struct stop {
	sem_t reached;
	sem_t go_on;
};

static struct stop first_stop, second_stop;

/*! \brief Whether this thread only wants to know if the first one is still told, and whether it was. */
static _Thread_local int only_asks, was_told;

static void stop_at(struct stop *stop)
{
	sem_post(&stop->reached);
	sem_wait(&stop->go_on);
}

static void stop_first(struct broadcast *broadcast)
{
	(void) broadcast;
	was_told = 1;
	if (!only_asks) {
		stop_at(&first_stop);
	}
}

static void stop_second(struct broadcast *broadcast)
{
	(void) broadcast;
	/* The thread that comes from the first one goes through. */
	if (!was_told) {
		stop_at(&second_stop);
	}
}

static const struct broadcast_observer observer_first = { .name = "first", .opened = stop_first };
static const struct broadcast_observer observer_second = { .name = "second", .opened = stop_second };

static void *announce_one(void *data)
{
	(void) data;
	broadcast_unref(broadcast_of("chan", 60000));
	return NULL;
}

static void *remove_first(void *data)
{
	observers_remove(&observer_first);
	sem_post(data);
	return NULL;
}

/*! \brief Whether a semaphore is posted while there is patience. */
static int is_posted(sem_t *semaphore)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += TEST_PATIENCE_MS / 1000;
	return !sem_timedwait(semaphore, &until);
}

/*! \brief Remove the first one, which a thread is in, and come back when it is told of nothing any more. */
static void begin_to_remove_first(pthread_t *thread, sem_t *removed)
{
	assert_int_equal(pthread_create(thread, NULL, remove_first, removed), 0);
	only_asks = 1;
	do {
		was_told = 0;
		announce_one(NULL);
	} while (was_told);
	only_asks = 0;
}

static void removing_one_does_not_wait_for_the_next_one(void **state)
{
	pthread_t in_first;
	pthread_t in_second;
	pthread_t remover;
	sem_t removed;

	(void) state;
	observers_remove(&observer);
	sem_init(&first_stop.reached, 0, 0);
	sem_init(&first_stop.go_on, 0, 0);
	sem_init(&second_stop.reached, 0, 0);
	sem_init(&second_stop.go_on, 0, 0);
	sem_init(&removed, 0, 0);
	assert_int_equal(observers_add(&observer_first), 0);
	assert_int_equal(pthread_create(&in_first, NULL, announce_one, NULL), 0);
	assert_true(is_posted(&first_stop.reached));
	begin_to_remove_first(&remover, &removed);
	assert_int_equal(observers_add(&observer_second), 0);
	assert_int_equal(pthread_create(&in_second, NULL, announce_one, NULL), 0);
	assert_true(is_posted(&second_stop.reached));
	sem_post(&first_stop.go_on);
	assert_true(is_posted(&removed));
	sem_post(&second_stop.go_on);
	pthread_join(in_first, NULL);
	pthread_join(in_second, NULL);
	pthread_join(remover, NULL);
	observers_remove(&observer_second);
}

/* What follows the close, which another thread tells of */

/*! \brief Whether the thread that follows has told of what it has to tell, and not waited for us. */
static atomic_int follower_came;

/*! \brief An observer in front of ours that does not go on before the thread that follows has come. */
static void hold_close(struct broadcast *broadcast, enum broadcast_state state)
{
	(void) state;
	while (!atomic_load(&broadcast->telling) && !atomic_load(&follower_came)) {
		sched_yield();
	}
}

static void come_lost(struct broadcast *broadcast, const char *app)
{
	lost(broadcast, app);
	atomic_store(&follower_came, 1);
}

static void come_ended(struct broadcast *broadcast, const struct broadcast_session *session)
{
	(void) broadcast;
	note(session->has_begun ? "ended" : "ended without");
	atomic_store(&follower_came, 1);
}

static void *claim_for_alpha(void *broadcast)
{
	broadcast_claim(broadcast, "alpha", NULL);
	return NULL;
}

static void tell_loss(struct broadcast *broadcast)
{
	broadcast_tell_lost(broadcast, "alpha");
}

static void tell_end(struct broadcast *broadcast)
{
	broadcast_tell_ended(broadcast, &(struct broadcast_session){ .has_begun = 1 });
}

static void tell_next(struct broadcast *broadcast)
{
	broadcast_await_told(broadcast);
	note("next");
	atomic_store(&follower_came, 1);
}

/*! \brief Have a thread follow another one that has claimed and is held in the first observer of the close. */
static void check_follower(void (*follow)(struct broadcast *broadcast), const char *expected)
{
	static const struct broadcast_observer holding = { .name = "holding", .closed = hold_close };
	static const struct broadcast_observer hearing = {
		.name = "hearing", .lost = come_lost, .closed = closed, .ended = come_ended
	};
	struct broadcast *broadcast;
	pthread_t claimant;

	observers_remove(&observer);
	assert_int_equal(observers_add(&holding), 0);
	assert_int_equal(observers_add(&hearing), 0);
	atomic_store(&follower_came, 0);
	*heard = '\0';
	broadcast = broadcast_of("chan", 60000);
	assert_int_equal(pthread_create(&claimant, NULL, claim_for_alpha, broadcast), 0);
	while (broadcast_state(broadcast) == BROADCAST_OPEN) {
		sched_yield();
	}
	follow(broadcast);
	pthread_join(claimant, NULL);
	observers_remove(&holding);
	observers_remove(&hearing);
	broadcast_unref(broadcast);
	assert_string_equal(heard, expected);
}

static void what_follows_a_close_is_told_when_all_have_heard_of_it(void **state)
{
	(void) state;
	check_follower(tell_loss, "claimed lost alpha");
	check_follower(tell_end, "claimed ended");
	check_follower(tell_next, "claimed next");
}

static void nobody_waits_for_what_is_not_told(void **state)
{
	struct names *recipients = names_of("alpha", NULL);
	struct broadcast_terms terms = { .channel_id = "chan", .timeout_ms = 60000, .recipients = recipients };
	struct broadcast *broadcast = broadcast_create(&terms);

	(void) state;
	/* It is open; then it closes, and was never announced. */
	broadcast_await_told(broadcast);
	broadcast_close(broadcast, BROADCAST_GONE);
	broadcast_await_told(broadcast);
	broadcast_unref(broadcast);
	broadcast = announced(&terms);
	broadcast_await_told(broadcast);
	broadcast_close(broadcast, BROADCAST_GONE);
	broadcast_await_told(broadcast);
	broadcast_unref(broadcast);
	names_unref(recipients);
}

static void hear_nothing(struct broadcast *broadcast)
{
	(void) broadcast;
}

static const struct broadcast_observer observer_that_goes = { .name = "goes", .opened = hear_nothing };
static const struct broadcast_observer observer_of_nothing = { .name = "nothing" };

static void *replace_the_next(void *data)
{
	observers_remove(&observer_that_goes);
	assert_int_equal(observers_add(&observer_of_nothing), 0);
	return data;
}

/*! \brief While all are told of a step, another thread puts another observer into the next slot. */
static void have_the_next_replaced(struct broadcast *broadcast)
{
	pthread_t thread;

	(void) broadcast;
	assert_int_equal(pthread_create(&thread, NULL, replace_the_next, NULL), 0);
	pthread_join(thread, NULL);
}

static const struct broadcast_observer observer_replacing = { .name = "replacing",
	.opened = have_the_next_replaced };

static void one_that_has_come_meanwhile_is_not_told_what_it_does_not_want(void **state)
{
	(void) state;
	observers_remove(&observer);
	assert_int_equal(observers_add(&observer_replacing), 0);
	assert_int_equal(observers_add(&observer_that_goes), 0);
	announce_one(NULL);
	observers_remove(&observer_of_nothing);
	observers_remove(&observer_replacing);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(silence_is_told),
		CASE(opening_is_its_deadline_less_its_time),
		CASE(claimed_broadcast_is_told_in_order),
		CASE(request_for_any_call_is_told_from_a_claim),
		CASE(each_way_to_close_is_told_once),
		CASE(deadline_is_told_once),
		CASE(last_decline_is_answered_before_it_closes),
		CASE(offer_to_nobody_opens_and_closes),
		CASE(broadcast_that_was_not_announced_is_not_told),
		CASE(widening_is_told_with_the_new_ones_alone),
		CASE(removed_observer_hears_nothing),
		CASE(the_others_still_hear_when_one_is_removed),
		CASE(observers_hear_in_the_order_they_were_added),
		CASE(too_many_observers_are_refused),
		CASE(no_thread_is_in_an_observer_that_was_removed),
		CASE(removing_one_does_not_wait_for_the_next_one),
		CASE(what_follows_a_close_is_told_when_all_have_heard_of_it),
		CASE(nobody_waits_for_what_is_not_told),
		CASE(one_that_has_come_meanwhile_is_not_told_what_it_does_not_want),
	};

	alarm(TEST_HANG_S);
	return cmocka_run_group_tests_name("observers", tests, NULL, NULL);
}
