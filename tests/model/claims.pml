/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*
 * The steps of core/claim.c: claims, declines, and who has it. Those of a broadcast that collects bids are in bids.pml.
 */

/* claim_result_locked(). A decline asks for NOBODY. */
inline claim_result_locked(i, me) {
	if
	:: b[i].state == OPEN -> is_open = true; answer = YES
	:: b[i].state == CLAIMED && b[i].winner == me ->
		is_open = false;
#ifdef MUT_RETRY_IS_TAKEN
		answer = TAKEN
#else
		answer = YES
#endif
	:: b[i].state == CLAIMED && b[i].winner != me ->
		is_open = false;
#ifdef MUT_LOSER_HEARS_CLOSED
		answer = CLOSED
#else
		answer = TAKEN
#endif
	:: else -> is_open = false; answer = CLOSED
	fi
}

/* An answer is final: is it right after what others were told? The reference is given back. */
inline finish(i, me, asks_for) {
	if
	/* has_declined(): a decline that is repeated hears yes after the close. */
	:: asks_for == NOBODY && answer == CLOSED &&
		(me == 2 -> b[i].has_declined_2 : b[i].has_declined_3) -> answer = YES
	:: else
	fi;
	RULE(4, told == NOBODY || answer == (asks_for == told -> YES : TAKEN));
#ifdef VIEW_OBSERVERS
	/* observers_answered() */
	RULE(OBSERVERS, b[i].told_opened);
#endif
	if
	:: answer == YES && asks_for == me ->
		RULE(1, b[i].told_yes == NOBODY || b[i].told_yes == me);
		RULE(2, !b[i].told_no);
		b[i].told_yes = me
	:: answer == CLOSED ->
		RULE(2, b[i].told_yes == NOBODY);
		b[i].told_no = true
	:: else
	fi;
	told = NOBODY;
	answer = UNKNOWN;
	is_open = false;
	give_back(i)
}

/* check_open() of a claim or a decline; the answer is final if it is not open. */
inline check_open(i, me, asks_for) {
	exists(i);
	told = b[i].told_yes;
	lock(i);
#ifndef MUT_CLAIM_SKIPS_DEADLINE
	broadcast_expire_locked(i);
#endif
	claim_result_locked(i, asks_for);
	broadcast_release(i);
	if
	:: is_open -> answer = UNKNOWN
	:: else -> finish(i, me, asks_for)
	fi
}

inline commit_claim(i, me) {
	exists(i);
	lock(i);
#if !defined(MUT_CLAIM_SKIPS_DEADLINE) && !defined(MUT_DEADLINE_NOT_ASKED_AGAIN)
	broadcast_expire_locked(i);
#endif
	claim_result_locked(i, me);
#ifdef MUT_STATE_NOT_ASKED_AGAIN
	is_open = true;
#endif
#ifdef MUT_CLAIMED_IS_NOT_CLOSED
	is_open = (is_open || b[i].state == CLAIMED);
#endif
	if
	:: is_open ->
		RULE(1, b[i].winner == NOBODY);
		RULE(3, !b[i].deadline_passed && !b[i].told_no && !b[i].gone);
		RULE(5, is_allowed);
#ifdef VIEW_MASQUERADE
		RULE(12, !was_taken && (i != 0 || !has_moved) && (i != 1 || !time_is_over));
#endif
		answer = YES;
		b[i].winner = me;
#if defined(MUT_WAKE_BEFORE_STATE) || defined(MUT_CLAIM_DOES_NOT_WAKE)
		b[i].state = CLAIMED
#else
		broadcast_close_locked(i, CLAIMED)
#endif
	:: else
	fi;
	broadcast_release(i);
	finish(i, me, me)
}

#ifdef VIEW_WIDENING
#define is_recipient(i, me) (me == 2 -> b[i].offered_2 : b[i].offered_3)
#define all_have_declined(i) ((!b[i].offered_2 || b[i].has_declined_2) && (!b[i].offered_3 || b[i].has_declined_3))
#define recipient_count(i) (b[i].offered_2 + b[i].offered_3)
#define more_to_come(i) b[i].more_to_come
#else
#define is_recipient(i, me) true
#define all_have_declined(i) (b[i].has_declined_2 && b[i].has_declined_3)
#define recipient_count(i) 2
#define more_to_come(i) false
#endif

inline broadcast_judge_declines_locked(i) {
	if
#ifdef MUT_JUDGE_EARLY
	:: b[i].state == OPEN && b[i].declines == recipient_count(i) ->
#else
	:: b[i].state == OPEN && !more_to_come(i) && b[i].declines == recipient_count(i) ->
#endif
		RULE(DECLINES, all_have_declined(i) && !more_to_come(i));
#if defined(MUT_LAST_DECLINE_LEAVES_OPEN)
		skip
#elif defined(MUT_LAST_DECLINE_DOES_NOT_WAKE)
		b[i].state = DECLINED
#else
		broadcast_close_locked(i, DECLINED)
#endif
	:: else
	fi
}

/* note_decline_locked() */
inline note_decline_locked(i, had_declined) {
	RULE(DECLINES, b[i].state == OPEN);
	if
#ifndef MUT_DECLINE_COUNTS_TWICE
	:: had_declined
#endif
	:: else ->
		had_declined = true;
		b[i].declines++
	fi;
	broadcast_judge_declines_locked(i)
}

/* Who is no recipient is answered yes, and does not count. */
inline commit_decline(i, me) {
	exists(i);
	lock(i);
	broadcast_expire_locked(i);
	claim_result_locked(i, NOBODY);
#ifdef MUT_DECLINE_NOT_ASKED_AGAIN
	is_open = true;
#endif
	if
	:: is_open && is_recipient(i, me) && me == 2 -> note_decline_locked(i, b[i].has_declined_2)
	:: is_open && is_recipient(i, me) && me == 3 -> note_decline_locked(i, b[i].has_declined_3)
	:: else
	fi;
	RULE(DECLINES, b[i].state != OPEN || more_to_come(i) || !all_have_declined(i));
#ifdef VIEW_WIDENING
	b[i].noted_2 = (b[i].noted_2 || (is_open && is_recipient(i, me) && me == 2));
	b[i].noted_3 = (b[i].noted_3 || (is_open && is_recipient(i, me) && me == 3));
#endif
	broadcast_release(i);
	finish(i, me, NOBODY)
}

/* why_forbidden(), asked without a lock: application 2 comes and goes, any answer is possible for it. */
inline ask_is_allowed(me) {
	if
	:: is_allowed = true
	:: me == 2 -> is_allowed = false
	fi
}

/* What is answered FORBIDDEN has changed nothing. */
inline forbid(i) {
	told = NOBODY;
	is_open = false;
	give_back(i)
}

/* stasis_app_claim_channel(): broadcast_claim() of what the table gives */
inline broadcast_claim(id, me) {
	registry_get(id);
	if
	:: atomic { i != NONE -> check_open(i, me, me) } AND_TELL(i)
	:: i == NONE
	fi;
#ifdef MUT_WAKE_BEFORE_STATE
	if
	:: atomic { is_open -> wake_locked(i) }
	:: !is_open
	fi;
#endif
	if
	:: atomic {
		is_open ->
		ask_is_allowed(me);
		if
#ifdef MUT_CLAIM_WITHOUT_ASKING
		:: true -> commit_claim(i, me)
#else
		:: is_allowed -> commit_claim(i, me)
		:: else -> forbid(i)
#endif
		fi;
		is_allowed = false
	} AND_TELL(i)
	:: !is_open
	fi
}

/* stasis_broadcast_decline(): broadcast_decline() of what the table gives */
inline broadcast_decline(id, me) {
	registry_get(id);
	if
	:: atomic { i != NONE -> check_open(i, me, NOBODY) } AND_TELL(i)
	:: i == NONE
	fi;
	if
	:: atomic {
		is_open ->
		ask_is_allowed(me);
		if
		:: is_allowed -> commit_decline(i, me)
		:: else -> forbid(i)
		fi;
		is_allowed = false
	} AND_TELL(i)
	:: !is_open
	fi
}

/* stasis_app_broadcast_winner(): broadcast_winner() of what the table gives */
inline broadcast_winner(id) {
	registry_get(id);
	if
	:: atomic {
		i != NONE ->
		exists(i);
		seen = b[i].state;
#ifdef MUT_WINNER_EXPIRES
		broadcast_expire_locked(i);
#endif
#ifdef MUT_WINNER_IS_TOLD_ONCE
		b[i].state = (b[i].state == CLAIMED -> GONE : b[i].state);
#endif
		RULE(7, b[i].state == seen);
		RULE(2, b[i].told_yes == NOBODY || b[i].winner == b[i].told_yes);
		seen = OPEN;
		give_back(i)
	}
	:: i == NONE
	fi
}
