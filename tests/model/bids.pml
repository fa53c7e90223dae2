/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*
 * The steps of core/bids.c, and of core/claim.c and core/recipients.c where bids are collected. Application 2 is a
 * recipient, 3 becomes one meanwhile, 1 came too late to be one and may bid. Broadcast 1 follows 0 if the winner of that
 * was lost; nobody else comes to it, since all that they could do there is in broadcast 0. References and the registry are
 * in the other views.
 *
 * The time of a window passes for who looks as soon as there is a bid; if nobody does, nothing happens: that who waits
 * looks is checked where all is quiet.
 */

#define AWARDS 27	/* the best bid wins, of those that were noted and not taken back, when it is due and not before */

#define TAKEN_BACK 4	/* what an application said last, beside a bid: a score, and 1 */

byte lost = NOBODY;	/* the winner of broadcast 0 that was lost */
bool waits;		/* the claim of application 2, in bids.changed */
bool is_claim;		/* the last bid of application 2 is that of its claim */
byte finished;		/* processes that have come to their end */
byte best;		/* in bids_award_locked() */

#define is_recipient(i, me) ((me == 2 && b[i].offered_2) || (me == 3 && b[i].offered_3))
#define recipient_count(i) (b[i].offered_2 + b[i].offered_3)
/* What was said, for the checker. */
#define all_have_answered(i) ((!b[i].offered_2 || b[i].said[2] > 0) && (!b[i].offered_3 || b[i].said[3] > 0))
#define is_no_better(i, one) (b[i].said[one] == TAKEN_BACK || b[i].said[one] <= b[i].said[best])

inline bids_award_locked(i) {
	/* Of the same score, the recipient that comes first in the list */
	best = (b[i].bid[3] > b[i].bid[2] -> 3 : 2);
	best = (b[i].bid[1] > b[i].bid[best] -> 1 : best);
#ifdef MUT_FIRST_BID_WINS
	best = (b[i].bid[1] > 0 -> 1 : best);
#endif
	RULE(1, b[i].winner == NOBODY);
	RULE(3, b[i].state == OPEN && !b[i].told_no);
	RULE(AWARDS, award_is_due(i) || all_have_answered(i));
	RULE(AWARDS, b[i].said[best] == b[i].bid[best] && (i == 0 || best != lost));
	RULE(AWARDS, is_no_better(i, 1) && is_no_better(i, 2) && is_no_better(i, 3));
	b[i].winner = best;
	b[i].bidding = b[i].bidding - is_recipient(i, best);
	b[i].bid[best] = 0;
	best = 0;
	broadcast_close_locked(i, CLAIMED)
}

/* Whatever was decided, nothing that is due is left undone. */
#define NOTHING_IS_LEFT(i) \
	RULE(AWARDS, b[i].state != OPEN || !award_is_due(i)); \
	RULE(AWARDS, b[i].state != OPEN || bids_count(i) == 0 || !all_have_answered(i)); \
	RULE(DECLINES, b[i].state != OPEN || b[i].more_to_come || !all_have_answered(i))

inline judge_declines_locked(i) {
	if
	:: b[i].state == OPEN && b[i].declines + b[i].bidding == recipient_count(i) ->
		if
		:: bids_count(i) > 0 -> bids_award_locked(i)
		:: bids_count(i) == 0 && b[i].more_to_come -> wake_locked(i)
		:: else ->
			RULE(DECLINES, all_have_answered(i));
			broadcast_close_locked(i, DECLINED)
		fi
	:: else
	fi
}

inline forget_decline_locked(i, me) {
#ifndef MUT_BID_KEEPS_DECLINE
	if
	:: me == 2 && b[i].has_declined_2 -> b[i].has_declined_2 = false; b[i].declines--
	:: me == 3 && b[i].has_declined_3 -> b[i].has_declined_3 = false; b[i].declines--
	:: else
	fi
#else
	skip
#endif
}

/* put_locked() */
inline put_locked(i, me, score) {
	if
	:: b[i].bid[me] == 0 ->
		if
		:: bids_count(i) == 0 ->
			b[i].window_passed = false;
#ifndef MUT_BID_DOES_NOT_WAKE
			wake_locked(i)
#endif
		:: else
		fi;
		b[i].bidding = b[i].bidding + is_recipient(i, me)
	:: else
#ifdef MUT_SCORE_COUNTS_AGAIN
		b[i].bidding = b[i].bidding + is_recipient(i, me)
#endif
	fi;
#ifdef MUT_FIRST_SCORE_STAYS
	b[i].bid[me] = (b[i].bid[me] > 0 -> b[i].bid[me] : score)
#else
	b[i].bid[me] = score
#endif
}

inline commit_bid(i, me, score) {
#ifndef MUT_BID_SKIPS_WINDOW
	broadcast_expire_locked(i);
#endif
	if
#ifdef MUT_BID_AFTER_CLOSE
	:: true ->
#else
	:: b[i].state == OPEN ->
#endif
		/* One that is noted where nobody looks at it any more is lost. */
		RULE(AWARDS, b[i].state == OPEN && !award_is_due(i));
		put_locked(i, me, score);
		b[i].said[me] = score;
		forget_decline_locked(i, me);
#ifndef MUT_BID_DOES_NOT_JUDGE
		judge_declines_locked(i);
#endif
		NOTHING_IS_LEFT(i);
		noted = true
	:: else
	fi
}

inline bids_drop_locked(i, me) {
	if
	:: b[i].bid[me] > 0 ->
#ifndef MUT_DROP_LEAVES_COUNT
		b[i].bidding = b[i].bidding - is_recipient(i, me);
#endif
#ifndef MUT_DECLINE_KEEPS_BID
		b[i].bid[me] = 0;
#endif
		b[i].window_passed = (bids_count(i) > 0 && b[i].window_passed);
#ifndef MUT_DROP_DOES_NOT_SIGNAL
		signal_claims();
#endif
	:: else
	fi
}

/* Who has become a recipient since it came counts, too. */
inline commit_decline(i, me) {
	broadcast_expire_locked(i);
	if
	:: b[i].state == OPEN ->
		bids_drop_locked(i, me);
#ifndef MUT_JOIN_NOT_ASKED_AGAIN
		counts = is_recipient(i, me);
#endif
		b[i].said[me] = (is_recipient(i, me) -> TAKEN_BACK : 0);
		if
		:: counts && me == 2 && !b[i].has_declined_2 -> b[i].has_declined_2 = true; b[i].declines++
		:: counts && me == 3 && !b[i].has_declined_3 -> b[i].has_declined_3 = true; b[i].declines++
		:: else
		fi;
		judge_declines_locked(i);
		NOTHING_IS_LEFT(i)
	:: else
	fi
}

inline signal_claims() {
	waits = false
}

/* broadcast_find_recipient() and check_open() */
inline come(me) {
	atomic {
		counts = is_recipient(0, me);
		broadcast_expire_locked(0);
		is_open = (b[0].state == OPEN)
	}
}

inline place_bid(me, score) {
	come(me);
	if
	:: atomic {
		is_open -> commit_bid(0, me, score);
		is_claim = (is_claim && !(noted && me == 2));
		is_open = false;
		noted = false
	}
	:: !is_open
	fi;
	counts = false
}

inline decline(me) {
	come(me);
	if
	:: atomic { is_open -> commit_decline(0, me); is_open = false }
	:: !is_open
	fi;
	counts = false
}

/* What a claim is answered at last: it is the winner's, or somebody else's, or nobody's, or its bid was taken back. */
inline answer_claim(i, me) {
	RULE(WAKES, !waits);
	if
	:: b[i].state == CLAIMED && b[i].winner == me ->
		RULE(1, b[i].told_yes == NOBODY || b[i].told_yes == me);
		b[i].told_yes = me
	:: b[i].state == CLAIMED && b[i].winner != me
	:: b[i].state != CLAIMED && b[i].state != OPEN -> b[i].told_no = true
	:: b[i].state == OPEN -> RULE(4, b[i].bid[me] == 0)
	fi
}

/* bids_claim(): a bid of 0, and wait_for_award() */
inline claim(me) {
	come(me);
	if
#ifdef MUT_CLAIM_DOES_NOT_WAIT
	:: atomic { is_open -> RULE(AWARDS, b[0].state != OPEN || all_have_answered(0)); is_open = false }
#else
	:: atomic { is_open -> commit_bid(0, me, 1); is_claim = (is_claim || noted); is_open = noted; noted = false }
#endif
	:: !is_open
	fi;
	do
	:: atomic {
		is_open ->
		broadcast_expire_locked(0);
		NOTHING_IS_LEFT(0);
#ifdef MUT_CLAIM_WAITS_WITHOUT_BID
		waits = (b[0].state == OPEN);
#else
		waits = (b[0].state == OPEN && b[0].bid[me] > 0);
#endif
		if
		:: waits
		:: else -> answer_claim(0, me); is_open = false
		fi
	}
		/* pthread_cond_timedwait() */
		if
		:: !waits
		:: atomic {
			waits && award_is_due(0) ->
			RULE(WAKES, b[0].state == OPEN && b[0].bid[me] > 0);
			waits = false
		}
		fi
	:: !is_open -> break
	od;
	counts = false
}

/* broadcast_widen(): the last ones hear of it. */
inline widen(i) {
	broadcast_expire_locked(i);
	if
	:: b[i].state == OPEN ->
		b[i].offered_3 = true;
		b[i].more_to_come = false;
#ifndef MUT_WIDEN_FORGETS_BIDS
		b[i].bidding = b[i].bidding + (b[i].bid[3] > 0);
#endif
		judge_declines_locked(i);
		NOTHING_IS_LEFT(i)
	:: else
	fi
}

/* A claim's is told no by the award. */
#define was_told_no(one) (one == 2 && is_claim)

/* A bid of the earlier broadcast counts for the next one if it is a recipient's there, and neither the winner's nor a claim's. */
inline inherit(one) {
#ifndef MUT_INHERIT_FORGETS
#ifdef MUT_INHERIT_TAKES_CLAIMS
	b[1].bid[one] = (is_recipient(1, one) -> b[0].bid[one] : 0);
#else
	b[1].bid[one] = (is_recipient(1, one) && !was_told_no(one) -> b[0].bid[one] : 0);
#endif
#endif
	b[1].said[one] =
		(is_recipient(1, one) && !was_told_no(one) && b[0].said[one] != TAKEN_BACK -> b[0].said[one] : 0)
}

/* offer_channel() after a lost winner, and the first look at it: bids_inherit(), broadcast_state() */
inline offer_again() {
	lost = b[0].winner;
#ifdef MUT_INHERIT_KEEPS_LOST
	b[0].bid[lost] = b[0].said[lost];
	b[1].offered_2 = b[0].offered_2;
	b[1].offered_3 = b[0].offered_3;
#else
	b[1].offered_2 = b[0].offered_2 && lost != 2;
	b[1].offered_3 = b[0].offered_3 && lost != 3;
#endif
	inherit(2);
	inherit(3);
	b[1].bidding = (b[1].bid[2] > 0) + (b[1].bid[3] > 0);
#ifndef MUT_INHERIT_STARTS_WINDOW
	b[1].window_passed = (bids_count(1) > 0);
#endif
	b[1].state = (recipient_count(1) > 0 -> OPEN : DECLINED);
	broadcast_expire_locked(1);
	/* They had their window: the next best has it at once. */
	RULE(AWARDS, b[1].state != OPEN || (b[1].said[2] == 0 && b[1].said[3] == 0));
	RULE(1, (b[1].state == CLAIMED) == (b[1].winner != NOBODY))
}

/* wait.c: broadcast_attend(), the poll, broadcast_state() */
inline wait_until_closed() {
	atomic { b[0].wake_open = true; b[0].wake_readable = (b[0].state != OPEN) };
	do
	:: atomic {
		b[0].wake_readable = (b[0].wake_readable && b[0].state != OPEN);
		is_armed = (bids_count(0) > 0)
	}
		atomic {
			b[0].wake_readable || b[0].deadline_passed || (is_armed && b[0].window_passed) ->
			broadcast_expire_locked(0);
			NOTHING_IS_LEFT(0);
			RULE(3, b[0].state != OPEN || !b[0].deadline_passed);
			RULE(WAKES, b[0].state == OPEN || b[0].wake_readable);
			is_armed = false;
			if
			:: b[0].state != OPEN -> break
			:: else
			fi
		}
	od
}

#define ASKING bool is_open, noted, counts

proctype channel() {
	bool is_armed;

	wait_until_closed();
	atomic {
		RULE(1, (b[0].state == CLAIMED) == (b[0].winner != NOBODY));
		RULE(2, b[0].told_yes == NOBODY || b[0].winner == b[0].told_yes);
		b[0].told_no = (b[0].state != CLAIMED);
		if
		:: b[0].state == CLAIMED -> offer_again()
		:: else
		fi;
		finished++
	}
}

proctype late() {
	ASKING;

	place_bid(1, 2);
	finished++
}

proctype claimant() {
	ASKING;

	claim(2);
	finished++
}

/* The same application in another thread */
proctype undecided() {
	ASKING;

	if
	:: place_bid(2, 3)
	:: decline(2)
	fi;
	finished++
}

proctype joining() {
	ASKING;

	if
	:: decline(3)
	:: true
	fi;
	if
	:: place_bid(3, 2)
	:: true
	fi;
	finished++
}

proctype widening() {
	atomic { widen(0); finished++ }
}

/* The window, as soon as there are bids */
proctype window() {
end:
	do
	:: atomic { bids_count(0) > 0 && !b[0].window_passed && b[0].state == OPEN -> b[0].window_passed = true }
	od
}

/* The deadline or the caller comes first, or neither until all is quiet. */
proctype end_of_call() {
	if
	:: b[0].deadline_passed = true
	:: atomic {
		broadcast_expire_locked(0);
		if
		:: b[0].state == OPEN -> broadcast_close_locked(0, HUNG_UP)
		:: else
		fi
	}
	:: true
	fi;
	timeout;
	/* No bid is left that is due, and no claim waits that has none. */
	RULE(WAKES, b[0].state != OPEN || bids_count(0) == 0);
	RULE(WAKES, !waits);
	b[0].deadline_passed = true;
	timeout;
	RULE(WAKES, finished == 6)
}

init {
	atomic {
		b[0].state = OPEN;
		b[1].state = GONE;
		b[0].offered_2 = true;
		b[0].more_to_come = true;
		run channel();
		run late();
		run claimant();
		run undecided();
		run joining();
		run widening();
		run window();
		run end_of_call()
	}
}
