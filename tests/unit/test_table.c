/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Tests of core/table.h: what was put in is found, whatever else has come and gone, and nothing else.
 */

#include "core_test.h"

#include "table.h"

#define KEYS 200
#define STEPS 200000

/*! \brief A key, with a hash that many others begin their search beside. */
struct thing {
	char key[16];
	uint64_t hash;
	int is_in;
};

static struct thing things[KEYS];

/*! \brief A number that is the same in each run. */
static unsigned int next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int) (*state >> 33);
}

static void make_things(uint64_t *random)
{
	for (size_t i = 0; i < KEYS; i++) {
		snprintf(things[i].key, sizeof(things[i].key), "key-%zu", i);
		things[i].is_in = 0;
		/* A few homes beside each other, at the end of each size of the table, and a few with the very same hash. */
		things[i].hash = (uint64_t) -1 - next_random(random) % 6;
		if (next_random(random) % 4 == 0) {
			things[i].hash ^= (uint64_t) next_random(random) << 32;
		}
	}
}

static void check(const struct table *table)
{
	size_t count = 0;

	for (size_t i = 0; i < KEYS; i++) {
		const void *found = table_find(table, things[i].key, things[i].hash);

		assert_ptr_equal(found, things[i].is_in ? &things[i] : NULL);
		count += things[i].is_in;
	}
	assert_int_equal(table->count, count);
}

static void what_is_in_is_found_and_nothing_else(void **state)
{
	struct table table = { 0 };
	uint64_t random = 1;

	(void) state;
	make_things(&random);
	for (int step = 0; step < STEPS; step++) {
		struct thing *thing = &things[next_random(&random) % KEYS];
		/* It fills, and empties, and fills. */
		const int is_filling = step / 1000 % 2 == 0;

		if (!thing->is_in && (is_filling || next_random(&random) % 8 == 0)) {
			assert_int_equal(table_put(&table, thing->key, thing->hash, thing), 0);
			thing->is_in = 1;
		} else {
			assert_int_equal(table_remove(&table, thing->hash, thing), thing->is_in);
			thing->is_in = 0;
		}
		if (step % 50 == 0) {
			check(&table);
		}
	}
	table_clear(&table);
	assert_null(table_find(&table, things[0].key, things[0].hash));
}

static void count_visit(void *thing, void *data)
{
	((struct thing *) thing)->is_in++;
	(*(size_t *) data)++;
}

static void each_is_visited_once(void **state)
{
	struct table table = { 0 };
	uint64_t random = 2;
	size_t visits = 0;

	(void) state;
	make_things(&random);
	table_each(&table, count_visit, &visits);
	assert_int_equal(visits, 0);
	for (size_t i = 0; i < KEYS; i++) {
		assert_int_equal(table_put(&table, things[i].key, things[i].hash, &things[i]), 0);
	}
	table_each(&table, count_visit, &visits);
	assert_int_equal(visits, KEYS);
	for (size_t i = 0; i < KEYS; i++) {
		assert_int_equal(things[i].is_in, 1);
	}
	table_clear(&table);
}

static void one_of_two_with_the_same_key_stays(void **state)
{
	static char old[] = "chan";
	static char new[] = "chan";
	const uint64_t hash = table_hash(old);
	struct table table = { 0 };

	(void) state;
	assert_int_equal(table_put(&table, old, hash, old), 0);
	assert_int_equal(table_put(&table, new, hash, new), 0);
	assert_int_equal(table_remove(&table, hash, old), 1);
	assert_int_equal(table_remove(&table, hash, old), 0);
	assert_ptr_equal(table_find(&table, "chan", hash), new);
	table_clear(&table);
}

static void it_shrinks_with_what_is_in_it(void **state)
{
	struct table table = { 0 };
	uint64_t random = 3;

	(void) state;
	make_things(&random);
	for (size_t i = 0; i < KEYS; i++) {
		assert_int_equal(table_put(&table, things[i].key, things[i].hash, &things[i]), 0);
	}
	assert_true(table.size >= KEYS);
	for (size_t i = 1; i < KEYS; i++) {
		assert_int_equal(table_remove(&table, things[i].hash, &things[i]), 1);
	}
	assert_true(table.size < KEYS / 8);
	assert_int_equal(table_remove(&table, things[0].hash, &things[0]), 1);
	assert_int_equal(table.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_is_found_and_nothing_else),
		cmocka_unit_test(each_is_visited_once),
		cmocka_unit_test(one_of_two_with_the_same_key_stays),
		cmocka_unit_test(it_shrinks_with_what_is_in_it),
	};

	alarm(TEST_HANG_S);
	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
