/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Tests of core/registry.h: one broadcast for each channel (rule 6), gone when it is cleaned up.
 */

#include "core_test.h"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define LONG_MS 600000

/*! \brief Broadcasts alive, counted by their data. */
static atomic_long alive;

/*! \brief Who they are all offered to. */
static struct names *recipients;

static void release(void *data)
{
	(void) data;
	atomic_fetch_sub(&alive, 1);
}

static struct broadcast *counted(const char *channel_id, int timeout_ms)
{
	struct broadcast_terms terms = { .channel_id = channel_id,
		.timeout_ms = timeout_ms,
		.recipients = recipients,
		.data = &alive,
		.free_data = release };
	struct broadcast *broadcast = announced(&terms);

	assert_non_null(broadcast);
	atomic_fetch_add(&alive, 1);
	return broadcast;
}

/*! \brief Put one in and keep no reference of one's own. */
static void put_new(struct registry *registry, const char *channel_id)
{
	struct broadcast *broadcast = counted(channel_id, LONG_MS);

	assert_int_equal(registry_put(registry, broadcast), 0);
	broadcast_unref(broadcast);
}

static enum broadcast_result claim(struct registry *registry, const char *channel_id, const char *app)
{
	struct broadcast *broadcast = registry_get(registry, channel_id);
	enum broadcast_result answer = broadcast ? broadcast_claim(broadcast, app, NULL) : BROADCAST_CLOSED;

	broadcast_unref(broadcast);
	return answer;
}

static int make_registry(void **state)
{
	atomic_store(&alive, 0);
	recipients = names_of("alpha", "beta", NULL);
	*state = registry_create();
	return *state ? 0 : -1;
}

static int destroy_registry(void **state)
{
	registry_destroy(*state);
	names_unref(recipients);
	return atomic_load(&alive) ? -1 : 0;
}

static void put_is_found_by_its_channel(void **state)
{
	struct broadcast *broadcast = counted("1700000000.1", LONG_MS), *found;

	assert_null(registry_get(*state, "1700000000.1"));
	assert_int_equal(registry_put(*state, broadcast), 0);
	found = registry_get(*state, "1700000000.1");
	assert_ptr_equal(found, broadcast);
	broadcast_unref(found);
	assert_null(registry_get(*state, "1700000000.2"));
	assert_null(registry_get(*state, "1700000000.10"));
	assert_null(registry_get(*state, "1700000000."));
	assert_null(registry_get(*state, ""));
	assert_int_equal(registry_count(*state), 1);
	broadcast_unref(broadcast);
}

static void odd_ids_are_ids_like_others(void **state)
{
	static char long_id[100001];
	const char *ids[] = { long_id, "\x01\x7f", "\xff\xfe", "a b\n", "caf\xc3\xa9", "%s%n", "'\"", "A", "a" };

	memset(long_id, 'x', sizeof(long_id) - 1);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		put_new(*state, ids[i]);
	}
	assert_int_equal(registry_count(*state), ARRAY_LEN(ids));
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct broadcast *found = registry_get(*state, ids[i]);

		assert_non_null(found);
		assert_string_equal(broadcast_channel_id(found), ids[i]);
		broadcast_unref(found);
	}
	assert_null(registry_get(*state, long_id + 1));
}

static void table_keeps_its_own_reference(void **state)
{
	struct broadcast *found;

	put_new(*state, "chan");
	assert_int_equal(alive, 1);
	found = registry_get(*state, "chan");
	assert_string_equal(broadcast_channel_id(found), "chan");
	broadcast_unref(found);
	assert_int_equal(claim(*state, "chan", "alpha"), BROADCAST_OK);
}

static void second_broadcast_of_a_channel_withdraws_the_first(void **state)
{
	struct broadcast *first = counted("chan", LONG_MS), *second = counted("chan", LONG_MS), *found;

	assert_int_equal(registry_put(*state, first), 0);
	assert_int_equal(registry_put(*state, second), 0);
	assert_int_equal(broadcast_state(first), BROADCAST_REPLACED);
	assert_int_equal(broadcast_state(second), BROADCAST_OPEN);
	assert_int_equal(registry_count(*state), 1);
	found = registry_get(*state, "chan");
	assert_ptr_equal(found, second);
	broadcast_unref(found);
	assert_int_equal(broadcast_claim(first, "alpha", NULL), BROADCAST_CLOSED);
	assert_int_equal(claim(*state, "chan", "alpha"), BROADCAST_OK);
	broadcast_unref(first);
	broadcast_unref(second);
}

static void second_broadcast_leaves_a_claimed_first_claimed(void **state)
{
	struct broadcast *first = counted("chan", LONG_MS), *second = counted("chan", LONG_MS);

	registry_put(*state, first);
	assert_int_equal(claim(*state, "chan", "alpha"), BROADCAST_OK);
	registry_put(*state, second);
	assert_int_equal(broadcast_state(first), BROADCAST_CLAIMED);
	assert_int_equal(claim(*state, "chan", "beta"), BROADCAST_OK);
	broadcast_unref(first);
	broadcast_unref(second);
}

struct waiter {
	struct broadcast *broadcast;
	atomic_int waiting;
	int woken;
	enum broadcast_state state;
};

static void *wait_for_close(void *data)
{
	struct waiter *waiter = data;
	int fd = broadcast_wake_open(waiter->broadcast);

	atomic_store(&waiter->waiting, 1);
	waiter->woken = readable(fd, TEST_PATIENCE_MS);
	broadcast_wake_close(waiter->broadcast);
	waiter->state = broadcast_state(waiter->broadcast);
	return NULL;
}

static void second_broadcast_wakes_who_waits_on_the_first(void **state)
{
	struct waiter waiter = { .broadcast = counted("chan", LONG_MS) };
	int64_t patience = broadcast_clock_ns() + INT64_C(1000000) * TEST_PATIENCE_MS;
	pthread_t thread;

	registry_put(*state, waiter.broadcast);
	assert_int_equal(pthread_create(&thread, NULL, wait_for_close, &waiter), 0);
	while (!atomic_load(&waiter.waiting) && broadcast_clock_ns() < patience) {
		sched_yield();
	}
	put_new(*state, "chan");
	pthread_join(thread, NULL);
	assert_true(waiter.woken);
	assert_int_equal(waiter.state, BROADCAST_REPLACED);
	broadcast_unref(waiter.broadcast);
}

static void take_ends_it(void **state)
{
	struct broadcast *taken;

	put_new(*state, "chan");
	taken = registry_take(*state, "chan", 0);
	assert_non_null(taken);
	assert_int_equal(broadcast_state(taken), BROADCAST_GONE);
	assert_null(registry_get(*state, "chan"));
	assert_int_equal(registry_count(*state), 0);
	broadcast_unref(taken);
	assert_int_equal(alive, 0);
}

/*! \brief Rule 4: "taken" until the clean-up, "unknown" after it. */
static void loser_hears_taken_until_the_cleanup(void **state)
{
	put_new(*state, "chan");
	assert_int_equal(claim(*state, "chan", "alpha"), BROADCAST_OK);
	assert_int_equal(claim(*state, "chan", "beta"), BROADCAST_TAKEN);
	assert_int_equal(claim(*state, "chan", "alpha"), BROADCAST_OK);
	assert_int_equal(claim(*state, "chan", "beta"), BROADCAST_TAKEN);
	broadcast_unref(registry_take(*state, "chan", 0));
	assert_int_equal(claim(*state, "chan", "beta"), BROADCAST_CLOSED);
	assert_int_equal(claim(*state, "chan", "alpha"), BROADCAST_CLOSED);
}

static void take_of_a_claimed_one_keeps_its_winner(void **state)
{
	struct broadcast *taken;
	char *winner;

	put_new(*state, "chan");
	assert_int_equal(claim(*state, "chan", "alpha"), BROADCAST_OK);
	taken = registry_take(*state, "chan", 0);
	assert_int_equal(broadcast_state(taken), BROADCAST_CLAIMED);
	winner = broadcast_winner(taken);
	assert_string_equal(winner, "alpha");
	free(winner);
	broadcast_unref(taken);
}

/*! \brief Rule 11: a run ends the broadcast that it made, though its ID is that of another one's by then. */
static void claimed_one_is_its_run_s_whoever_has_its_id(void **state)
{
	struct broadcast *first = counted("chan", LONG_MS);
	struct broadcast *second = counted("chan", LONG_MS);
	struct broadcast *found;

	registry_put(*state, first);
	assert_int_equal(claim(*state, "chan", "alpha"), BROADCAST_OK);
	registry_put(*state, second);
	assert_int_equal(claim(*state, "chan", "beta"), BROADCAST_OK);
	assert_string_equal(broadcast_winner_name(second), "beta");
	assert_int_equal(registry_count(*state), 1);
	found = registry_find(*state, "chan", broadcast_serial(first));
	assert_ptr_equal(found, first);
	broadcast_unref(found);
	put_new(*state, "chan");
	found = registry_take(*state, "chan", broadcast_serial(first));
	assert_ptr_equal(found, first);
	broadcast_unref(found);
	assert_null(registry_take(*state, "chan", broadcast_serial(first)));
	registry_remove(*state, second);
	assert_null(registry_find(*state, "chan", broadcast_serial(second)));
	assert_int_equal(broadcast_state(second), BROADCAST_CLAIMED);
	broadcast_unref(registry_take(*state, "chan", 0));
	broadcast_unref(first);
	broadcast_unref(second);
	assert_int_equal(alive, 0);
}

static void cleaning_up_twice_is_harmless(void **state)
{
	struct broadcast *broadcast = counted("chan", LONG_MS);

	assert_null(registry_take(*state, "chan", 0));
	registry_put(*state, broadcast);
	broadcast_unref(registry_take(*state, "chan", 0));
	assert_null(registry_take(*state, "chan", 0));
	registry_remove(*state, broadcast);
	registry_remove(*state, broadcast);
	assert_int_equal(registry_count(*state), 0);
	broadcast_unref(broadcast);
}

static void remove_ends_this_very_one(void **state)
{
	struct broadcast *broadcast = counted("chan", LONG_MS);

	registry_put(*state, broadcast);
	registry_remove(*state, broadcast);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_GONE);
	assert_null(registry_get(*state, "chan"));
	assert_int_equal(registry_count(*state), 0);
	broadcast_unref(broadcast);
}

static void remove_leaves_a_later_one_alone(void **state)
{
	struct broadcast *first = counted("chan", LONG_MS), *second = counted("chan", LONG_MS), *found;

	registry_put(*state, first);
	registry_put(*state, second);
	registry_remove(*state, first);
	found = registry_get(*state, "chan");
	assert_ptr_equal(found, second);
	broadcast_unref(found);
	assert_int_equal(broadcast_state(second), BROADCAST_OPEN);
	assert_int_equal(registry_count(*state), 1);
	broadcast_unref(first);
	broadcast_unref(second);
}

static void destroy_withdraws_what_is_left(void **state)
{
	struct broadcast *broadcast = counted("chan", LONG_MS);

	registry_put(*state, broadcast);
	registry_destroy(*state);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_GONE);
	broadcast_unref(broadcast);
	assert_int_equal(alive, 0);
	registry_destroy(NULL);
	*state = NULL;
}

static void withdraw_all_leaves_nothing_to_claim(void **state)
{
	struct broadcast *first;

	put_new(*state, "1");
	first = registry_get(*state, "1");
	for (int i = 2; i < 300; i++) {
		char id[16];

		snprintf(id, sizeof(id), "%d", i);
		put_new(*state, id);
	}
	registry_withdraw_all(*state);
	assert_int_equal(registry_count(*state), 0);
	assert_null(registry_get(*state, "2"));
	assert_int_equal(broadcast_state(first), BROADCAST_GONE);
	assert_int_equal(broadcast_claim(first, "alpha", NULL), BROADCAST_CLOSED);
	/* It is out already: not to be let go of once more. */
	registry_remove(*state, first);
	broadcast_unref(first);
	assert_int_equal(atomic_load(&alive), 0);
	put_new(*state, "1");
	assert_int_equal(claim(*state, "1", "alpha"), BROADCAST_OK);
}

/*! \brief Rule 11: a clean-up that names one broadcast leaves another one of the same channel ID alone. */
static void take_by_serial_leaves_another_alone(void **state)
{
	struct broadcast *first = counted("chan", LONG_MS), *second = counted("chan", LONG_MS), *taken;

	assert_int_not_equal(broadcast_serial(first), 0);
	assert_int_not_equal(broadcast_serial(first), broadcast_serial(second));
	registry_put(*state, first);
	registry_put(*state, second);
	assert_null(registry_take(*state, "chan", broadcast_serial(first)));
	assert_int_equal(registry_count(*state), 1);
	assert_int_equal(broadcast_state(second), BROADCAST_OPEN);
	taken = registry_take(*state, "chan", broadcast_serial(second));
	assert_ptr_equal(taken, second);
	assert_int_equal(broadcast_state(second), BROADCAST_GONE);
	assert_int_equal(registry_count(*state), 0);
	broadcast_unref(taken);
	broadcast_unref(first);
	broadcast_unref(second);
}

static void list_gives_all_with_references(void **state)
{
	struct broadcast **list;
	size_t count = 99;
	char seen[200] = "";

	assert_null(registry_list(*state, &count));
	assert_int_equal(count, 0);
	for (size_t i = 0; i < sizeof(seen); i++) {
		char id[16];

		snprintf(id, sizeof(id), "%zu", i);
		put_new(*state, id);
	}
	list = registry_list(*state, &count);
	assert_non_null(list);
	assert_int_equal(count, sizeof(seen));
	registry_destroy(*state);
	*state = NULL;
	for (size_t i = 0; i < count; i++) {
		seen[atoi(broadcast_channel_id(list[i]))]++;
		assert_int_equal(broadcast_state(list[i]), BROADCAST_GONE);
		broadcast_unref(list[i]);
	}
	free(list);
	for (size_t i = 0; i < sizeof(seen); i++) {
		assert_int_equal(seen[i], 1);
	}
}

/*! \brief CPU time of finding and claiming one among \a count entries, in nanoseconds, the best of three. */
static double look_up_ns(struct registry *registry, int count)
{
	double best = 1e18;

	for (int round = 0; round < 3; round++) {
		int64_t began = cpu_ns();
		double took;

		for (int i = 0; i < 20000; i++) {
			char id[32];
			struct broadcast *found;

			snprintf(id, sizeof(id), "1700000000.%d", (int) (i * 7919L % count));
			found = registry_get(registry, id);
			assert_non_null(found);
			broadcast_unref(found);
		}
		took = (double) (cpu_ns() - began) / 20000;
		best = took < best ? took : best;
	}
	return best;
}

static void hundred_thousand_entries_cost_no_more_to_find(void **state)
{
	double few = 0, many;
	size_t used = mallinfo2().uordblks;
	struct broadcast **list;
	size_t count;

	for (int i = 0; i < 100000; i++) {
		char id[32];

		snprintf(id, sizeof(id), "1700000000.%d", i);
		put_new(*state, id);
		if (i == 1000) {
			few = look_up_ns(*state, 1000);
		}
	}
	assert_int_equal(registry_count(*state), 100000);
	many = look_up_ns(*state, 100000);
	/* Caches make it slower; chains that grow would make it a hundred times slower. */
	if (many > 15 * few) {
		fail_msg("%.0f ns among 1000, %.0f ns among 100000", few, many);
	}
	list = registry_list(*state, &count);
	assert_int_equal(count, 100000);
	while (count) {
		broadcast_unref(list[--count]);
	}
	free(list);
	for (int i = 0; i < 100000; i++) {
		char id[32];

		snprintf(id, sizeof(id), "1700000000.%d", i);
		broadcast_unref(registry_take(*state, id, 0));
	}
	assert_int_equal(registry_count(*state), 0);
	assert_int_equal(alive, 0);
	assert_true(mallinfo2().uordblks < used + 256 * 1024);
}

static void memory_goes_with_the_entries_though_some_stay(void **state)
{
	enum {
		MOST = 50000,
		LEFT = 200
	};
	size_t used = mallinfo2().uordblks;
	char id[32];

	for (int i = 0; i < MOST; i++) {
		snprintf(id, sizeof(id), "1700000000.%d", i);
		put_new(*state, id);
	}
	for (int i = LEFT; i < MOST; i++) {
		snprintf(id, sizeof(id), "1700000000.%d", i);
		broadcast_unref(registry_take(*state, id, 0));
	}
	assert_int_equal(registry_count(*state), LEFT);
	/* The buckets of all would be half a megabyte. */
	assert_true(mallinfo2().uordblks < used + 256 * 1024);
	for (int i = 0; i < LEFT; i++) {
		snprintf(id, sizeof(id), "1700000000.%d", i);
		broadcast_unref(registry_take(*state, id, 0));
	}
}

/* Threads */

#define THREADS 4
#define CHANNELS 3

/*! \brief Put, get, claim, take, remove and list the same few channels at the same time. */
static void *hammer(void *data)
{
	static _Atomic uint64_t seeds = 1;
	struct registry *registry = data;
	uint64_t seed = atomic_fetch_add(&seeds, 1) * 0x9e3779b97f4a7c15u;

	for (int i = 0; i < 40000; i++) {
		char id[2] = { 0 };
		struct broadcast *broadcast, **list;
		size_t count;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		id[0] = (char) ('a' + (seed >> 40) % CHANNELS);
		switch ((seed >> 50) % 8) {
		case 0:
		case 1:
		case 2:
			put_new(registry, id);
			break;
		case 3:
			broadcast_unref(registry_take(registry, id, 0));
			break;
		case 4:
			broadcast = counted(id, LONG_MS);
			registry_put(registry, broadcast);
			registry_remove(registry, broadcast);
			assert_true(broadcast_state(broadcast) == BROADCAST_REPLACED ||
				broadcast_state(broadcast) == BROADCAST_GONE ||
				broadcast_state(broadcast) == BROADCAST_CLAIMED);
			broadcast_unref(broadcast);
			break;
		case 5:
			list = registry_list(registry, &count);
			while (list && count) {
				broadcast_unref(list[--count]);
			}
			free(list);
			break;
		default:
			claim(registry, id, "alpha");
		}
	}
	return NULL;
}

static void threads_leave_nothing_behind(void **state)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, *state), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
	}
	assert_in_range(registry_count(*state), 0, CHANNELS);
	for (char id[2] = "a"; id[0] < 'a' + CHANNELS; id[0]++) {
		broadcast_unref(registry_take(*state, id, 0));
	}
	assert_int_equal(registry_count(*state), 0);
	/* Claimed ones that were displaced are those of their runs, which do not end here. */
	registry_withdraw_all(*state);
	assert_int_equal(alive, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_registry, destroy_registry)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(put_is_found_by_its_channel),
		CASE(odd_ids_are_ids_like_others),
		CASE(table_keeps_its_own_reference),
		CASE(second_broadcast_of_a_channel_withdraws_the_first),
		CASE(second_broadcast_leaves_a_claimed_first_claimed),
		CASE(second_broadcast_wakes_who_waits_on_the_first),
		CASE(take_ends_it),
		CASE(loser_hears_taken_until_the_cleanup),
		CASE(take_of_a_claimed_one_keeps_its_winner),
		CASE(claimed_one_is_its_run_s_whoever_has_its_id),
		CASE(cleaning_up_twice_is_harmless),
		CASE(remove_ends_this_very_one),
		CASE(remove_leaves_a_later_one_alone),
		CASE(destroy_withdraws_what_is_left),
		CASE(withdraw_all_leaves_nothing_to_claim),
		CASE(take_by_serial_leaves_another_alone),
		CASE(list_gives_all_with_references),
		CASE(hundred_thousand_entries_cost_no_more_to_find),
		CASE(memory_goes_with_the_entries_though_some_stay),
		CASE(threads_leave_nothing_behind),
	};

	alarm(TEST_HANG_S);
	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
