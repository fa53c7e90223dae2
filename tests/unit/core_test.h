/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the core's test programs share: cmocka with what it needs, clocks, and small helpers.
 *
 * Each program dies of SIGALRM when it hangs, so that a deadlock is a failed test and no stuck build.
 */

#ifndef TESTS_UNIT_CORE_TEST_H
#define TESTS_UNIT_CORE_TEST_H

#include <dirent.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "app_filter.h"
#include "broadcast.h"
#include "names.h"
#include "observers.h"
#include "registry.h"

/*! \brief How long a test program may take before it counts as hung, in seconds. */
#define TEST_HANG_S 240

/*! \brief How long to wait for what must happen at once, in milliseconds; only a failure waits so long. */
#define TEST_PATIENCE_MS 20000

/*! \brief How often slower than the plain build this one is, at most; for bounds on CPU time. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__) || defined(CORE_TEST_SLOW)
#define TEST_SLOWNESS 50
#else
#define TEST_SLOWNESS 1
#endif

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/*! \brief CPU time of the calling thread, in nanoseconds. */
static inline int64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

/*! \brief Before main(): CORE_TEST in the environment, with * and ? if need be, is the only test to run. */
static void __attribute__((constructor)) choose_test(void)
{
	const char *wanted = getenv("CORE_TEST");

	if (wanted) {
		cmocka_set_test_filter(wanted);
	}
}

/*! \brief How many file descriptors the process has open. */
static inline int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir)) {
		count++;
	}
	closedir(dir);
	return count;
}

/*! \brief Whether a descriptor is readable within a time in milliseconds. */
static inline int readable(int fd, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, timeout_ms) == 1 && (poll_fd.revents & POLLIN);
}

/*! \brief A list of names that ends with NULL. */
static inline struct names *names_of(const char *first, ...)
{
	const char *list[64];
	struct names *names;
	size_t count = 0;
	va_list args;

	va_start(args, first);
	for (const char *name = first; name; name = va_arg(args, const char *)) {
		list[count++] = name;
	}
	va_end(args);
	names = names_create(list, count);
	assert_non_null(names);
	return names;
}

/*! \brief A broadcast that the observers know of; NULL if it cannot be made. */
static inline struct broadcast *announced(const struct broadcast_terms *terms)
{
	struct broadcast *broadcast = broadcast_create(terms);

	if (broadcast) {
		broadcast_announce(broadcast);
	}
	return broadcast;
}

/*! \brief How many broadcasts this thread has closed with a claim. */
static _Thread_local int claims_won;

static inline void count_claim(struct broadcast *broadcast, enum broadcast_state state)
{
	(void) broadcast;
	claims_won += state == BROADCAST_CLAIMED;
}

/*! \brief Claim, and tell whether this very claim made the change, from what an observer hears. */
static inline enum broadcast_result claim_first(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app), int *first)
{
	static const struct broadcast_observer observer = { .name = "claim_first", .closed = count_claim };
	static atomic_flag added = ATOMIC_FLAG_INIT;
	enum broadcast_result result;

	if (!atomic_flag_test_and_set(&added)) {
		assert_int_equal(observers_add(&observer), 0);
	}
	claims_won = 0;
	result = broadcast_claim(broadcast, app, is_registered);
	*first = claims_won;
	return result;
}

/*! \brief A broadcast of a channel, offered to "alpha" and "beta", without a filter. */
static inline struct broadcast *broadcast_of(const char *channel_id, int timeout_ms)
{
	struct names *recipients = names_of("alpha", "beta", NULL);
	struct broadcast_terms terms = {
		.channel_id = channel_id,
		.timeout_ms = timeout_ms,
		.recipients = recipients,
	};
	struct broadcast *broadcast = announced(&terms);

	names_unref(recipients);
	assert_non_null(broadcast);
	return broadcast;
}

/*! \brief Wait until the deadline of a broadcast has passed, the way a waiting thread does. */
static inline void wait_for_deadline(struct broadcast *broadcast)
{
	int remaining;

	while ((remaining = broadcast_remaining_ms(broadcast)) > 0) {
		poll(NULL, 0, remaining);
	}
}

#endif /* TESTS_UNIT_CORE_TEST_H */
