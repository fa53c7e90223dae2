/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Tests of core/names.h: a list keeps copies, finds, compares, and takes NULL.
 */

#include "core_test.h"

static void list_keeps_copies_in_order(void **state)
{
	char first[] = "sales", second[] = "support";
	const char *list[] = { first, second, "" };
	struct names *names = names_create(list, ARRAY_LEN(list));

	(void) state;
	assert_non_null(names);
	strcpy(first, "XXXXX");
	strcpy(second, "XXXXXXX");
	assert_int_equal(names_count(names), 3);
	assert_string_equal(names_at(names, 0), "sales");
	assert_string_equal(names_at(names, 1), "support");
	assert_string_equal(names_at(names, 2), "");
	names_unref(names);
}

static void empty_list_is_a_list(void **state)
{
	struct names *names = names_create(NULL, 0);

	(void) state;
	assert_non_null(names);
	assert_int_equal(names_count(names), 0);
	assert_int_equal(names_find(names, "sales"), -1);
	assert_true(names_equal(names, NULL, 0));
	names_unref(names);
}

static void find_wants_the_whole_name(void **state)
{
	struct names *names = names_of("sales", "sales-1", "Sales", "sales", NULL);

	(void) state;
	assert_int_equal(names_find(names, "sales-1"), 1);
	assert_int_equal(names_find(names, "Sales"), 2);
	assert_in_range(names_find(names, "sales"), 0, 3);
	assert_string_equal(names_at(names, (size_t) names_find(names, "sales")), "sales");
	assert_int_equal(names_find(names, "sale"), -1);
	assert_int_equal(names_find(names, "sales-"), -1);
	assert_int_equal(names_find(names, ""), -1);
	names_unref(names);
}

static void find_works_in_a_long_list(void **state)
{
	static char text[1000][16];
	const char *list[1000];
	struct names *names;

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		snprintf(text[i], sizeof(text[i]), "app-%zu", i);
		list[i] = text[i];
	}
	names = names_create(list, ARRAY_LEN(list));
	assert_non_null(names);
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		assert_int_equal(names_find(names, text[i]), i);
	}
	assert_int_equal(names_find(names, "app-1000"), -1);
	names_unref(names);
}

static void equal_means_same_names_in_same_order(void **state)
{
	const char *same[] = { "a", "b" }, *turned[] = { "b", "a" }, *longer[] = { "a", "b", "c" };
	const char *split[] = { "ab" }, *other[] = { "a", "c" };
	struct names *names = names_create(same, 2);

	(void) state;
	assert_true(names_equal(names, same, 2));
	assert_false(names_equal(names, turned, 2));
	assert_false(names_equal(names, longer, 3));
	assert_false(names_equal(names, same, 1));
	assert_false(names_equal(names, split, 1));
	assert_false(names_equal(names, other, 2));
	assert_false(names_equal(names, NULL, 0));
	names_unref(names);
}

static void reference_keeps_the_list(void **state)
{
	struct names *names = names_of("a", NULL);

	(void) state;
	assert_ptr_equal(names_ref(names), names);
	names_unref(names);
	assert_string_equal(names_at(names, 0), "a");
	names_unref(names);
}

static void null_list_is_harmless(void **state)
{
	(void) state;
	assert_null(names_ref(NULL));
	names_unref(NULL);
	assert_int_equal(names_count(NULL), 0);
	assert_int_equal(names_find(NULL, "a"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_keeps_copies_in_order),
		cmocka_unit_test(empty_list_is_a_list),
		cmocka_unit_test(find_wants_the_whole_name),
		cmocka_unit_test(find_works_in_a_long_list),
		cmocka_unit_test(equal_means_same_names_in_same_order),
		cmocka_unit_test(reference_keeps_the_list),
		cmocka_unit_test(null_list_is_harmless),
	};

	alarm(TEST_HANG_S);
	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
