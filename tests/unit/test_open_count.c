/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Tests of how many broadcasts are open, and of the limit on them.
 */

#include "core_test.h"

#include <errno.h>
#include <pthread.h>

/*! \brief Long enough that no test outlives it. */
#define LONG_MS 600000

/*! \brief A broadcast to "alpha", or to nobody, of which \a most may be open; NULL if there are. */
static struct broadcast *make(const char *name, int timeout_ms, size_t most)
{
	struct names *recipients = name ? names_of(name, NULL) : NULL;
	struct broadcast_terms terms = {
		.channel_id = "chan", .timeout_ms = timeout_ms, .recipients = recipients, .max_open = most
	};
	struct broadcast *broadcast;

	errno = 0;
	broadcast = announced(&terms);
	names_unref(recipients);
	return broadcast;
}

static void each_close_makes_room(void **state)
{
	struct broadcast *claimed = make("alpha", LONG_MS, 0);
	struct broadcast *declined = make("alpha", LONG_MS, 0);
	struct broadcast *hung_up = make("alpha", LONG_MS, 0);
	struct broadcast *expired = make("alpha", 0, 0);

	(void) state;
	assert_int_equal(broadcast_open_count(), 4);
	broadcast_claim(claimed, "alpha", NULL);
	assert_int_equal(broadcast_open_count(), 3);
	broadcast_decline(declined, "alpha", NULL);
	assert_int_equal(broadcast_open_count(), 2);
	broadcast_close(hung_up, BROADCAST_HUNG_UP);
	assert_int_equal(broadcast_open_count(), 1);
	assert_int_equal(broadcast_state(expired), BROADCAST_EXPIRED);
	assert_int_equal(broadcast_open_count(), 0);
	/* What is closed is not closed again, nor counted again when it goes. */
	broadcast_close(claimed, BROADCAST_WITHDRAWN);
	broadcast_unref(claimed);
	broadcast_unref(declined);
	broadcast_unref(hung_up);
	broadcast_unref(expired);
	assert_int_equal(broadcast_open_count(), 0);
}

static void one_that_goes_open_makes_room(void **state)
{
	(void) state;
	broadcast_unref(make("alpha", LONG_MS, 0));
	assert_int_equal(broadcast_open_count(), 0);
}

static void one_to_nobody_is_not_open(void **state)
{
	struct broadcast *full = make("alpha", LONG_MS, 1);
	struct broadcast *nobody = make(NULL, LONG_MS, 1);

	(void) state;
	assert_non_null(nobody);
	assert_int_equal(broadcast_open_count(), 1);
	broadcast_unref(nobody);
	broadcast_unref(full);
	assert_int_equal(broadcast_open_count(), 0);
}

static void one_too_many_is_refused(void **state)
{
	struct broadcast *first = make("alpha", LONG_MS, 2);
	struct broadcast *second = make("alpha", LONG_MS, 2);

	(void) state;
	assert_non_null(first);
	assert_non_null(second);
	assert_null(make("alpha", LONG_MS, 2));
	assert_int_equal(errno, EBUSY);
	assert_int_equal(broadcast_open_count(), 2);
	broadcast_claim(first, "alpha", NULL);
	broadcast_unref(make("alpha", LONG_MS, 2));
	assert_int_equal(errno, 0);
	broadcast_unref(first);
	broadcast_unref(second);
}

static void limit_that_shrinks_refuses_until_there_is_room(void **state)
{
	struct broadcast *first = make("alpha", LONG_MS, 2);
	struct broadcast *second = make("alpha", LONG_MS, 2);

	(void) state;
	broadcast_close(first, BROADCAST_HUNG_UP);
	assert_null(make("alpha", LONG_MS, 1));
	broadcast_close(second, BROADCAST_HUNG_UP);
	broadcast_unref(make("alpha", LONG_MS, 1));
	assert_int_equal(errno, 0);
	broadcast_unref(first);
	broadcast_unref(second);
}

static void failure_for_another_reason_is_not_a_full_house(void **state)
{
	struct names *recipients = names_of("alpha", NULL);
	struct broadcast_terms terms = { .timeout_ms = 100, .recipients = recipients };

	(void) state;
	errno = EBUSY;
	assert_null(announced(&terms));
	assert_int_not_equal(errno, EBUSY);
	assert_int_equal(broadcast_open_count(), 0);
	names_unref(recipients);
}

#define THREADS 8
#define ROUNDS 2000
#define MOST 3

/*! \brief What a thread was granted and refused, and whether it ever saw more open than there may be. */
struct crowd {
	long made;
	long refused;
	int exceeded;
};

/*! \brief Ask for one more than there may be, again and again. */
static void *crowd(void *data)
{
	struct crowd *count = data;

	for (int i = 0; i < ROUNDS; i++) {
		struct broadcast *broadcasts[MOST + 1];

		for (int j = 0; j <= MOST; j++) {
			broadcasts[j] = make("alpha", LONG_MS, MOST);
			count->made += broadcasts[j] != NULL;
			count->refused += !broadcasts[j];
			count->exceeded |= broadcast_open_count() > MOST;
		}
		for (int j = 0; j <= MOST; j++) {
			broadcast_unref(broadcasts[j]);
		}
	}
	return NULL;
}

static void limit_holds_among_threads(void **state)
{
	pthread_t threads[THREADS];
	struct crowd counts[THREADS] = { 0 };

	(void) state;
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, crowd, &counts[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_false(counts[i].exceeded);
		/* At least once in each round there was no room. */
		assert_true(counts[i].refused >= ROUNDS);
		assert_true(counts[i].made + counts[i].refused == ROUNDS * (MOST + 1));
	}
	assert_int_equal(broadcast_open_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_close_makes_room),
		cmocka_unit_test(one_that_goes_open_makes_room),
		cmocka_unit_test(one_to_nobody_is_not_open),
		cmocka_unit_test(one_too_many_is_refused),
		cmocka_unit_test(limit_that_shrinks_refuses_until_there_is_room),
		cmocka_unit_test(failure_for_another_reason_is_not_a_full_house),
		cmocka_unit_test(limit_holds_among_threads),
	};

	alarm(TEST_HANG_S);
	return cmocka_run_group_tests_name("open_count", tests, NULL, NULL);
}
