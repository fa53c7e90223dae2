/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Bids: the most suitable wins, at the end of the window or as soon as all have answered, and claims wait for it.
 */

#include "core_test.h"

#include <limits.h>
#include <pthread.h>

#define DAY_MS (24 * 60 * 60 * 1000)

/*! \brief A broadcast that collects bids, offered to "alpha", "beta" and "gamma". */
static struct broadcast *collecting(int timeout_ms, int window_ms)
{
	struct names *recipients = names_of("alpha", "beta", "gamma", NULL);
	struct broadcast_terms terms = {
		.channel_id = "chan", .timeout_ms = timeout_ms, .recipients = recipients, .bid_window_ms = window_ms
	};
	struct broadcast *broadcast = announced(&terms);

	names_unref(recipients);
	assert_non_null(broadcast);
	return broadcast;
}

static void bid(struct broadcast *broadcast, const char *app, int score)
{
	assert_int_equal(broadcast_bid(broadcast, app, score, NULL), BROADCAST_OK);
}

static void decline(struct broadcast *broadcast, const char *app)
{
	assert_int_equal(broadcast_decline(broadcast, app, NULL), BROADCAST_OK);
}

/*! \brief Who has it; "" if it is still open. */
static void expect_winner(struct broadcast *broadcast, const char *winner, int score)
{
	char *name;

	assert_int_equal(broadcast_state(broadcast), *winner ? BROADCAST_CLAIMED : BROADCAST_OPEN);
	name = broadcast_winner(broadcast);
	assert_string_equal(name ? name : "", winner);
	assert_int_equal(broadcast_winner_score(broadcast), score);
	free(name);
}

static int64_t award_ns(struct broadcast *broadcast)
{
	struct broadcast_duty duty;

	broadcast_attend(broadcast, &duty);
	return duty.award_ns;
}

/*! \brief Sleep until its bids are decided by time. */
static void wait_for_award(struct broadcast *broadcast)
{
	int64_t end = award_ns(broadcast);

	assert_true(end);
	while (broadcast_clock_ns() < end) {
		poll(NULL, 0, 1);
	}
}

static void highest_wins_as_soon_as_all_have_bid(void **state)
{
	struct broadcast *broadcast = collecting(DAY_MS, 5000);

	(void) state;
	assert_int_equal(broadcast_bid_window_ms(broadcast), 5000);
	assert_int_equal(award_ns(broadcast), 0);
	bid(broadcast, "alpha", 10);
	assert_int_not_equal(award_ns(broadcast), 0);
	bid(broadcast, "beta", 30);
	expect_winner(broadcast, "", -1);
	/* It is noted, though another one wins by it. */
	bid(broadcast, "gamma", 20);
	expect_winner(broadcast, "beta", 30);
	/* A retry of the winner's, by bid and by claim; the others are too late. */
	assert_int_equal(broadcast_bid(broadcast, "beta", 5, NULL), BROADCAST_OK);
	assert_int_equal(broadcast_claim(broadcast, "beta", NULL), BROADCAST_OK);
	assert_int_equal(broadcast_bid(broadcast, "gamma", 1000, NULL), BROADCAST_TAKEN);
	assert_int_equal(broadcast_claim(broadcast, "alpha", NULL), BROADCAST_TAKEN);
	expect_winner(broadcast, "beta", 30);
	broadcast_unref(broadcast);
}

static void window_ends(void **state)
{
	struct broadcast *broadcast = collecting(DAY_MS, 20);
	int fd = broadcast_wake_open(broadcast);

	(void) state;
	bid(broadcast, "alpha", 10);
	/* Who waits has to know when it ends. */
	assert_true(readable(fd, TEST_PATIENCE_MS));
	wait_for_award(broadcast);
	assert_false(readable(fd, 0));
	/* Too late, whichever thread sees to the award. */
	assert_int_equal(broadcast_bid(broadcast, "beta", 30, NULL), BROADCAST_TAKEN);
	expect_winner(broadcast, "alpha", 10);
	assert_true(readable(fd, 0));
	broadcast_wake_close(broadcast);
	broadcast_unref(broadcast);
}

static void deadline_awards_what_there_is(void **state)
{
	struct broadcast *broadcast = collecting(20, 5000);
	struct broadcast *without = collecting(20, 5000);

	(void) state;
	bid(broadcast, "gamma", 0);
	wait_for_deadline(broadcast);
	wait_for_deadline(without);
	expect_winner(broadcast, "gamma", 0);
	assert_int_equal(broadcast_state(without), BROADCAST_EXPIRED);
	assert_int_equal(broadcast_bid(without, "alpha", 9, NULL), BROADCAST_CLOSED);
	broadcast_unref(broadcast);
	broadcast_unref(without);
}

static void last_score_counts(void **state)
{
	struct broadcast *broadcast = collecting(DAY_MS, 5000);
	int64_t end;

	(void) state;
	bid(broadcast, "alpha", 50);
	end = award_ns(broadcast);
	bid(broadcast, "alpha", 50);
	bid(broadcast, "alpha", 5);
	bid(broadcast, "beta", 7);
	/* From the first bid on the window runs. */
	assert_int_equal(award_ns(broadcast), end);
	decline(broadcast, "gamma");
	expect_winner(broadcast, "beta", 7);
	broadcast_unref(broadcast);
}

static void equal_scores_go_by_the_list(void **state)
{
	struct broadcast *broadcast = collecting(DAY_MS, 5000);

	(void) state;
	/* One that came late and was not offered it is behind all that were. */
	bid(broadcast, "delta", 8);
	bid(broadcast, "gamma", 8);
	bid(broadcast, "beta", 8);
	decline(broadcast, "alpha");
	expect_winner(broadcast, "beta", 8);
	broadcast_unref(broadcast);
}

static void decline_takes_a_bid_back(void **state)
{
	struct broadcast *broadcast = collecting(DAY_MS, 5000);

	(void) state;
	bid(broadcast, "alpha", 900);
	decline(broadcast, "alpha");
	/* Without a bid no window runs. */
	assert_int_equal(award_ns(broadcast), 0);
	bid(broadcast, "beta", 1);
	decline(broadcast, "gamma");
	expect_winner(broadcast, "beta", 1);
	broadcast_unref(broadcast);

	broadcast = collecting(DAY_MS, 5000);
	bid(broadcast, "alpha", 1);
	decline(broadcast, "alpha");
	decline(broadcast, "beta");
	decline(broadcast, "gamma");
	assert_int_equal(broadcast_state(broadcast), BROADCAST_DECLINED);
	broadcast_unref(broadcast);
}

static void bid_takes_a_decline_back(void **state)
{
	struct broadcast *broadcast = collecting(DAY_MS, 5000);
	struct broadcast_snapshot snapshot;

	(void) state;
	decline(broadcast, "alpha");
	bid(broadcast, "alpha", 3);
	decline(broadcast, "beta");
	expect_winner(broadcast, "", -1);
	decline(broadcast, "gamma");
	expect_winner(broadcast, "alpha", 3);
	broadcast_get_snapshot(broadcast, &snapshot);
	assert_int_equal(names_count(snapshot.declined), 2);
	broadcast_snapshot_clear(&snapshot);
	broadcast_unref(broadcast);
}

static void bid_of_one_that_becomes_a_recipient_counts_as_its_answer(void **state)
{
	struct names *alpha = names_of("alpha", NULL);
	struct names *beta = names_of("beta", NULL);
	struct broadcast_terms terms = { .channel_id = "chan",
		.timeout_ms = DAY_MS,
		.recipients = alpha,
		.more_to_come = 1,
		.bid_window_ms = 5000 };
	struct broadcast *broadcast = announced(&terms);

	(void) state;
	bid(broadcast, "beta", 4);
	expect_winner(broadcast, "", -1);
	names_unref(broadcast_widen(broadcast, beta, 0));
	expect_winner(broadcast, "", -1);
	decline(broadcast, "alpha");
	expect_winner(broadcast, "beta", 4);
	broadcast_unref(broadcast);
	names_unref(alpha);
	names_unref(beta);
}

/*! The broadcast that is_registered_and_joins() widens. */
static struct broadcast *joined;

/*! \brief Asked between the moment at which an application comes and the one at which its answer is noted. */
static int is_registered_and_joins(const char *app)
{
	struct names *more = names_of(app, NULL);

	names_unref(broadcast_widen(joined, more, 0));
	names_unref(more);
	return 1;
}

/*! \brief Of a call that is offered to "alpha" at first, and has a bid of it. */
static struct broadcast *to_be_joined(void)
{
	struct names *alpha = names_of("alpha", NULL);
	struct broadcast_terms terms = { .channel_id = "chan",
		.timeout_ms = DAY_MS,
		.recipients = alpha,
		.more_to_come = 1,
		.bid_window_ms = 5000 };

	joined = announced(&terms);
	assert_non_null(joined);
	names_unref(alpha);
	return joined;
}

static void answer_of_one_that_joins_meanwhile_counts(void **state)
{
	struct broadcast *broadcast = to_be_joined();
	struct names *beta = names_of("beta", NULL);
	struct broadcast_snapshot snapshot;

	(void) state;
	/* All that it is offered to by then have answered: nothing is left to wait for. */
	names_unref(broadcast_widen(broadcast, beta, 1));
	bid(broadcast, "alpha", 1);
	assert_int_equal(broadcast_decline(broadcast, "gamma", is_registered_and_joins), BROADCAST_OK);
	expect_winner(broadcast, "", -1);
	broadcast_get_snapshot(broadcast, &snapshot);
	assert_int_equal(names_count(snapshot.recipients), 3);
	assert_int_equal(names_count(snapshot.declined), 1);
	broadcast_snapshot_clear(&snapshot);
	decline(broadcast, "beta");
	expect_winner(broadcast, "alpha", 1);
	/* Its retry is known, too. */
	assert_int_equal(broadcast_decline(broadcast, "gamma", NULL), BROADCAST_TAKEN);
	broadcast_unref(broadcast);

	broadcast = to_be_joined();
	names_unref(broadcast_widen(broadcast, beta, 1));
	decline(broadcast, "alpha");
	assert_int_equal(broadcast_bid(broadcast, "gamma", 7, is_registered_and_joins), BROADCAST_OK);
	expect_winner(broadcast, "", -1);
	decline(broadcast, "beta");
	expect_winner(broadcast, "gamma", 7);
	broadcast_unref(broadcast);

	/* Where it is the last one, it is its decline that closes, and its retry hears the same. */
	broadcast = to_be_joined();
	decline(broadcast, "alpha");
	assert_int_equal(broadcast_decline(broadcast, "gamma", is_registered_and_joins), BROADCAST_OK);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_DECLINED);
	assert_int_equal(broadcast_decline(broadcast, "gamma", NULL), BROADCAST_OK);
	broadcast_unref(broadcast);
	names_unref(beta);
}

static int nobody_is_registered(const char *app)
{
	(void) app;
	return 0;
}

static void who_may_not_claim_may_not_bid(void **state)
{
	struct broadcast *broadcast = collecting(DAY_MS, 5000);

	(void) state;
	assert_int_equal(broadcast_bid(broadcast, "alpha", 5, nobody_is_registered), BROADCAST_FORBIDDEN);
	assert_int_equal(broadcast_bid(broadcast, "", 5, NULL), BROADCAST_FORBIDDEN);
	assert_int_equal(broadcast_bid(broadcast, NULL, 5, NULL), BROADCAST_FORBIDDEN);
	assert_int_equal(award_ns(broadcast), 0);
	assert_int_equal(broadcast_close(broadcast, BROADCAST_HUNG_UP), BROADCAST_HUNG_UP);
	assert_int_equal(broadcast_bid(broadcast, "alpha", 5, NULL), BROADCAST_CLOSED);
	broadcast_unref(broadcast);
}

static void score_is_from_0_to_1000(void **state)
{
	struct broadcast *broadcast = collecting(DAY_MS, 5000);
	struct broadcast *other = broadcast_of("chan", DAY_MS);

	(void) state;
	assert_int_equal(broadcast_bid(broadcast, "alpha", -1, NULL), BROADCAST_FORBIDDEN);
	assert_int_equal(broadcast_bid(broadcast, "alpha", BROADCAST_MAX_SCORE + 1, NULL), BROADCAST_FORBIDDEN);
	assert_int_equal(award_ns(broadcast), 0);
	bid(broadcast, "alpha", 0);
	bid(broadcast, "beta", BROADCAST_MAX_SCORE);
	/* What cannot be read leaves the bid as it was. */
	assert_int_equal(broadcast_bid(broadcast, "beta", INT_MIN, NULL), BROADCAST_FORBIDDEN);
	decline(broadcast, "gamma");
	expect_winner(broadcast, "beta", BROADCAST_MAX_SCORE);
	/* Also where a bid is a claim. */
	assert_int_equal(broadcast_bid(other, "alpha", 1001, NULL), BROADCAST_FORBIDDEN);
	expect_winner(other, "", -1);
	broadcast_unref(broadcast);
	broadcast_unref(other);
}

static void bid_without_a_window_is_a_claim(void **state)
{
	struct broadcast *broadcast = broadcast_of("chan", DAY_MS);

	(void) state;
	assert_int_equal(broadcast_bid_window_ms(broadcast), 0);
	bid(broadcast, "alpha", 0);
	expect_winner(broadcast, "alpha", -1);
	assert_int_equal(broadcast_bid(broadcast, "beta", 1000, NULL), BROADCAST_TAKEN);
	broadcast_unref(broadcast);
}

static void nothing_is_awarded_after_the_close(void **state)
{
	struct broadcast *broadcast = collecting(DAY_MS, 20);

	(void) state;
	bid(broadcast, "alpha", 5);
	assert_int_equal(broadcast_close(broadcast, BROADCAST_WITHDRAWN), BROADCAST_WITHDRAWN);
	assert_int_equal(award_ns(broadcast) != 0, 1);
	poll(NULL, 0, 25);
	assert_int_equal(broadcast_state(broadcast), BROADCAST_WITHDRAWN);
	assert_null(broadcast_winner_name(broadcast));
	broadcast_unref(broadcast);
}

/*! \brief A broadcast for which "alpha" has bid 10, "gamma" 20, and "beta", whose it is, 30. */
static struct broadcast *won_by_beta(void)
{
	struct broadcast *first = collecting(DAY_MS, 5000);

	bid(first, "alpha", 10);
	bid(first, "beta", 30);
	bid(first, "gamma", 20);
	expect_winner(first, "beta", 30);
	return first;
}

static void next_best_has_it_at_once_when_the_winner_is_lost(void **state)
{
	struct broadcast *first = won_by_beta();
	struct names *others = names_of("alpha", "gamma", NULL);
	struct names *lost = names_of("beta", NULL);
	struct broadcast_terms terms = { .channel_id = "chan",
		.timeout_ms = DAY_MS,
		.recipients = others,
		.excluded = lost,
		.bid_window_ms = 5000,
		.bids_of = first };
	struct broadcast *next;

	(void) state;
	next = announced(&terms);
	expect_winner(next, "gamma", 20);
	broadcast_unref(next);

	/* The next best has gone, too; then there is none. */
	names_unref(others);
	terms.recipients = others = names_of("alpha", NULL);
	next = announced(&terms);
	expect_winner(next, "alpha", 10);
	broadcast_unref(next);
	names_unref(others);
	terms.recipients = others = names_of("delta", NULL);
	next = announced(&terms);
	expect_winner(next, "", -1);
	bid(next, "delta", 2);
	expect_winner(next, "delta", 2);
	broadcast_unref(next);
	broadcast_unref(first);
	names_unref(others);
	names_unref(lost);
}

/*! \brief Of those that would have to come first, and were told that they had lost, no bid decides again. */
static void bids_of_other_than_the_bidders_do_not_count_again(void **state)
{
	struct broadcast *first = won_by_beta();
	struct names *others = names_of("alpha", "gamma", NULL);
	struct names *here = names_of("alpha", NULL);
	struct names *nobody = names_create(NULL, 0);
	struct broadcast_terms terms = { .channel_id = "chan",
		.timeout_ms = DAY_MS,
		.recipients = others,
		.bid_window_ms = 5000,
		.bids_of = first,
		.bidders = here };
	struct broadcast *next;

	(void) state;
	next = announced(&terms);
	expect_winner(next, "alpha", 10);
	broadcast_unref(next);
	terms.bidders = nobody;
	next = announced(&terms);
	expect_winner(next, "", -1);
	bid(next, "gamma", 2);
	bid(next, "alpha", 1);
	expect_winner(next, "gamma", 2);
	broadcast_unref(next);
	broadcast_unref(first);
	names_unref(others);
	names_unref(here);
	names_unref(nobody);
}

/*! \brief A claim in a thread of its own. */
struct claim {
	struct broadcast *broadcast;
	const char *app;
	pthread_t thread;
	atomic_int result;
};

static void *claim_main(void *data)
{
	struct claim *claim = data;

	atomic_store(&claim->result, (int) broadcast_claim(claim->broadcast, claim->app, NULL));
	return NULL;
}

static void claim_aside(struct claim *claim, struct broadcast *broadcast, const char *app)
{
	claim->broadcast = broadcast;
	claim->app = app;
	atomic_init(&claim->result, 99);
	assert_int_equal(pthread_create(&claim->thread, NULL, claim_main, claim), 0);
}

static int claim_result(struct claim *claim)
{
	pthread_join(claim->thread, NULL);
	return atomic_load(&claim->result);
}

/*! \brief Wait until a bid is there. */
static void wait_for_bids(struct broadcast *broadcast)
{
	while (!award_ns(broadcast)) {
		poll(NULL, 0, 1);
	}
}

/*! \brief Claim aside, and wait until that has become the first bid. */
static void claim_that_waits(struct claim *claim, struct broadcast *broadcast, const char *app)
{
	claim_aside(claim, broadcast, app);
	wait_for_bids(broadcast);
}

static void claim_waits_for_the_award(void **state)
{
	struct broadcast *broadcast = collecting(DAY_MS, 5000);
	struct claim alpha;
	struct claim beta;

	(void) state;
	claim_that_waits(&alpha, broadcast, "alpha");
	poll(NULL, 0, 20);
	assert_int_equal(atomic_load(&alpha.result), 99);
	decline(broadcast, "gamma");
	/* Its bid is 0, and the last answer decides. A claim is a bid of 0 for who has bid before, too. */
	bid(broadcast, "beta", 1);
	assert_int_equal(claim_result(&alpha), BROADCAST_TAKEN);
	expect_winner(broadcast, "beta", 1);
	broadcast_unref(broadcast);

	broadcast = collecting(DAY_MS, 20);
	claim_aside(&beta, broadcast, "beta");
	assert_int_equal(claim_result(&beta), BROADCAST_OK);
	expect_winner(broadcast, "beta", 0);
	broadcast_unref(broadcast);
}

static void claim_that_waits_ends_with_the_broadcast(void **state)
{
	struct broadcast *broadcast = collecting(DAY_MS, 5000);
	struct claim alpha;
	struct claim beta;
	int64_t start_ns;

	(void) state;
	claim_that_waits(&alpha, broadcast, "alpha");
	decline(broadcast, "alpha");
	/* Nobody has it. */
	assert_int_equal(claim_result(&alpha), BROADCAST_TAKEN_BACK);
	claim_that_waits(&beta, broadcast, "beta");
	start_ns = broadcast_clock_ns();
	broadcast_close(broadcast, BROADCAST_GONE);
	assert_int_equal(claim_result(&beta), BROADCAST_CLOSED);
	assert_true(broadcast_clock_ns() - start_ns < INT64_C(2000000000));
	broadcast_unref(broadcast);
}

/*!
 * \brief Let "beta" have a broadcast, and lose it: the one that follows it, for "alpha" and "gamma".
 *
 * \param first The broadcast.
 * \param alpha The claim of "alpha", which waits for the award: it is told that another has the channel.
 */
static struct broadcast *lost_by_beta(struct broadcast *first, struct claim *alpha)
{
	struct names *others = names_of("alpha", "gamma", NULL);
	struct names *lost = names_of("beta", NULL);
	struct broadcast_terms terms = { .channel_id = "chan",
		.timeout_ms = DAY_MS,
		.recipients = others,
		.excluded = lost,
		.bid_window_ms = 5000,
		.bids_of = first };
	struct broadcast *next;

	bid(first, "beta", 30);
	decline(first, "gamma");
	assert_int_equal(claim_result(alpha), BROADCAST_TAKEN);
	next = announced(&terms);
	names_unref(others);
	names_unref(lost);
	return next;
}

static void claim_that_was_told_no_does_not_count_again(void **state)
{
	struct broadcast *first = collecting(DAY_MS, 5000);
	struct broadcast *next;
	struct claim alpha;

	(void) state;
	claim_that_waits(&alpha, first, "alpha");
	next = lost_by_beta(first, &alpha);
	expect_winner(next, "", -1);
	assert_true(!award_ns(next));
	broadcast_unref(next);
	broadcast_unref(first);
}

static void bid_after_a_claim_counts_again(void **state)
{
	struct broadcast *first = collecting(DAY_MS, 5000);
	struct broadcast *next;
	struct claim alpha;

	(void) state;
	claim_that_waits(&alpha, first, "alpha");
	bid(first, "alpha", 7);
	next = lost_by_beta(first, &alpha);
	expect_winner(next, "alpha", 7);
	broadcast_unref(next);
	broadcast_unref(first);
}

static void sixty_four_claims_wait_and_no_more(void **state)
{
	enum {
		CLAIMS = BROADCAST_MAX_WAITING_CLAIMS + 1
	};
	struct broadcast *broadcast = collecting(DAY_MS, 5000);
	struct claim claims[CLAIMS];
	char names[CLAIMS][16];
	struct broadcast *other = broadcast_of("other", DAY_MS);
	int refused = 0;
	int closed = 0;

	(void) state;
	for (int i = 0; i < CLAIMS; i++) {
		snprintf(names[i], sizeof(names[i]), "late-%d", i);
		claim_aside(&claims[i], broadcast, names[i]);
	}
	/* The one that is too many is answered while the others wait. */
	while (!refused) {
		for (int i = 0; i < CLAIMS; i++) {
			refused += atomic_load(&claims[i].result) == BROADCAST_BUSY;
		}
		poll(NULL, 0, 1);
	}
	assert_int_equal(refused, 1);
	/* Who asks for any call, too; but not for one that it has bid for. */
	assert_int_equal(broadcast_take(broadcast, "alpha", NULL), BROADCAST_BUSY);
	/* A bid does not wait, and neither does a claim of another call that collects none. */
	bid(broadcast, "alpha", 1);
	assert_int_equal(broadcast_take(broadcast, "alpha", NULL), BROADCAST_TAKEN);
	assert_int_equal(broadcast_claim(other, "alpha", NULL), BROADCAST_OK);
	broadcast_unref(other);
	broadcast_close(broadcast, BROADCAST_HUNG_UP);
	for (int i = 0; i < CLAIMS; i++) {
		closed += claim_result(&claims[i]) == BROADCAST_CLOSED;
	}
	assert_int_equal(closed, CLAIMS - 1);
	broadcast_unref(broadcast);

	/* They have left. */
	broadcast = collecting(DAY_MS, 10);
	assert_int_equal(broadcast_claim(broadcast, "alpha", NULL), BROADCAST_OK);
	broadcast_unref(broadcast);
}

/*! \brief Threads that bid, decline and claim at the same time. */
struct crowd {
	struct broadcast *broadcast;
	pthread_barrier_t barrier;
	atomic_int winners;
};

struct member {
	struct crowd *crowd;
	const char *app;
	int way;
	int has_declined;
	pthread_t thread;
};

static void *member_main(void *data)
{
	struct member *member = data;
	struct broadcast *broadcast = member->crowd->broadcast;

	pthread_barrier_wait(&member->crowd->barrier);
	switch (member->way % 3) {
	case 0:
		broadcast_bid(broadcast, member->app, member->way, NULL);
		break;
	case 1:
		broadcast_bid(broadcast, member->app, member->way, NULL);
		member->has_declined = broadcast_decline(broadcast, member->app, NULL) == BROADCAST_OK;
		break;
	default:
		atomic_fetch_add(
			&member->crowd->winners, broadcast_claim(broadcast, member->app, NULL) == BROADCAST_OK);
		break;
	}
	return NULL;
}

static void crowd_has_one_winner_that_has_not_declined(void **state)
{
	static const char *const apps[] = { "alpha", "beta", "gamma" };

	(void) state;
	for (int round = 0; round < 300; round++) {
		struct crowd crowd = { .broadcast = collecting(DAY_MS, 1) };
		struct member members[ARRAY_LEN(apps)];
		char *winner;

		pthread_barrier_init(&crowd.barrier, NULL, ARRAY_LEN(apps));
		for (size_t i = 0; i < ARRAY_LEN(apps); i++) {
			members[i] =
				(struct member){ .crowd = &crowd, .app = apps[i], .way = round + (int) i * (1 + round % 2) };
			assert_int_equal(pthread_create(&members[i].thread, NULL, member_main, &members[i]), 0);
		}
		for (size_t i = 0; i < ARRAY_LEN(apps); i++) {
			pthread_join(members[i].thread, NULL);
		}
		if (award_ns(crowd.broadcast)) {
			wait_for_award(crowd.broadcast);
		}
		winner =
			broadcast_state(crowd.broadcast) == BROADCAST_CLAIMED ? broadcast_winner(crowd.broadcast) : NULL;
		for (size_t i = 0; winner && i < ARRAY_LEN(apps); i++) {
			assert_false(members[i].has_declined && !strcmp(winner, apps[i]));
		}
		assert_true(atomic_load(&crowd.winners) <= 1);
		free(winner);
		pthread_barrier_destroy(&crowd.barrier);
		broadcast_unref(crowd.broadcast);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(highest_wins_as_soon_as_all_have_bid),
		cmocka_unit_test(window_ends),
		cmocka_unit_test(deadline_awards_what_there_is),
		cmocka_unit_test(last_score_counts),
		cmocka_unit_test(equal_scores_go_by_the_list),
		cmocka_unit_test(decline_takes_a_bid_back),
		cmocka_unit_test(bid_takes_a_decline_back),
		cmocka_unit_test(bid_of_one_that_becomes_a_recipient_counts_as_its_answer),
		cmocka_unit_test(answer_of_one_that_joins_meanwhile_counts),
		cmocka_unit_test(who_may_not_claim_may_not_bid),
		cmocka_unit_test(score_is_from_0_to_1000),
		cmocka_unit_test(bid_without_a_window_is_a_claim),
		cmocka_unit_test(nothing_is_awarded_after_the_close),
		cmocka_unit_test(next_best_has_it_at_once_when_the_winner_is_lost),
		cmocka_unit_test(bids_of_other_than_the_bidders_do_not_count_again),
		cmocka_unit_test(claim_waits_for_the_award),
		cmocka_unit_test(claim_that_waits_ends_with_the_broadcast),
		cmocka_unit_test(claim_that_was_told_no_does_not_count_again),
		cmocka_unit_test(bid_after_a_claim_counts_again),
		cmocka_unit_test(sixty_four_claims_wait_and_no_more),
		cmocka_unit_test(crowd_has_one_winner_that_has_not_declined),
	};

	alarm(TEST_HANG_S);
	return cmocka_run_group_tests_name("bids", tests, NULL, NULL);
}
