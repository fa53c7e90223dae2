/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*
 * The core's locking as a SPIN model: one channel, its broadcast (0) and a second one that replaces
 * it (1); rules 1 to 8 of SPEC section 2 as assertions on every interleaving.
 *
 * Who takes part: the channel's thread (offers, waits, hands over, cleans up, and at last the channel
 * is destroyed), two claimants, one of which may decline instead, one that declines, and the deadlines.
 * The caller hangs up, and an application comes or goes, at any moment: whoever looks may find it so.
 * With -DSECOND_OFFER another thread offers the same channel again; with -DRETRIES everybody asks
 * twice, and somebody asks for the winner. (Both at once is more than a machine can search.)
 *
 * The grain: an atomic block is one critical section of core/, named after its function; between two
 * blocks anything may happen. A broadcast's lock and a lock of the registry's are never held together,
 * so that no block stands for both; a reference is given back at once after the last use, which leaves
 * others the least they can rely on. Every process ends after a bounded number of steps, so that the
 * absence of invalid end states means that nobody waits for ever.
 *
 * The rules are checked where an answer is decided, with what others had been told before.
 *
 * MUT_x: a mistake that could be made. tests/model/run shows that each is refuted.
 */

#define NONE 2		/* no broadcast */
#define NOBODY 0	/* no application; they are 1, 2 and 3, and it is offered to 2 and 3 */

/* What SPEC promises beside the numbered rules */
#define WAKES 9		/* whoever waits is woken at once by every close */
#define DECLINES 10	/* the last recipient's decline closes, and nothing else does */
#define MEMORY 11	/* nothing is used after it was freed, nothing is left */

mtype = { OPEN, CLAIMED, EXPIRED, HUNG_UP, DECLINED, WITHDRAWN };
mtype = { YES, CLOSED, TAKEN, UNKNOWN };

/* Always 0: the number in a failed assertion says which rule it was. */
byte broken;
#define RULE(number, holds) if :: (holds) :: else -> assert(broken == number) fi

/* struct broadcast */
typedef broadcast {
	byte references;
	mtype state;
	byte winner;
	bool has_declined_2, has_declined_3;
	byte declines;
	bool wake_open, wake_readable;
	/* broadcast_clock_ns() >= deadline_ns */
	bool deadline_passed;
	/* Known to the checker alone: who was told yes; somebody was told no; taken out and withdrawn. */
	byte told_yes;
	bool told_no, gone;
};

broadcast b[2];
byte registry = NONE;	/* the channel's entry in the table */
byte datastore = NONE;	/* the channel's own reference */
bool in_session;	/* wait has given 0, and the winner's Stasis session is not over */
bool offered, second_begun, second_done;

#define exists(i) RULE(MEMORY, b[i].references > 0)

inline wake_locked(i) {
	b[i].wake_readable = b[i].wake_open
}

inline close_locked(i, reason) {
	RULE(2, b[i].state == OPEN);
	b[i].state = reason;
	wake_locked(i)
}

inline expire_locked(i) {
	if
	:: b[i].state == OPEN && b[i].deadline_passed -> close_locked(i, EXPIRED)
	:: else
	fi
}

/* The last one frees it: what it was makes no difference from then on. */
inline broadcast_unref(i) {
	exists(i);
	b[i].references--;
	if
	:: b[i].references == 0 ->
		b[i].state = WITHDRAWN;
		b[i].winner = NOBODY;
		b[i].has_declined_2 = false;
		b[i].has_declined_3 = false;
		b[i].declines = 0;
		b[i].deadline_passed = true;
		b[i].told_yes = NOBODY;
		b[i].told_no = false
	:: else
	fi
}

inline broadcast_close(i, reason) {
	exists(i);
	expire_locked(i);
	if
#ifdef MUT_CLOSE_OVERWRITES
	:: true ->
		b[i].state = reason;
		wake_locked(i)
#else
	:: b[i].state == OPEN ->
		RULE(2, b[i].told_yes == NOBODY);
		close_locked(i, reason)
	:: else
#endif
	fi;
	RULE(2, b[i].told_yes == NOBODY || b[i].state == CLAIMED)
}

inline registry_get(i) {
	atomic {
		i = registry;
		if
		:: i != NONE ->
			exists(i);
			/* After the clean-up nobody finds it. */
			RULE(4, !b[i].gone);
#ifndef MUT_GET_WITHOUT_REFERENCE
			b[i].references++
#endif
		:: else ->
			/* A late claimant hears "taken" until the session is over. */
			RULE(4, !in_session || second_begun)
		fi
	}
}

/* Give back what registry_get() gave. */
inline give_back(i) {
#ifndef MUT_GET_WITHOUT_REFERENCE
	broadcast_unref(i);
#endif
	i = NONE
}

/* What was taken out of the table: broadcast_close(), and the table's reference */
inline withdraw(old) {
	if
	:: atomic {
		old != NONE ->
		broadcast_close(old, WITHDRAWN);
		b[old].gone = true;
#ifndef MUT_TABLE_KEEPS_REFERENCE
		broadcast_unref(old);
#endif
		old = NONE
	}
	:: old == NONE
	fi
}

/* What a mistake makes of it: only the reference */
inline drop(old) {
	if
	:: atomic { old != NONE -> b[old].gone = true; broadcast_unref(old); old = NONE }
	:: old == NONE
	fi
}

/* The table first, then, without its lock, the broadcast that was there (rule 6) */
inline registry_put(i) {
	atomic {
		old = registry;
		registry = i;
		b[i].references++
	}
#ifdef MUT_REPLACE_WITHOUT_WITHDRAW
	drop(old)
#else
	withdraw(old)
#endif
}

inline registry_take() {
	atomic {
		old = registry;
		registry = NONE
	}
#ifdef MUT_CLEANUP_WITHOUT_WITHDRAW
	drop(old)
#else
	withdraw(old)
#endif
}

/* forget_broadcast(), the datastore's destructor: registry_remove() and the datastore's reference */
inline forget_broadcast() {
	atomic { mine = datastore; datastore = NONE }
	if
	:: atomic {
		mine != NONE ->
		if
#ifdef MUT_REMOVE_WHICHEVER
		:: registry != NONE ->
#else
		:: registry == mine ->
#endif
			RULE(6, registry == mine);
			old = registry;
			registry = NONE
		:: else
		fi
	}
		atomic { broadcast_close(mine, WITHDRAWN) }
		atomic {
			b[mine].gone = true;
			broadcast_unref(mine);
			if
			:: old != NONE -> broadcast_unref(old)
			:: else
			fi;
			old = NONE;
			mine = NONE
		}
	:: mine == NONE
	fi
}

/* stasis_app_broadcast_channel() again: enter_channel(), broadcast_create(), registry_put() */
inline offer(i) {
#if defined(MUT_REPLACE_WITHOUT_WITHDRAW)
	atomic {
		if
		:: datastore != NONE -> broadcast_unref(datastore)
		:: else
		fi
	}
#elif !defined(MUT_REMOVE_WHICHEVER)
	forget_broadcast();
#endif
	b[i].references = 1;
#ifdef MUT_REMOVE_WHICHEVER
	registry_put(i);
	forget_broadcast();
	datastore = i
#else
	/* The reference of the one who made it becomes the datastore's. */
	datastore = i;
	registry_put(i)
#endif
}

/* A decline asks for NOBODY. */
inline standing_locked(i, me) {
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

/* The first look of a claim or a decline; the answer is final if it is not open. */
inline enquire(i, me, asks_for) {
	exists(i);
	told = b[i].told_yes;
#ifndef MUT_CLAIM_SKIPS_DEADLINE
	expire_locked(i);
#endif
	standing_locked(i, asks_for);
	if
	:: is_open -> answer = UNKNOWN
	:: else -> finish(i, me, asks_for)
	fi
}

inline commit_claim(i, me) {
	exists(i);
#if !defined(MUT_CLAIM_SKIPS_DEADLINE) && !defined(MUT_DEADLINE_NOT_ASKED_AGAIN)
	expire_locked(i);
#endif
	standing_locked(i, me);
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
		RULE(5, is_entitled);
		answer = YES;
		b[i].winner = me;
#if defined(MUT_WAKE_BEFORE_STATE) || defined(MUT_CLAIM_DOES_NOT_WAKE)
		b[i].state = CLAIMED
#else
		close_locked(i, CLAIMED)
#endif
	:: else
	fi;
	finish(i, me, me)
}

inline decline_locked(i, had_declined) {
	if
#ifndef MUT_DECLINE_COUNTS_TWICE
	:: had_declined
#endif
	:: else ->
		had_declined = true;
		b[i].declines++;
		if
		:: b[i].declines == 2 ->
			RULE(DECLINES, b[i].has_declined_2 && b[i].has_declined_3);
#if defined(MUT_LAST_DECLINE_LEAVES_OPEN)
			skip
#elif defined(MUT_LAST_DECLINE_DOES_NOT_WAKE)
			b[i].state = DECLINED
#else
			close_locked(i, DECLINED)
#endif
		:: else
		fi
	fi
}

inline commit_decline(i, me) {
	exists(i);
	expire_locked(i);
	standing_locked(i, NOBODY);
#ifdef MUT_DECLINE_DOES_NOT_LOOK_AGAIN
	is_open = true;
#endif
	if
	:: is_open && me == 2 -> decline_locked(i, b[i].has_declined_2)
	:: is_open && me == 3 -> decline_locked(i, b[i].has_declined_3)
	:: else
	fi;
	RULE(DECLINES, b[i].state != OPEN || !b[i].has_declined_2 || !b[i].has_declined_3);
	finish(i, me, NOBODY)
}

/* is_entitled(), asked without a lock: application 2 comes and goes, any answer is possible for it. */
inline ask_is_entitled(me) {
	if
	:: is_entitled = true
	:: me == 2 -> is_entitled = false
	fi
}

/* What is answered BARRED has changed nothing. */
inline bar(i) {
	told = NOBODY;
	is_open = false;
	give_back(i)
}

/* stasis_app_claim_channel(): broadcast_claim() of what the table gives */
inline broadcast_claim(me) {
	registry_get(i);
	if
	:: atomic { i != NONE -> enquire(i, me, me) }
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
		ask_is_entitled(me);
		if
#ifdef MUT_CLAIM_WITHOUT_ASKING
		:: true -> commit_claim(i, me)
#else
		:: is_entitled -> commit_claim(i, me)
		:: else -> bar(i)
#endif
		fi;
		is_entitled = false
	}
	:: !is_open
	fi
}

/* stasis_broadcast_decline(): broadcast_decline() of what the table gives */
inline broadcast_decline(me) {
	registry_get(i);
	if
	:: atomic { i != NONE -> enquire(i, me, NOBODY) }
	:: i == NONE
	fi;
	if
	:: atomic {
		is_open ->
		ask_is_entitled(me);
		if
		:: is_entitled -> commit_decline(i, me)
		:: else -> bar(i)
		fi;
		is_entitled = false
	}
	:: !is_open
	fi
}

/* stasis_app_broadcast_winner(): broadcast_winner() of what the table gives */
inline broadcast_winner() {
	registry_get(i);
	if
	:: atomic {
		i != NONE ->
		exists(i);
		seen = b[i].state;
#ifdef MUT_WINNER_EXPIRES
		expire_locked(i);
#endif
#ifdef MUT_WINNER_IS_TOLD_ONCE
		b[i].state = (b[i].state == CLAIMED -> WITHDRAWN : b[i].state);
#endif
		RULE(7, b[i].state == seen);
		RULE(2, b[i].told_yes == NOBODY || b[i].winner == b[i].told_yes);
		seen = OPEN;
		give_back(i)
	}
	:: i == NONE
	fi
}

inline broadcast_wake_open(i) {
	exists(i);
	b[i].wake_open = true;
#ifdef MUT_WAKE_OPEN_DOES_NOT_LOOK
	b[i].wake_readable = false
#else
	b[i].wake_readable = (b[i].state != OPEN)
#endif
}

inline broadcast_wake_close(i) {
	b[i].wake_open = false;
	b[i].wake_readable = false
}

inline broadcast_state(i) {
	/* Whoever closed it has woken the one who waits. */
	RULE(WAKES, !b[i].wake_open || b[i].state == OPEN || b[i].wake_readable);
	exists(i);
	expire_locked(i);
	seen = b[i].state
}

/* What wait returns: is it right after what others were told? */
inline wait_is_over(i) {
	RULE(2, told == NOBODY || seen == CLAIMED);
	if
	:: seen == CLAIMED -> claimed = true; in_session = true
	:: seen == OPEN
	:: else ->
		RULE(2, b[i].told_yes == NOBODY);
		b[i].told_no = true
	fi;
	told = NOBODY;
	seen = OPEN;
	broadcast_wake_close(i);
	give_back(i)
}

/* service_channel() has found the caller hung up. */
inline caller_hung_up(i) {
#if defined(MUT_HANG_UP_LEAVES_OPEN)
	atomic { seen = (b[i].state == OPEN -> HUNG_UP : b[i].state); wait_is_over(i) }
#elif defined(MUT_CLOSE_WITHOUT_LOCK)
	seen = b[i].state;
	atomic {
		if
		:: seen == OPEN -> seen = HUNG_UP; b[i].state = HUNG_UP; wake_locked(i)
		:: else
		fi;
		wait_is_over(i)
	}
#else
	atomic { broadcast_close(i, HUNG_UP); broadcast_state(i); wait_is_over(i) }
#endif
}

/* stasis_app_broadcast_wait(): ast_waitfor_nandfds() on the channel and the wake-up until the deadline */
inline stasis_wait() {
	registry_get(i);
	if
	:: atomic {
		i != NONE ->
		told = b[i].told_yes;
		broadcast_state(i);
		if
		:: seen != OPEN -> wait_is_over(i)
		:: else
		fi
	}
	:: i == NONE
	fi;
	if
	:: atomic { i != NONE -> broadcast_wake_open(i) }
		if
		:: atomic { b[i].wake_readable -> broadcast_state(i); RULE(WAKES, seen != OPEN); wait_is_over(i) }
		:: atomic { b[i].deadline_passed -> broadcast_state(i); RULE(3, seen != OPEN); wait_is_over(i) }
		:: atomic { may_be_short -> broadcast_state(i); wait_is_over(i) }
		:: caller_hung_up(i)
		fi
	:: i == NONE
	fi
}

/* The thread that runs the channel: StasisBroadcast() in the dialplan, then the channel's end */
proctype channel() {
	byte i = NONE, old = NONE, mine = NONE, told = NOBODY;
	mtype seen = OPEN;
	bool claimed, may_be_short;

	atomic {
		/* stasis_app_broadcast_channel() when nothing was there */
		datastore = 0;
		registry = 0;
		b[0].references = 2;
		offered = true;
		may_be_short = true
	}
	stasis_wait();
	may_be_short = false;
	if
	:: !claimed -> stasis_wait()	/* the first wait was short, or the channel was offered anew */
	:: true
	fi;
	if
	:: claimed ->
#ifdef MUT_CLEANUP_BEFORE_HANDOVER
		registry_take();
#endif
		broadcast_winner();
		atomic { claimed = false; in_session = false }	/* stasis_app_exec() has returned */
	:: !claimed
	fi;
	if
	:: registry_take()	/* stasis_app_broadcast_cleanup() */
	:: true			/* forgotten (rule 8) */
	fi;
	/* Whoever offers the channel holds a reference to it: it is destroyed after that. */
	second_done;
#ifndef MUT_DESTROY_FORGETS
	forget_broadcast();
#endif
	skip
}

/* Another thread offers the same channel again. */
proctype second_offer() {
	byte old = NONE, mine = NONE;

	offered;
#ifdef SECOND_OFFER
	second_begun = true;
	offer(1);
	RULE(6, b[0].state != OPEN);
#endif
	second_done = true
}

proctype claimant() {
	byte i = NONE, told = NOBODY;
	mtype answer = UNKNOWN;
	bool is_open, is_entitled;

	broadcast_claim(1);
#ifdef RETRIES
	broadcast_claim(1)
#endif
}

proctype undecided() {
	byte i = NONE, told = NOBODY;
	mtype answer = UNKNOWN;
	bool is_open, is_entitled;

	if
	:: broadcast_decline(2)
	:: broadcast_claim(2)
	fi;
#ifdef RETRIES
	broadcast_claim(2)
#endif
}

proctype decliner() {
	byte i = NONE, told = NOBODY;
	mtype answer = UNKNOWN, seen = OPEN;
	bool is_open, is_entitled;

	broadcast_decline(3);
#ifdef RETRIES
	if
	:: broadcast_winner()
	:: broadcast_decline(3)
	fi
#endif
}

proctype first_deadline() {
	b[0].deadline_passed = true
}

proctype second_deadline() {
	if
	:: second_begun -> b[1].deadline_passed = true
	:: second_done
	fi
}

init {
	atomic {
		b[0].state = OPEN;
		b[1].state = OPEN;
		run channel();
		run second_offer();
		run claimant();
		run undecided();
		run decliner();
		run first_deadline();
		run second_deadline()
	}
	/* All is over: nothing is left of a channel that was destroyed. */
	_nr_pr == 1;
	RULE(8, registry == NONE && datastore == NONE);
	RULE(MEMORY, b[0].references == 0 && b[1].references == 0)
}
