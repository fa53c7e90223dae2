/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Recipients that grow while a broadcast is open: who was there keeps its say, and nobody is judged too early.
 */

#include "core_test.h"

#include <pthread.h>
#include <sched.h>

static struct broadcast *waiting_for_more(struct names *recipients)
{
	struct broadcast_terms terms = {
		.channel_id = "chan", .timeout_ms = 60000, .recipients = recipients, .more_to_come = 1
	};
	struct broadcast *broadcast = announced(&terms);

	assert_non_null(broadcast);
	return broadcast;
}

/*! \brief Widen by the names given, and expect those that are new. */
static void widen(struct broadcast *broadcast, struct names *more, int more_to_come, struct names *expected)
{
	struct names *added = broadcast_widen(broadcast, more, more_to_come);

	assert_non_null(added);
	assert_int_equal(names_count(added), names_count(expected));
	for (size_t i = 0; i < names_count(expected); i++) {
		assert_string_equal(names_at(added, i), names_at(expected, i));
	}
	names_unref(added);
	names_unref(more);
	names_unref(expected);
}

static void expect_recipients(struct broadcast *broadcast, struct names *expected)
{
	struct broadcast_snapshot snapshot;

	broadcast_get_snapshot(broadcast, &snapshot);
	assert_int_equal(names_count(snapshot.recipients), names_count(expected));
	for (size_t i = 0; i < names_count(expected); i++) {
		assert_string_equal(names_at(snapshot.recipients, i), names_at(expected, i));
	}
	broadcast_snapshot_clear(&snapshot);
	names_unref(expected);
}

static void new_ones_come_behind_the_old_ones(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", 60000);

	(void) state;
	widen(broadcast, names_of("beta", "gamma", "gamma", "delta", NULL), 0, names_of("gamma", "delta", NULL));
	expect_recipients(broadcast, names_of("alpha", "beta", "gamma", "delta", NULL));
	widen(broadcast, NULL, 0, names_of(NULL));
	expect_recipients(broadcast, names_of("alpha", "beta", "gamma", "delta", NULL));
	assert_int_equal(broadcast_claim(broadcast, "delta", NULL), BROADCAST_OK);
	broadcast_unref(broadcast);
}

static void declines_are_kept(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", 60000);
	struct broadcast_snapshot snapshot;

	(void) state;
	assert_int_equal(broadcast_decline(broadcast, "beta", NULL), BROADCAST_OK);
	widen(broadcast, names_of("gamma", NULL), 0, names_of("gamma", NULL));
	assert_int_equal(broadcast_decline(broadcast, "beta", NULL), BROADCAST_OK);
	assert_int_equal(broadcast_decline(broadcast, "alpha", NULL), BROADCAST_OK);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	broadcast_get_snapshot(broadcast, &snapshot);
	assert_int_equal(names_count(snapshot.declined), 2);
	broadcast_snapshot_clear(&snapshot);
	assert_int_equal(broadcast_decline(broadcast, "gamma", NULL), BROADCAST_OK);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_DECLINED);
	broadcast_unref(broadcast);
}

static void all_have_declined_only_when_none_is_to_come(void **state)
{
	struct names *alpha = names_of("alpha", NULL);
	struct broadcast *broadcast = waiting_for_more(alpha);

	(void) state;
	assert_int_equal(broadcast_decline(broadcast, "alpha", NULL), BROADCAST_OK);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	widen(broadcast, names_of("beta", NULL), 1, names_of("beta", NULL));
	assert_int_equal(broadcast_decline(broadcast, "beta", NULL), BROADCAST_OK);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	widen(broadcast, NULL, 0, names_of(NULL));
	assert_int_equal(broadcast_state(broadcast), BROADCAST_DECLINED);
	names_unref(alpha);
	broadcast_unref(broadcast);
}

static void nobody_is_there_only_when_none_is_to_come(void **state)
{
	struct broadcast *broadcast = waiting_for_more(NULL);

	(void) state;
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	assert_int_equal(broadcast_open_count(), 1);
	assert_false(broadcast_has_recipients(broadcast));
	widen(broadcast, NULL, 0, names_of(NULL));
	assert_int_equal(broadcast_state(broadcast), BROADCAST_DECLINED);
	assert_false(broadcast_has_recipients(broadcast));
	assert_int_equal(broadcast_open_count(), 0);
	broadcast_unref(broadcast);
}

static void closed_one_is_not_widened(void **state)
{
	struct names *more = names_of("gamma", NULL);

	(void) state;
	for (int way = 0; way < 2; way++) {
		struct broadcast *broadcast = broadcast_of("chan", 60000);

		if (way) {
			broadcast_claim(broadcast, "alpha", NULL);
		} else {
			broadcast_close(broadcast, BROADCAST_HUNG_UP);
		}
		assert_null(broadcast_widen(broadcast, more, 0));
		expect_recipients(broadcast, names_of("alpha", "beta", NULL));
		broadcast_unref(broadcast);
	}
	names_unref(more);
}

static void expired_one_is_not_widened(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", 1);
	struct names *more = names_of("gamma", NULL);

	(void) state;
	wait_for_deadline(broadcast);
	assert_null(broadcast_widen(broadcast, more, 0));
	assert_int_equal(broadcast_state(broadcast), BROADCAST_EXPIRED);
	names_unref(more);
	broadcast_unref(broadcast);
}

/* Many threads */

#define ROUNDS 200
#define WIDENERS 4

struct crowd {
	struct broadcast *broadcast;
	pthread_barrier_t barrier;
	size_t added[WIDENERS];
};

struct member {
	struct crowd *crowd;
	int number;
};

static void *widen_in_crowd(void *data)
{
	struct member *member = data;
	char name[16];
	const char *list[3] = { "shared", name, "alpha" };
	struct names *more;
	struct names *added;

	snprintf(name, sizeof(name), "own-%d", member->number);
	more = names_create(list, 3);
	pthread_barrier_wait(&member->crowd->barrier);
	added = broadcast_widen(member->crowd->broadcast, more, 0);
	member->crowd->added[member->number] = added ? names_count(added) : 99;
	names_unref(added);
	names_unref(more);
	broadcast_decline(member->crowd->broadcast, name, NULL);
	return NULL;
}

static void widenings_at_once_add_each_name_once(void **state)
{
	(void) state;
	for (int round = 0; round < ROUNDS; round++) {
		struct crowd crowd = { .broadcast = broadcast_of("chan", 60000) };
		struct member members[WIDENERS];
		struct broadcast_snapshot snapshot;
		pthread_t threads[WIDENERS];
		size_t added = 0;

		pthread_barrier_init(&crowd.barrier, NULL, WIDENERS);
		for (int i = 0; i < WIDENERS; i++) {
			members[i] = (struct member){ &crowd, i };
			assert_int_equal(pthread_create(&threads[i], NULL, widen_in_crowd, &members[i]), 0);
		}
		for (int i = 0; i < WIDENERS; i++) {
			pthread_join(threads[i], NULL);
			added += crowd.added[i];
		}
		assert_int_equal(added, WIDENERS + 1);
		broadcast_get_snapshot(crowd.broadcast, &snapshot);
		assert_int_equal(names_count(snapshot.recipients), 2 + WIDENERS + 1);
		assert_int_equal(names_count(snapshot.declined), WIDENERS);
		assert_int_equal(snapshot.state, BROADCAST_OPEN);
		broadcast_snapshot_clear(&snapshot);
		pthread_barrier_destroy(&crowd.barrier);
		broadcast_unref(crowd.broadcast);
	}
}

static struct app_filter *filter_of(const char *text)
{
	struct app_filter *filter = app_filter_get(text, NULL, 0);

	assert_non_null(filter);
	return filter;
}

static void admitted_ones_may_claim_from_then_on(void **state)
{
	struct app_filter *gold = filter_of("^gold-");
	struct app_filter *sales = filter_of("^sales-");
	struct broadcast_terms terms = { .channel_id = "chan",
		.timeout_ms = 60000,
		.filter = gold,
		.filter_text = "^gold-&^sales-",
		.more_to_come = 1 };
	struct broadcast *broadcast = announced(&terms);

	(void) state;
	assert_string_equal(broadcast_filter_text(broadcast), "^gold-&^sales-");
	assert_int_equal(broadcast_claim(broadcast, "sales-1", NULL), BROADCAST_FORBIDDEN);
	assert_int_equal(broadcast_decline(broadcast, "sales-1", NULL), BROADCAST_FORBIDDEN);
	assert_true(broadcast_may_claim(broadcast, "gold-1", NULL));
	assert_int_equal(broadcast_admit(broadcast, sales), 0);
	assert_true(broadcast_may_claim(broadcast, "gold-1", NULL));
	assert_true(broadcast_may_claim(broadcast, "sales-1", NULL));
	assert_false(broadcast_may_claim(broadcast, "other", NULL));
	assert_int_equal(broadcast_admit(broadcast, NULL), 0);
	assert_int_equal(broadcast_claim(broadcast, "other", NULL), BROADCAST_OK);
	assert_int_equal(broadcast_admit(broadcast, sales), -1);
	broadcast_unref(broadcast);
	app_filter_unref(gold);
	app_filter_unref(sales);
	app_filter_forget_all();
}

static void there_are_eight_filters_at_the_most(void **state)
{
	struct broadcast *broadcast = waiting_for_more(NULL);

	(void) state;
	for (int i = 1; i < BROADCAST_MAX_ROUNDS; i++) {
		assert_int_equal(broadcast_admit(broadcast, NULL), 0);
	}
	assert_int_equal(broadcast_admit(broadcast, NULL), -1);
	broadcast_unref(broadcast);
}

static int is_exhausted(struct broadcast *broadcast)
{
	struct broadcast_duty duty;

	broadcast_attend(broadcast, &duty);
	assert_int_equal(duty.award_ns, 0);
	return duty.is_exhausted;
}

static void who_waits_is_woken_when_all_so_far_have_declined(void **state)
{
	struct names *both = names_of("alpha", "beta", NULL);
	struct broadcast *broadcast = waiting_for_more(both);
	int fd = broadcast_wake_open(broadcast);

	(void) state;
	assert_int_equal(broadcast_decline(broadcast, "alpha", NULL), BROADCAST_OK);
	assert_false(is_exhausted(broadcast));
	assert_false(readable(fd, 0));
	assert_int_equal(broadcast_decline(broadcast, "beta", NULL), BROADCAST_OK);
	assert_true(readable(fd, TEST_PATIENCE_MS));
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	/* It is told as long as it holds, and wakes once. */
	assert_true(is_exhausted(broadcast));
	assert_false(readable(fd, 0));
	assert_true(is_exhausted(broadcast));
	widen(broadcast, names_of("gamma", NULL), 1, names_of("gamma", NULL));
	assert_false(is_exhausted(broadcast));
	assert_int_equal(broadcast_decline(broadcast, "gamma", NULL), BROADCAST_OK);
	widen(broadcast, NULL, 0, names_of(NULL));
	assert_int_equal(broadcast_state(broadcast), BROADCAST_DECLINED);
	/* The close stays to be seen. */
	assert_false(is_exhausted(broadcast));
	assert_true(readable(fd, 0));
	broadcast_wake_close(broadcast);
	names_unref(both);
	broadcast_unref(broadcast);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_ones_come_behind_the_old_ones),
		cmocka_unit_test(declines_are_kept),
		cmocka_unit_test(all_have_declined_only_when_none_is_to_come),
		cmocka_unit_test(nobody_is_there_only_when_none_is_to_come),
		cmocka_unit_test(closed_one_is_not_widened),
		cmocka_unit_test(expired_one_is_not_widened),
		cmocka_unit_test(widenings_at_once_add_each_name_once),
		cmocka_unit_test(admitted_ones_may_claim_from_then_on),
		cmocka_unit_test(there_are_eight_filters_at_the_most),
		cmocka_unit_test(who_waits_is_woken_when_all_so_far_have_declined),
	};

	alarm(TEST_HANG_S);
	return cmocka_run_group_tests_name("widening", tests, NULL, NULL);
}
