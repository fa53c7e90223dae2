/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Tests of core/broadcast.h: rules 1 to 7 of SPEC section 2 on one broadcast, case by case.
 *
 * What must hold while a claim asks others is tested from inside the question it asks.
 */

#include "core_test.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>

/*! \brief Long enough that no test outlives it. */
#define LONG_MS 600000

static int only_alpha(const char *app)
{
	return !strcmp(app, "alpha");
}

static int nobody(const char *app)
{
	(void) app;
	return 0;
}

static enum broadcast_result claim(struct broadcast *broadcast, const char *app)
{
	return broadcast_claim(broadcast, app, NULL);
}

static enum broadcast_result decline(struct broadcast *broadcast, const char *app)
{
	return broadcast_decline(broadcast, app, NULL);
}

static void assert_winner(struct broadcast *broadcast, const char *name)
{
	char *winner = broadcast_winner(broadcast);

	if (name) {
		assert_non_null(winner);
		assert_string_equal(winner, name);
	} else {
		assert_null(winner);
	}
	free(winner);
}

/*! \brief A broadcast to "alpha" and "beta" with a filter. */
static struct broadcast *filtered(const char *text, int timeout_ms)
{
	struct app_filter *filter = app_filter_get(text, NULL, 0);
	struct names *recipients = names_of("alpha", "beta", NULL);
	struct broadcast_terms terms = {
		.channel_id = "chan", .timeout_ms = timeout_ms, .filter = filter, .recipients = recipients
	};
	struct broadcast *broadcast;

	assert_non_null(filter);
	broadcast = announced(&terms);
	assert_non_null(broadcast);
	app_filter_unref(filter);
	names_unref(recipients);
	return broadcast;
}

/*! \brief Close a broadcast in each way there is. \return The state it must be in then. */
static enum broadcast_state close_in_way(struct broadcast *broadcast, int way)
{
	switch (way) {
	case 0:
		assert_int_equal(claim(broadcast, "alpha"), BROADCAST_OK);
		return BROADCAST_CLAIMED;
	case 1:
		wait_for_deadline(broadcast);
		return BROADCAST_EXPIRED;
	case 2:
		broadcast_close(broadcast, BROADCAST_HUNG_UP);
		return BROADCAST_HUNG_UP;
	case 3:
		assert_int_equal(decline(broadcast, "alpha"), BROADCAST_OK);
		assert_int_equal(decline(broadcast, "beta"), BROADCAST_OK);
		return BROADCAST_DECLINED;
	default:
		broadcast_close(broadcast, BROADCAST_WITHDRAWN);
		return BROADCAST_WITHDRAWN;
	}
}

#define WAYS 5

/*! \brief How long the broadcast for a way to close it has to last. */
static int time_for_way(int way)
{
	return way == 1 ? 2 : LONG_MS;
}

/* Making one */

static void id_is_needed(void **state)
{
	struct names *recipients = names_of("alpha", NULL);
	struct broadcast_terms terms = { .timeout_ms = 100, .recipients = recipients };

	(void) state;
	assert_null(announced(&terms));
	terms.channel_id = "";
	assert_null(announced(&terms));
	names_unref(recipients);
}

static void null_broadcast_has_no_references(void **state)
{
	(void) state;
	assert_null(broadcast_ref(NULL));
	broadcast_unref(NULL);
}

static void terms_are_copied(void **state)
{
	char id[] = "1700000000.1", text[] = "^al";
	struct app_filter *filter = app_filter_get(text, NULL, 0);
	struct names *recipients = names_of("alpha", NULL);
	struct broadcast_terms terms = {
		.channel_id = id, .timeout_ms = 1000, .filter = filter, .recipients = recipients
	};
	struct broadcast *broadcast = announced(&terms);

	(void) state;
	memset(id, 'x', sizeof(id) - 1);
	memset(text, 'x', sizeof(text) - 1);
	memset(&terms, 0, sizeof(terms));
	names_unref(recipients);
	app_filter_unref(filter);
	assert_string_equal(broadcast_channel_id(broadcast), "1700000000.1");
	assert_string_equal(broadcast_filter_text(broadcast), "^al");
	assert_int_equal(claim(broadcast, "beta"), BROADCAST_FORBIDDEN);
	assert_int_equal(claim(broadcast, "alpha"), BROADCAST_OK);
	assert_string_equal(broadcast_filter_text(broadcast), "^al");
	broadcast_unref(broadcast);
}

static void timeout_is_limited(void **state)
{
	static const int given[] = { INT_MIN, -1, 0, 1, 60000, BROADCAST_MAX_TIMEOUT_MS,
		BROADCAST_MAX_TIMEOUT_MS + 1, INT_MAX };
	static const int kept[] = { 0, 0, 0, 1, 60000, BROADCAST_MAX_TIMEOUT_MS, BROADCAST_MAX_TIMEOUT_MS,
		BROADCAST_MAX_TIMEOUT_MS };

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct broadcast *broadcast = broadcast_of("chan", given[i]);
		struct broadcast_snapshot snapshot;

		broadcast_get_snapshot(broadcast, &snapshot);
		assert_int_equal(snapshot.timeout_ms, kept[i]);
		assert_in_range(broadcast_remaining_ms(broadcast), 0, kept[i]);
		broadcast_snapshot_clear(&snapshot);
		broadcast_unref(broadcast);
	}
}

/*! \brief One that goes on with another one's time ends when that does, though its timeout is rounded up. */
static void deadline_of_another_holds(void **state)
{
	const int64_t deadline_ns = broadcast_clock_ns() + INT64_C(10500000);
	struct names *recipients = names_of("alpha", NULL);
	const struct broadcast_terms terms = {
		.channel_id = "chan",
		.timeout_ms = 11,
		.deadline_ns = deadline_ns,
		.recipients = recipients,
	};
	struct broadcast *broadcast = broadcast_create(&terms);

	(void) state;
	assert_int_equal(broadcast_deadline_ns(broadcast), deadline_ns);
	assert_int_equal(broadcast_opened_ns(broadcast), deadline_ns - INT64_C(11000000));
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	while (broadcast_clock_ns() < deadline_ns) {
		poll(NULL, 0, 1);
	}
	assert_int_equal(broadcast_state(broadcast), BROADCAST_EXPIRED);
	broadcast_unref(broadcast);
	names_unref(recipients);
}

static void zero_and_negative_timeout_expire_at_once(void **state)
{
	static const int timeouts[] = { 0, -1, INT_MIN };

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(timeouts); i++) {
		struct broadcast *broadcast = broadcast_of("chan", timeouts[i]);

		assert_int_equal(claim(broadcast, "alpha"), BROADCAST_CLOSED);
		assert_int_equal(broadcast_state(broadcast), BROADCAST_EXPIRED);
		assert_int_equal(broadcast_remaining_ms(broadcast), 0);
		broadcast_unref(broadcast);
	}
}

static void day_long_timeout_stays_open(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", INT_MAX);

	(void) state;
	assert_in_range(
		broadcast_remaining_ms(broadcast), BROADCAST_MAX_TIMEOUT_MS - 60000, BROADCAST_MAX_TIMEOUT_MS);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	assert_int_equal(claim(broadcast, "alpha"), BROADCAST_OK);
	broadcast_unref(broadcast);
}

static void without_recipients_it_is_closed_at_once(void **state)
{
	struct names *empty = names_create(NULL, 0);
	struct names *lists[] = { NULL, empty };

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct broadcast_terms terms = {
			.channel_id = "chan", .timeout_ms = LONG_MS, .recipients = lists[i]
		};
		struct broadcast *broadcast = announced(&terms);

		assert_non_null(broadcast);
		assert_true(broadcast_closed_ns(broadcast) > 0);
		assert_int_equal(broadcast_state(broadcast), BROADCAST_DECLINED);
		assert_true(readable(broadcast_wake_open(broadcast), 0));
		broadcast_wake_close(broadcast);
		assert_int_equal(claim(broadcast, "alpha"), BROADCAST_CLOSED);
		broadcast_unref(broadcast);
	}
	names_unref(empty);
}

/* Rules 1 to 5: claims */

static void claim_before_the_deadline_wins(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", LONG_MS);
	int first = -1;

	(void) state;
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	assert_winner(broadcast, NULL);
	assert_int_equal(claim_first(broadcast, "alpha", only_alpha, &first), BROADCAST_OK);
	assert_int_equal(first, 1);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_CLAIMED);
	assert_winner(broadcast, "alpha");
	broadcast_unref(broadcast);
}

static void claim_after_the_deadline_is_too_late(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", 1);
	int first = -1;

	(void) state;
	wait_for_deadline(broadcast);
	assert_int_equal(claim_first(broadcast, "alpha", NULL, &first), BROADCAST_CLOSED);
	assert_int_equal(first, 0);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_EXPIRED);
	assert_winner(broadcast, NULL);
	broadcast_unref(broadcast);
}

static void claimed_stays_claimed_after_the_deadline(void **state)
{
	(void) state;
	/* A busy machine may let a deadline of some milliseconds pass before the claim; not every time. */
	for (int timeout_ms = 5; timeout_ms < 5000; timeout_ms *= 2) {
		struct broadcast *broadcast = broadcast_of("chan", timeout_ms);
		enum broadcast_result answer = claim(broadcast, "alpha");

		wait_for_deadline(broadcast);
		assert_int_equal(
			broadcast_state(broadcast), answer == BROADCAST_OK ? BROADCAST_CLAIMED : BROADCAST_EXPIRED);
		assert_winner(broadcast, answer == BROADCAST_OK ? "alpha" : NULL);
		broadcast_unref(broadcast);
		if (answer == BROADCAST_OK) {
			return;
		}
	}
	fail_msg("no claim in time");
}

static void unregistered_application_is_forbidden_and_the_offer_goes_on(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", LONG_MS);
	int first = -1;

	(void) state;
	assert_int_equal(claim_first(broadcast, "beta", only_alpha, &first), BROADCAST_FORBIDDEN);
	assert_int_equal(first, 0);
	assert_int_equal(broadcast_claim(broadcast, "alpha", nobody), BROADCAST_FORBIDDEN);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	assert_int_equal(broadcast_closed_ns(broadcast), 0);
	assert_winner(broadcast, NULL);
	assert_int_equal(broadcast_claim(broadcast, "alpha", only_alpha), BROADCAST_OK);
	broadcast_unref(broadcast);
}

/*! \brief An application that had the channel and lost it may neither claim nor decline it again. */
static void application_that_is_left_out_is_forbidden(void **state)
{
	struct names *recipients = names_of("alpha", NULL);
	struct names *excluded = names_of("beta", "gamma", NULL);
	struct broadcast_terms terms = {
		.channel_id = "chan", .timeout_ms = 60000, .recipients = recipients, .excluded = excluded
	};
	struct broadcast *broadcast = announced(&terms);

	(void) state;
	names_unref(recipients);
	names_unref(excluded);
	assert_int_equal(claim(broadcast, "beta"), BROADCAST_FORBIDDEN);
	assert_int_equal(decline(broadcast, "gamma"), BROADCAST_FORBIDDEN);
	assert_false(broadcast_may_claim(broadcast, "gamma", NULL));
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	assert_int_equal(claim(broadcast, "alpha"), BROADCAST_OK);
	broadcast_unref(broadcast);
}

static void application_that_the_filter_does_not_match_is_forbidden(void **state)
{
	struct broadcast *broadcast = filtered("^(alpha|gamma)$", LONG_MS);

	(void) state;
	assert_int_equal(claim(broadcast, "beta"), BROADCAST_FORBIDDEN);
	assert_int_equal(claim(broadcast, "alpha2"), BROADCAST_FORBIDDEN);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	assert_int_equal(claim(broadcast, "alpha"), BROADCAST_OK);
	broadcast_unref(broadcast);
}

static void any_claimant_is_asked_for_nothing_but_a_name(void **state)
{
	struct app_filter *filter = app_filter_get("^alpha$", NULL, 0);
	struct names *recipients = names_of("alpha", NULL);
	struct names *excluded = names_of("beta", NULL);
	struct broadcast_terms terms = { .channel_id = "chan",
		.timeout_ms = LONG_MS,
		.filter = filter,
		.recipients = recipients,
		.excluded = excluded,
		.any_claimant = 1 };
	struct broadcast *broadcast = announced(&terms);

	(void) state;
	app_filter_unref(filter);
	names_unref(recipients);
	names_unref(excluded);
	assert_int_equal(claim(broadcast, ""), BROADCAST_FORBIDDEN);
	assert_int_equal(claim(broadcast, "beta"), BROADCAST_FORBIDDEN);
	assert_true(broadcast_may_claim(broadcast, "stranger", nobody));
	assert_int_equal(broadcast_decline(broadcast, "stranger", nobody), BROADCAST_OK);
	assert_int_equal(broadcast_claim(broadcast, "stranger", nobody), BROADCAST_OK);
	assert_winner(broadcast, "stranger");
	broadcast_unref(broadcast);
}

/*! \brief Rule 5 asks who is registered now, not who was when it was offered. */
static void application_that_came_later_may_claim(void **state)
{
	struct broadcast *broadcast = filtered("^(alpha|gamma)$", LONG_MS);

	(void) state;
	assert_int_equal(claim(broadcast, "gamma"), BROADCAST_OK);
	assert_winner(broadcast, "gamma");
	broadcast_unref(broadcast);
}

static void null_and_empty_name_get_nothing(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", LONG_MS);

	(void) state;
	assert_int_not_equal(claim(broadcast, NULL), BROADCAST_OK);
	assert_int_not_equal(claim(broadcast, ""), BROADCAST_OK);
	assert_int_not_equal(decline(broadcast, NULL), BROADCAST_OK);
	assert_int_not_equal(decline(broadcast, ""), BROADCAST_OK);
	assert_false(broadcast_may_claim(broadcast, NULL, NULL));
	assert_false(broadcast_may_claim(broadcast, "", NULL));
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	assert_int_equal(claim(broadcast, "alpha"), BROADCAST_OK);
	assert_int_not_equal(claim(broadcast, NULL), BROADCAST_OK);
	assert_int_not_equal(claim(broadcast, ""), BROADCAST_OK);
	broadcast_unref(broadcast);
}

static void winner_that_retries_hears_yes(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", LONG_MS);
	int first = -1;

	(void) state;
	assert_int_equal(claim(broadcast, "alpha"), BROADCAST_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(claim_first(broadcast, "alpha", NULL, &first), BROADCAST_OK);
		assert_int_equal(first, 0);
	}
	/* Its WebSocket may be gone for a moment: it is the winner all the same. */
	assert_int_equal(broadcast_claim(broadcast, "alpha", nobody), BROADCAST_OK);
	broadcast_unref(broadcast);
}

static void loser_hears_taken(void **state)
{
	struct broadcast *broadcast = filtered("a", LONG_MS);
	int first = -1;

	(void) state;
	assert_int_equal(claim(broadcast, "alpha"), BROADCAST_OK);
	assert_int_equal(claim_first(broadcast, "beta", NULL, &first), BROADCAST_TAKEN);
	assert_int_equal(first, 0);
	assert_int_equal(claim(broadcast, "Alpha"), BROADCAST_TAKEN);
	assert_int_equal(claim(broadcast, "alph"), BROADCAST_TAKEN);
	assert_winner(broadcast, "alpha");
	broadcast_unref(broadcast);
}

static void claim_then_close_keeps_the_winner(void **state)
{
	static const enum broadcast_state reasons[] = { BROADCAST_HUNG_UP, BROADCAST_WITHDRAWN,
		BROADCAST_REPLACED, BROADCAST_GONE };

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		struct broadcast *broadcast = broadcast_of("chan", LONG_MS);

		assert_int_equal(claim(broadcast, "alpha"), BROADCAST_OK);
		assert_int_equal(broadcast_close(broadcast, reasons[i]), BROADCAST_CLAIMED);
		assert_int_equal(broadcast_state(broadcast), BROADCAST_CLAIMED);
		assert_winner(broadcast, "alpha");
		assert_int_equal(claim(broadcast, "alpha"), BROADCAST_OK);
		assert_int_equal(claim(broadcast, "beta"), BROADCAST_TAKEN);
		broadcast_unref(broadcast);
	}
}

static void close_then_claim_is_too_late(void **state)
{
	(void) state;
	for (int way = 1; way < WAYS; way++) {
		struct broadcast *broadcast = broadcast_of("chan", time_for_way(way));
		enum broadcast_state closed = close_in_way(broadcast, way);

		assert_int_equal(claim(broadcast, "alpha"), BROADCAST_CLOSED);
		assert_int_equal(claim(broadcast, "beta"), BROADCAST_CLOSED);
		assert_int_equal(broadcast_claim(broadcast, "gamma", nobody), BROADCAST_CLOSED);
		assert_int_equal(broadcast_state(broadcast), closed);
		assert_winner(broadcast, NULL);
		broadcast_unref(broadcast);
	}
}

/* What happens while a claim asks whether its application is registered */

static struct broadcast *asked;

static int registered_but_caller_hangs_up(const char *app)
{
	(void) app;
	assert_int_equal(broadcast_close(asked, BROADCAST_HUNG_UP), BROADCAST_HUNG_UP);
	return 1;
}

static int registered_but_beta_is_faster(const char *app)
{
	(void) app;
	assert_int_equal(claim(asked, "beta"), BROADCAST_OK);
	claims_won = 0;
	return 1;
}

static int registered_but_claimed_by_its_own_retry(const char *app)
{
	assert_int_equal(claim(asked, app), BROADCAST_OK);
	claims_won = 0;
	return 1;
}

static int registered_but_the_deadline_passes(const char *app)
{
	(void) app;
	wait_for_deadline(asked);
	return 1;
}

static int registered_but_all_decline(const char *app)
{
	(void) app;
	assert_int_equal(decline(asked, "alpha"), BROADCAST_OK);
	assert_int_equal(decline(asked, "beta"), BROADCAST_OK);
	return 1;
}

static void claim_checks_again_after_asking(void **state)
{
	static const struct {
		int (*is_registered)(const char *app);
		enum broadcast_result answer;
		enum broadcast_state state;
		const char *winner;
	} rows[] = {
		{ registered_but_caller_hangs_up, BROADCAST_CLOSED, BROADCAST_HUNG_UP, NULL },
		{ registered_but_beta_is_faster, BROADCAST_TAKEN, BROADCAST_CLAIMED, "beta" },
		{ registered_but_claimed_by_its_own_retry, BROADCAST_OK, BROADCAST_CLAIMED, "alpha" },
		{ registered_but_the_deadline_passes, BROADCAST_CLOSED, BROADCAST_EXPIRED, NULL },
		{ registered_but_all_decline, BROADCAST_CLOSED, BROADCAST_DECLINED, NULL },
	};

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int expires = rows[i].is_registered == registered_but_the_deadline_passes;
		int first = -1;

		asked = broadcast_of("chan", expires ? 200 : LONG_MS);
		assert_int_equal(claim_first(asked, "alpha", rows[i].is_registered, &first), rows[i].answer);
		assert_int_equal(first, 0);
		assert_int_equal(broadcast_state(asked), rows[i].state);
		assert_winner(asked, rows[i].winner);
		broadcast_unref(asked);
	}
}

static void decline_checks_again_after_asking(void **state)
{
	(void) state;
	asked = broadcast_of("chan", LONG_MS);
	assert_int_equal(broadcast_decline(asked, "alpha", registered_but_beta_is_faster), BROADCAST_TAKEN);
	assert_winner(asked, "beta");
	broadcast_unref(asked);
	asked = broadcast_of("chan", LONG_MS);
	assert_int_equal(broadcast_decline(asked, "alpha", registered_but_caller_hangs_up), BROADCAST_CLOSED);
	assert_int_equal(broadcast_state(asked), BROADCAST_HUNG_UP);
	broadcast_unref(asked);
	/* The last one's decline comes too late to be what ends it. */
	asked = broadcast_of("chan", 200);
	assert_int_equal(decline(asked, "beta"), BROADCAST_OK);
	assert_int_equal(broadcast_decline(asked, "alpha", registered_but_the_deadline_passes), BROADCAST_CLOSED);
	assert_int_equal(broadcast_state(asked), BROADCAST_EXPIRED);
	broadcast_unref(asked);
}

/*! \brief The first to ask after the deadline hears of it, also one that has no say in the broadcast. */
static void who_has_no_say_hears_of_the_deadline_too(void **state)
{
	struct broadcast *broadcast;

	(void) state;
	for (int way = 0; way < 3; way++) {
		broadcast = broadcast_of("chan", 2);
		wait_for_deadline(broadcast);
		switch (way) {
		case 0:
			assert_int_equal(broadcast_claim(broadcast, "alpha", nobody), BROADCAST_CLOSED);
			break;
		case 1:
			assert_int_equal(broadcast_decline(broadcast, "alpha", nobody), BROADCAST_CLOSED);
			break;
		default:
			assert_false(broadcast_may_claim(broadcast, "alpha", NULL));
			break;
		}
		broadcast_unref(broadcast);
	}
}

/* Declines */

static void last_recipients_decline_closes(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", LONG_MS);

	(void) state;
	assert_int_equal(decline(broadcast, "beta"), BROADCAST_OK);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	assert_int_equal(decline(broadcast, "alpha"), BROADCAST_OK);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_DECLINED);
	assert_int_equal(claim(broadcast, "alpha"), BROADCAST_CLOSED);
	broadcast_unref(broadcast);
}

static void decline_again_is_yes_and_counts_once(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", LONG_MS);

	(void) state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(decline(broadcast, "alpha"), BROADCAST_OK);
	}
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	assert_int_equal(decline(broadcast, "beta"), BROADCAST_OK);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_DECLINED);
	/* The last one's HTTP client retries. */
	assert_int_equal(decline(broadcast, "beta"), BROADCAST_OK);
	assert_int_equal(decline(broadcast, "gamma"), BROADCAST_CLOSED);
	broadcast_unref(broadcast);
}

static void decline_by_one_that_was_not_offered_it_does_not_count(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", LONG_MS);
	struct broadcast_snapshot snapshot;

	(void) state;
	assert_int_equal(decline(broadcast, "gamma"), BROADCAST_OK);
	assert_int_equal(decline(broadcast, "delta"), BROADCAST_OK);
	assert_int_equal(decline(broadcast, "alpha"), BROADCAST_OK);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	broadcast_get_snapshot(broadcast, &snapshot);
	assert_int_equal(names_count(snapshot.declined), 1);
	broadcast_snapshot_clear(&snapshot);
	assert_int_equal(decline(broadcast, "beta"), BROADCAST_OK);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_DECLINED);
	broadcast_unref(broadcast);
}

static void decline_by_one_that_may_not_claim_is_forbidden(void **state)
{
	struct broadcast *broadcast = filtered("^alpha|^beta", LONG_MS);

	(void) state;
	assert_int_equal(decline(broadcast, "gamma"), BROADCAST_FORBIDDEN);
	assert_int_equal(broadcast_decline(broadcast, "beta", only_alpha), BROADCAST_FORBIDDEN);
	assert_int_equal(broadcast_decline(broadcast, "alpha", nobody), BROADCAST_FORBIDDEN);
	assert_int_equal(broadcast_decline(broadcast, "alpha", only_alpha), BROADCAST_OK);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	broadcast_unref(broadcast);
}

static void decline_after_a_claim_is_taken(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", LONG_MS);

	(void) state;
	assert_int_equal(claim(broadcast, "alpha"), BROADCAST_OK);
	assert_int_equal(decline(broadcast, "beta"), BROADCAST_TAKEN);
	assert_int_equal(decline(broadcast, "alpha"), BROADCAST_TAKEN);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_CLAIMED);
	broadcast_unref(broadcast);
}

static void decline_after_another_close_is_too_late(void **state)
{
	static const int ways[] = { 1, 2, 4 };

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct broadcast *broadcast = broadcast_of("chan", time_for_way(ways[i]));
		enum broadcast_state closed = close_in_way(broadcast, ways[i]);

		assert_int_equal(decline(broadcast, "alpha"), BROADCAST_CLOSED);
		assert_int_equal(broadcast_state(broadcast), closed);
		broadcast_unref(broadcast);
	}
}

static void who_declined_may_still_claim(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", LONG_MS);

	(void) state;
	assert_int_equal(decline(broadcast, "alpha"), BROADCAST_OK);
	assert_int_equal(claim(broadcast, "alpha"), BROADCAST_OK);
	assert_winner(broadcast, "alpha");
	broadcast_unref(broadcast);
}

/* Closing, the state and the time */

static void first_close_is_the_only_one(void **state)
{
	(void) state;
	for (int way = 0; way < WAYS; way++) {
		struct broadcast *broadcast = broadcast_of("chan", time_for_way(way));
		enum broadcast_state closed = close_in_way(broadcast, way);
		int64_t closed_ns;

		assert_int_equal(broadcast_close(broadcast, BROADCAST_HUNG_UP), closed);
		closed_ns = broadcast_closed_ns(broadcast);
		assert_true(closed_ns > 0 && closed_ns <= broadcast_clock_ns());
		assert_int_equal(broadcast_close(broadcast, BROADCAST_WITHDRAWN), closed);
		assert_int_equal(broadcast_state(broadcast), closed);
		assert_true(broadcast_closed_ns(broadcast) == closed_ns);
		broadcast_unref(broadcast);
	}
}

static void who_waits_for_what_remains_finds_it_expired(void **state)
{
	(void) state;
	for (int i = 0; i < 100; i++) {
		int64_t began = broadcast_clock_ns();
		struct broadcast *broadcast = broadcast_of("chan", 1 + i % 3);
		int fd = broadcast_wake_open(broadcast);

		assert_true(fd >= 0);
		readable(fd, broadcast_remaining_ms(broadcast));
		assert_int_equal(broadcast_state(broadcast), BROADCAST_EXPIRED);
		assert_true(broadcast_clock_ns() - began >= (1 + i % 3) * INT64_C(1000000));
		broadcast_wake_close(broadcast);
		broadcast_unref(broadcast);
	}
}

static void remaining_time_never_grows(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", 20);
	int last = 20;

	(void) state;
	while (last > 0) {
		int remaining = broadcast_remaining_ms(broadcast);

		assert_in_range(remaining, 0, last);
		last = remaining;
		poll(NULL, 0, 1);
	}
	broadcast_unref(broadcast);
}

/* Rule 7 */

static void asking_for_the_winner_changes_nothing(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", LONG_MS);
	char *one, *two;

	(void) state;
	assert_winner(broadcast, NULL);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	assert_int_equal(claim(broadcast, "alpha"), BROADCAST_OK);
	one = broadcast_winner(broadcast);
	two = broadcast_winner(broadcast);
	assert_ptr_not_equal(one, two);
	one[0] = 'X';
	assert_string_equal(two, "alpha");
	free(one);
	free(two);
	assert_winner(broadcast, "alpha");
	assert_int_equal(claim(broadcast, "beta"), BROADCAST_TAKEN);
	broadcast_unref(broadcast);
}

static void asking_for_the_winner_does_not_expire_it(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", 1);

	(void) state;
	wait_for_deadline(broadcast);
	assert_winner(broadcast, NULL);
	assert_int_equal(broadcast_closed_ns(broadcast), 0);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_EXPIRED);
	broadcast_unref(broadcast);
}

/* The wake-up */

static void every_close_wakes(void **state)
{
	(void) state;
	for (int way = 0; way < WAYS; way++) {
		struct broadcast *broadcast = broadcast_of("chan", way == 1 ? 100 : LONG_MS);
		int fd = broadcast_wake_open(broadcast);

		assert_true(fd >= 0);
		assert_false(readable(fd, 0));
		close_in_way(broadcast, way);
		assert_int_not_equal(broadcast_state(broadcast), BROADCAST_OPEN);
		assert_true(readable(fd, 0));
		assert_true(readable(fd, 0));
		broadcast_wake_close(broadcast);
		broadcast_unref(broadcast);
	}
}

static void descriptor_opened_after_the_close_is_readable(void **state)
{
	(void) state;
	for (int way = 0; way < WAYS; way++) {
		struct broadcast *broadcast = broadcast_of("chan", time_for_way(way));

		close_in_way(broadcast, way);
		assert_int_not_equal(broadcast_state(broadcast), BROADCAST_OPEN);
		assert_true(readable(broadcast_wake_open(broadcast), 0));
		broadcast_wake_close(broadcast);
		broadcast_unref(broadcast);
	}
}

static void answers_that_change_nothing_do_not_wake(void **state)
{
	struct broadcast *broadcast = filtered("alpha|beta", LONG_MS);
	int fd = broadcast_wake_open(broadcast);

	(void) state;
	assert_int_equal(claim(broadcast, "gamma"), BROADCAST_FORBIDDEN);
	assert_int_equal(decline(broadcast, "alpha"), BROADCAST_OK);
	assert_winner(broadcast, NULL);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	assert_false(readable(fd, 0));
	broadcast_wake_close(broadcast);
	broadcast_unref(broadcast);
}

static void all_who_wait_share_one_descriptor(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", LONG_MS);
	int before = open_fds();
	int fd = broadcast_wake_open(broadcast);

	(void) state;
	assert_int_equal(broadcast_wake_open(broadcast), fd);
	assert_int_equal(broadcast_wake_open(broadcast), fd);
	assert_int_equal(open_fds(), before + 1);
	broadcast_wake_close(broadcast);
	broadcast_wake_close(broadcast);
	assert_int_equal(open_fds(), before + 1);
	assert_false(readable(fd, 0));
	claim(broadcast, "alpha");
	assert_true(readable(fd, 0));
	broadcast_wake_close(broadcast);
	assert_int_equal(open_fds(), before);
	broadcast_unref(broadcast);
	assert_int_equal(open_fds(), before);
}

static void no_descriptor_is_left_open(void **state)
{
	int before = open_fds();

	(void) state;
	for (int i = 0; i < 3000; i++) {
		struct broadcast *broadcast = broadcast_of("chan", i % WAYS == 1 ? 0 : LONG_MS);

		if (i % 3) {
			broadcast_wake_open(broadcast);
		}
		close_in_way(broadcast, i % WAYS);
		if (i % 3 == 2) {
			broadcast_wake_open(broadcast);
			broadcast_wake_close(broadcast);
		}
		if (i % 3) {
			broadcast_wake_close(broadcast);
		}
		broadcast_unref(broadcast);
	}
	assert_int_equal(open_fds(), before);
}

static void live_call_that_nobody_waits_for_has_no_descriptor(void **state)
{
	struct broadcast *broadcasts[100];
	int before = open_fds();

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(broadcasts); i++) {
		broadcasts[i] = broadcast_of("chan", LONG_MS);
		broadcast_wake_open(broadcasts[i]);
		broadcast_wake_close(broadcasts[i]);
		if (i % 2) {
			claim(broadcasts[i], "alpha");
		}
	}
	assert_int_equal(open_fds(), before);
	for (size_t i = 0; i < ARRAY_LEN(broadcasts); i++) {
		broadcast_unref(broadcasts[i]);
	}
}

static void without_descriptors_it_says_so_and_recovers(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", LONG_MS);
	struct rlimit old, none;

	(void) state;
	getrlimit(RLIMIT_NOFILE, &old);
	none = old;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	errno = 0;
	assert_int_equal(broadcast_wake_open(broadcast), -1);
	assert_int_equal(errno, EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(claim(broadcast, "alpha"), BROADCAST_OK);
	assert_true(readable(broadcast_wake_open(broadcast), 0));
	broadcast_wake_close(broadcast);
	broadcast_unref(broadcast);
}

static void *wait_for_close(void *data)
{
	struct broadcast *broadcast = data;
	int fd = broadcast_wake_open(broadcast);
	int woken = fd >= 0 && readable(fd, TEST_PATIENCE_MS);

	broadcast_wake_close(broadcast);
	return (void *) (intptr_t) (woken && broadcast_state(broadcast) != BROADCAST_OPEN);
}

static void every_waiting_thread_wakes(void **state)
{
	(void) state;
	for (int round = 0; round < 50; round++) {
		struct broadcast *broadcast = broadcast_of("chan", LONG_MS);
		pthread_t threads[4];

		for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
			assert_int_equal(pthread_create(&threads[i], NULL, wait_for_close, broadcast), 0);
		}
		close_in_way(broadcast, round % 2 ? 0 : 2 + round / 2 % 3);
		for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
			void *woken;

			pthread_join(threads[i], &woken);
			assert_non_null(woken);
		}
		broadcast_unref(broadcast);
	}
}

/* The data */

static int freed;

static void free_data(void *data)
{
	assert_ptr_equal(data, &freed);
	freed++;
}

static struct broadcast *loaded(int timeout_ms)
{
	struct names *recipients = names_of("alpha", "beta", NULL);
	struct broadcast_terms terms = { .channel_id = "chan",
		.timeout_ms = timeout_ms,
		.recipients = recipients,
		.data = &freed,
		.free_data = free_data };
	struct broadcast *broadcast = announced(&terms);

	names_unref(recipients);
	assert_non_null(broadcast);
	freed = 0;
	return broadcast;
}

static void data_lives_as_long_as_the_broadcast(void **state)
{
	(void) state;
	for (int way = 0; way < WAYS; way++) {
		struct broadcast *broadcast = loaded(time_for_way(way));

		close_in_way(broadcast, way);
		assert_int_equal(freed, 0);
		assert_ptr_equal(broadcast_data(broadcast), &freed);
		broadcast_ref(broadcast);
		broadcast_unref(broadcast);
		assert_int_equal(freed, 0);
		broadcast_unref(broadcast);
		assert_int_equal(freed, 1);
	}
}

static void data_stays_the_callers_when_making_fails(void **state)
{
	struct broadcast_terms terms = {
		.channel_id = "", .timeout_ms = 100, .data = &freed, .free_data = free_data
	};

	(void) state;
	freed = 0;
	assert_null(broadcast_create(&terms));
	assert_int_equal(freed, 0);
}

static void data_of_an_offer_to_nobody_is_freed(void **state)
{
	struct broadcast_terms terms = {
		.channel_id = "chan", .timeout_ms = 100, .data = &freed, .free_data = free_data
	};

	(void) state;
	freed = 0;
	broadcast_unref(announced(&terms));
	assert_int_equal(freed, 1);
}

/* The ID that its channel has now */

static void channel_that_moved_is_in_the_snapshot(void **state)
{
	struct broadcast *broadcast = loaded(LONG_MS);
	struct broadcast_snapshot snapshot;

	(void) state;
	broadcast_get_snapshot(broadcast, &snapshot);
	assert_null(snapshot.moved_to);
	broadcast_snapshot_clear(&snapshot);
	assert_int_equal(broadcast_set_moved(broadcast, "other"), 0);
	assert_int_equal(broadcast_set_moved(broadcast, "third"), 0);
	broadcast_get_snapshot(broadcast, &snapshot);
	assert_string_equal(snapshot.moved_to, "third");
	assert_string_equal(broadcast_channel_id(broadcast), "chan");
	broadcast_snapshot_clear(&snapshot);
	broadcast_unref(broadcast);
}

/* Snapshots */

static void snapshot_of_an_open_one(void **state)
{
	struct broadcast *broadcast = filtered("a$", 60000);
	struct broadcast_snapshot snapshot;

	(void) state;
	decline(broadcast, "beta");
	broadcast_get_snapshot(broadcast, &snapshot);
	assert_int_equal(snapshot.state, BROADCAST_OPEN);
	assert_int_equal(snapshot.timeout_ms, 60000);
	assert_in_range(snapshot.remaining_ms, 1, 60000);
	assert_int_equal(names_count(snapshot.recipients), 2);
	assert_int_equal(names_count(snapshot.declined), 1);
	assert_string_equal(names_at(snapshot.declined, 0), "beta");
	assert_null(snapshot.winner);
	broadcast_snapshot_clear(&snapshot);
	broadcast_unref(broadcast);
}

static void snapshot_of_a_claimed_one(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", 60000);
	struct broadcast_snapshot snapshot;

	(void) state;
	claim(broadcast, "beta");
	broadcast_get_snapshot(broadcast, &snapshot);
	broadcast_unref(broadcast);
	assert_int_equal(snapshot.state, BROADCAST_CLAIMED);
	assert_int_equal(snapshot.remaining_ms, 0);
	assert_null(snapshot.declined);
	assert_int_equal(names_find(snapshot.recipients, "alpha"), 0);
	assert_string_equal(snapshot.winner, "beta");
	broadcast_snapshot_clear(&snapshot);
}

static void snapshot_expires_what_has_run_out(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", 1);
	struct broadcast_snapshot snapshot;

	(void) state;
	wait_for_deadline(broadcast);
	broadcast_get_snapshot(broadcast, &snapshot);
	assert_int_equal(snapshot.state, BROADCAST_EXPIRED);
	assert_int_equal(snapshot.remaining_ms, 0);
	assert_null(snapshot.winner);
	broadcast_snapshot_clear(&snapshot);
	broadcast_unref(broadcast);
}

static void may_claim_says_what_a_claim_would_be_answered(void **state)
{
	struct broadcast *broadcast = filtered("^(alpha|beta|gamma)$", LONG_MS);

	(void) state;
	assert_true(broadcast_may_claim(broadcast, "alpha", NULL));
	assert_true(broadcast_may_claim(broadcast, "alpha", only_alpha));
	assert_true(broadcast_may_claim(broadcast, "gamma", NULL));
	assert_false(broadcast_may_claim(broadcast, "beta", only_alpha));
	assert_false(broadcast_may_claim(broadcast, "delta", NULL));
	assert_int_equal(broadcast_state(broadcast), BROADCAST_OPEN);
	broadcast_close(broadcast, BROADCAST_HUNG_UP);
	assert_false(broadcast_may_claim(broadcast, "alpha", NULL));
	broadcast_unref(broadcast);
}

/* Threads */

#define CROWD 4
#define BATCH 500

/*! \brief Broadcasts that several threads act on at the same time, a batch after the other. */
struct crowd {
	pthread_barrier_t start, end;
	struct broadcast *broadcasts[BATCH];
	enum broadcast_result answers[CROWD][BATCH];
	int firsts[CROWD][BATCH];
	enum broadcast_state closes[BATCH];
	/*! The last thread closes instead of claiming. */
	int last_closes;
	atomic_int done;
};

struct crowd_member {
	struct crowd *crowd;
	int number;
};

static void *crowd_member(void *data)
{
	static const char *const apps[CROWD] = { "alpha", "beta", "gamma", "delta" };
	struct crowd_member *member = data;
	struct crowd *crowd = member->crowd;
	int me = member->number;

	for (;;) {
		pthread_barrier_wait(&crowd->start);
		if (atomic_load(&crowd->done)) {
			return NULL;
		}
		for (int i = 0; i < BATCH; i++) {
			/* The threads do not start at the same moment: half of them come from the other end. */
			int at = me % 2 ? i : BATCH - 1 - i;

			if (me == CROWD - 1 && crowd->last_closes) {
				crowd->closes[at] = broadcast_close(crowd->broadcasts[at], BROADCAST_HUNG_UP);
			} else {
				crowd->answers[me][at] =
					claim_first(crowd->broadcasts[at], apps[me], NULL, &crowd->firsts[me][at]);
			}
		}
		pthread_barrier_wait(&crowd->end);
	}
}

/*! \brief Exactly one winner, or none if the close came first; everybody heard the same story. */
static void check_crowd(struct crowd *crowd, int at)
{
	static const char *const apps[CROWD] = { "alpha", "beta", "gamma", "delta" };
	int claimants = CROWD - crowd->last_closes, yes = 0, first = 0, taken = 0, closed = 0;

	for (int i = 0; i < claimants; i++) {
		if (crowd->answers[i][at] == BROADCAST_OK) {
			assert_winner(crowd->broadcasts[at], apps[i]);
			yes++;
		}
		first += crowd->firsts[i][at];
		taken += crowd->answers[i][at] == BROADCAST_TAKEN;
		closed += crowd->answers[i][at] == BROADCAST_CLOSED;
	}
	if (crowd->last_closes && crowd->closes[at] == BROADCAST_HUNG_UP) {
		assert_int_equal(closed, claimants);
		assert_winner(crowd->broadcasts[at], NULL);
	} else {
		assert_int_equal(yes, 1);
		assert_int_equal(first, 1);
		assert_int_equal(taken, claimants - 1);
		assert_int_equal(broadcast_state(crowd->broadcasts[at]), BROADCAST_CLAIMED);
	}
}

static void run_crowd(int last_closes, int rounds)
{
	static struct crowd crowd;
	struct crowd_member members[CROWD];
	pthread_t threads[CROWD];

	crowd.last_closes = last_closes;
	atomic_store(&crowd.done, 0);
	pthread_barrier_init(&crowd.start, NULL, CROWD + 1);
	pthread_barrier_init(&crowd.end, NULL, CROWD + 1);
	for (int i = 0; i < CROWD; i++) {
		members[i] = (struct crowd_member){ &crowd, i };
		assert_int_equal(pthread_create(&threads[i], NULL, crowd_member, &members[i]), 0);
	}
	for (int round = 0; round < rounds; round += BATCH) {
		for (int i = 0; i < BATCH; i++) {
			crowd.broadcasts[i] = broadcast_of("chan", LONG_MS);
		}
		pthread_barrier_wait(&crowd.start);
		pthread_barrier_wait(&crowd.end);
		for (int i = 0; i < BATCH; i++) {
			check_crowd(&crowd, i);
			broadcast_unref(crowd.broadcasts[i]);
		}
	}
	atomic_store(&crowd.done, 1);
	pthread_barrier_wait(&crowd.start);
	for (int i = 0; i < CROWD; i++) {
		pthread_join(threads[i], NULL);
	}
	pthread_barrier_destroy(&crowd.start);
	pthread_barrier_destroy(&crowd.end);
}

static void of_many_claims_exactly_one_wins(void **state)
{
	(void) state;
	run_crowd(0, 100000);
}

static void claim_and_hang_up_at_once_have_one_outcome(void **state)
{
	(void) state;
	run_crowd(1, 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(id_is_needed),
		cmocka_unit_test(null_broadcast_has_no_references),
		cmocka_unit_test(terms_are_copied),
		cmocka_unit_test(timeout_is_limited),
		cmocka_unit_test(deadline_of_another_holds),
		cmocka_unit_test(zero_and_negative_timeout_expire_at_once),
		cmocka_unit_test(day_long_timeout_stays_open),
		cmocka_unit_test(without_recipients_it_is_closed_at_once),
		cmocka_unit_test(claim_before_the_deadline_wins),
		cmocka_unit_test(claim_after_the_deadline_is_too_late),
		cmocka_unit_test(claimed_stays_claimed_after_the_deadline),
		cmocka_unit_test(unregistered_application_is_forbidden_and_the_offer_goes_on),
		cmocka_unit_test(application_that_is_left_out_is_forbidden),
		cmocka_unit_test(application_that_the_filter_does_not_match_is_forbidden),
		cmocka_unit_test(any_claimant_is_asked_for_nothing_but_a_name),
		cmocka_unit_test(application_that_came_later_may_claim),
		cmocka_unit_test(null_and_empty_name_get_nothing),
		cmocka_unit_test(winner_that_retries_hears_yes),
		cmocka_unit_test(loser_hears_taken),
		cmocka_unit_test(claim_then_close_keeps_the_winner),
		cmocka_unit_test(close_then_claim_is_too_late),
		cmocka_unit_test(claim_checks_again_after_asking),
		cmocka_unit_test(decline_checks_again_after_asking),
		cmocka_unit_test(who_has_no_say_hears_of_the_deadline_too),
		cmocka_unit_test(last_recipients_decline_closes),
		cmocka_unit_test(decline_again_is_yes_and_counts_once),
		cmocka_unit_test(decline_by_one_that_was_not_offered_it_does_not_count),
		cmocka_unit_test(decline_by_one_that_may_not_claim_is_forbidden),
		cmocka_unit_test(decline_after_a_claim_is_taken),
		cmocka_unit_test(decline_after_another_close_is_too_late),
		cmocka_unit_test(who_declined_may_still_claim),
		cmocka_unit_test(first_close_is_the_only_one),
		cmocka_unit_test(who_waits_for_what_remains_finds_it_expired),
		cmocka_unit_test(remaining_time_never_grows),
		cmocka_unit_test(asking_for_the_winner_changes_nothing),
		cmocka_unit_test(asking_for_the_winner_does_not_expire_it),
		cmocka_unit_test(every_close_wakes),
		cmocka_unit_test(descriptor_opened_after_the_close_is_readable),
		cmocka_unit_test(answers_that_change_nothing_do_not_wake),
		cmocka_unit_test(all_who_wait_share_one_descriptor),
		cmocka_unit_test(no_descriptor_is_left_open),
		cmocka_unit_test(live_call_that_nobody_waits_for_has_no_descriptor),
		cmocka_unit_test(without_descriptors_it_says_so_and_recovers),
		cmocka_unit_test(every_waiting_thread_wakes),
		cmocka_unit_test(data_lives_as_long_as_the_broadcast),
		cmocka_unit_test(data_stays_the_callers_when_making_fails),
		cmocka_unit_test(data_of_an_offer_to_nobody_is_freed),
		cmocka_unit_test(channel_that_moved_is_in_the_snapshot),
		cmocka_unit_test(snapshot_of_an_open_one),
		cmocka_unit_test(snapshot_of_a_claimed_one),
		cmocka_unit_test(snapshot_expires_what_has_run_out),
		cmocka_unit_test(may_claim_says_what_a_claim_would_be_answered),
		cmocka_unit_test(of_many_claims_exactly_one_wins),
		cmocka_unit_test(claim_and_hang_up_at_once_have_one_outcome),
	};

	alarm(TEST_HANG_S);
	return cmocka_run_group_tests_name("broadcast", tests, NULL, NULL);
}
