/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What becomes of broadcasts when there is no memory left: what failed has changed nothing.
 */

#include "core_test.h"

#include <sys/resource.h>

#include "in_line.h"

/*! \brief All the memory that there was, as a list. */
struct block {
	struct block *next;
};

static struct block *blocks;
static struct rlimit limit_before;

/*! \brief Whether the allocator obeys a limit: that of a sanitizer ends the program instead. */
static int memory_can_run_out(void)
{
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
	return 0;
#else
	return 1;
#endif
}

/*! \brief The address space that the process uses, in bytes. */
static size_t used_memory(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu", &pages), 1);
	fclose(file);
	return pages * (size_t) sysconf(_SC_PAGESIZE);
}

/*! \brief Take all memory, until not even the smallest block can be had, nor a small one of any size that was freed before. */
static void take_all_memory(void)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_AS, &limit_before), 0);
	limit = limit_before;
	limit.rlim_cur = used_memory();
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	for (size_t size = 1 << 16; size >= sizeof(struct block); size = size > 1024 ? size / 2 : size - 8) {
		struct block *block;

		while ((block = malloc(size))) {
			block->next = blocks;
			blocks = block;
		}
	}
}

static void give_memory_back(void)
{
	setrlimit(RLIMIT_AS, &limit_before);
	while (blocks) {
		struct block *next = blocks->next;

		free(blocks);
		blocks = next;
	}
}

static void one_that_cannot_be_made_is_not_counted_as_open(void **state)
{
	struct broadcast_terms terms = { .channel_id = "chan", .timeout_ms = 60000 };
	struct broadcast *broadcast;

	(void) state;
	if (!memory_can_run_out()) {
		skip();
	}
	terms.recipients = names_of("alpha", NULL);
	take_all_memory();
	broadcast = broadcast_create(&terms);
	give_memory_back();
	assert_null(broadcast);
	assert_int_equal(broadcast_open_count(), 0);
	names_unref(terms.recipients);
}

/*! So many that each part of a registry has more of them than it has room for at first. */
#define CROWD 4096

/*! \brief Fill all parts of a registry, as far as that goes without memory. */
static void crowd(struct registry *registry, struct broadcast **others)
{
	int refused = 0;

	for (size_t i = 0; i < CROWD; i++) {
		refused += registry_put(registry, others[i]) != 0;
	}
	assert_int_not_equal(refused, 0);
}

static void one_that_cannot_be_put_in_replaces_nothing(void **state)
{
	static struct broadcast *others[CROWD];
	struct registry *registry;
	struct broadcast *first;
	struct broadcast *second;
	struct broadcast *found;
	int failed;

	(void) state;
	if (!memory_can_run_out()) {
		skip();
	}
	registry = registry_create();
	first = broadcast_of("chan", 60000);
	second = broadcast_of("chan", 60000);
	for (size_t i = 0; i < CROWD; i++) {
		char id[32];

		snprintf(id, sizeof(id), "other-%zu", i);
		others[i] = broadcast_of(id, 60000);
	}
	assert_int_equal(registry_put(registry, first), 0);
	take_all_memory();
	crowd(registry, others);
	failed = registry_put(registry, second);
	give_memory_back();
	assert_int_equal(failed, -1);
	assert_int_equal(broadcast_state(first), BROADCAST_OPEN);
	found = registry_get(registry, "chan");
	assert_ptr_equal(found, first);
	broadcast_unref(found);
	broadcast_unref(first);
	broadcast_unref(second);
	for (size_t i = 0; i < CROWD; i++) {
		broadcast_unref(others[i]);
	}
	registry_destroy(registry);
}

static void one_that_cannot_come_in_line_is_not_in_it(void **state)
{
	struct in_line_walk walk = { .has_begun = 0 };
	struct broadcast *broadcast;
	struct broadcast *next;
	struct in_line *line;
	int failed;

	(void) state;
	if (!memory_can_run_out()) {
		skip();
	}
	line = in_line_create();
	broadcast = broadcast_of("chan", 60000);
	take_all_memory();
	failed = in_line_join(line, broadcast, 0, 1);
	give_memory_back();
	assert_int_equal(failed, -1);
	assert_int_equal(in_line_next(line, &walk, &next, 1), 0);
	/* Nor does leaving change anything, or coming again. */
	in_line_leave(line, broadcast, 0, 1);
	assert_int_equal(in_line_join(line, broadcast, 0, 1), 0);
	assert_int_equal(in_line_next(line, &walk, &next, 1), 1);
	assert_ptr_equal(next, broadcast);
	broadcast_unref(next);
	broadcast_unref(broadcast);
	in_line_destroy(line);
}

static void widening_without_memory_changes_nothing(void **state)
{
	struct broadcast *broadcast;
	struct names *more = names_of("gamma", NULL);
	struct names *added;

	(void) state;
	if (!memory_can_run_out()) {
		names_unref(more);
		skip();
	}
	broadcast = broadcast_of("chan", 60000);
	assert_int_equal(broadcast_decline(broadcast, "alpha", NULL), BROADCAST_OK);
	take_all_memory();
	added = broadcast_widen(broadcast, more, 0);
	give_memory_back();
	assert_null(added);
	assert_int_equal(broadcast_decline(broadcast, "beta", NULL), BROADCAST_OK);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_DECLINED);
	names_unref(more);
	broadcast_unref(broadcast);
}

/*! \brief A claim without memory of a broadcast that is on offer. */
static enum broadcast_result claim_without_memory(struct broadcast *broadcast, const char *app_name)
{
	enum broadcast_result result;

	take_all_memory();
	result = broadcast_claim(broadcast, app_name, NULL);
	give_memory_back();
	return result;
}

static void claim_without_memory_leaves_it_open(void **state)
{
	struct broadcast *broadcast;

	(void) state;
	if (!memory_can_run_out()) {
		skip();
	}
	broadcast = broadcast_of("chan", 60000);
	assert_int_equal(claim_without_memory(broadcast, "gamma"), BROADCAST_CLOSED);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	assert_int_equal(broadcast_claim(broadcast, "beta", NULL), BROADCAST_OK);
	broadcast_unref(broadcast);
}

static void claim_of_a_recipient_needs_no_memory(void **state)
{
	struct broadcast *broadcast;

	(void) state;
	if (!memory_can_run_out()) {
		skip();
	}
	broadcast = broadcast_of("chan", 60000);
	assert_int_equal(claim_without_memory(broadcast, "beta"), BROADCAST_OK);
	assert_string_equal(broadcast_winner_name(broadcast), "beta");
	broadcast_unref(broadcast);
}

static void descriptor_that_was_not_given_up_goes_with_the_broadcast(void **state)
{
	int before = open_fds();
	struct broadcast *broadcast = broadcast_of("chan", 60000);

	(void) state;
	assert_true(broadcast_wake_open(broadcast) >= 0);
	broadcast_unref(broadcast);
	assert_int_equal(open_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_cannot_be_made_is_not_counted_as_open),
		cmocka_unit_test(one_that_cannot_be_put_in_replaces_nothing),
		cmocka_unit_test(one_that_cannot_come_in_line_is_not_in_it),
		cmocka_unit_test(widening_without_memory_changes_nothing),
		cmocka_unit_test(claim_without_memory_leaves_it_open),
		cmocka_unit_test(claim_of_a_recipient_needs_no_memory),
		cmocka_unit_test(descriptor_that_was_not_given_up_goes_with_the_broadcast),
	};

	alarm(TEST_HANG_S);
	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
