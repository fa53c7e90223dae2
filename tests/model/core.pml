/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*
 * The steps of core/: what one broadcast is, broadcast.c, observers.c and registry.c.
 */

#define NONE 3		/* no broadcast */
#define NOBODY 0	/* no application; they are 1, 2 and 3, and it is offered to 2 and 3 */

/* What SPEC and docs/ARCHITECTURE.md promise beside the numbered rules */
#define WAKES 21	/* who waits is woken at once by every close */
#define DECLINES 22	/* it closes as declined when all recipients have declined and none is to come, and only then */
#define MEMORY 23	/* nothing is used after it was freed, nothing is left */
#define OBSERVERS 24	/* opened is told first, closed once and after the lock is released, lost after that */
#define FOLLOWS 25	/* a channel's next broadcast is told of, and its CallBroadcast queued, after the close of the last one is told */
#define WIDENS 26	/* recipients are added once, to an open broadcast, and keep their say */

mtype = { OPEN, CLAIMED, EXPIRED, HUNG_UP, DECLINED, REPLACED, GONE };
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
#ifdef VIEW_WIDENING
	/* Which list the recipients are: another one after each widening. */
	byte list;
	bool offered_2, offered_3;
	bool more_to_come;
	/* Known to the checker alone: who was told that it was added, and whose decline was noted. */
	bool added_2, added_3, noted_2, noted_3;
#endif
#ifdef VIEW_BIDS
	/* The bid of each, a score and 1; whether their time is over; how many of them are recipients'. */
	byte bid[4];
	bool window_passed;
	byte bidding;
	bool offered_2, offered_3, more_to_come;
	/* Known to the checker alone: what each said last. */
	byte said[4];
#endif
#ifdef VIEW_OBSERVERS
	bool announced, locked;
	/* The bit of that name of broadcast.telling; who waits for it is in telling.pml. */
	bool told;
	/* Known to the checker alone: what observers heard, and whether its CallBroadcast is queued. */
	bool told_opened, told_closed, queued;
#endif
	/* Known to the checker alone: who was told yes; somebody was told no; taken out and closed. */
	byte told_yes;
	bool told_no, gone;
};

broadcast b[3];

/* The broadcast that an ID finds: after a masquerade, broadcast 1 has an ID of its own. */
byte registry[2];
#ifdef VIEW_MASQUERADE
#define id_of(i) (i == 1 -> 1 : 0)
#define id_now has_moved
#else
#define id_of(i) 0
#define id_now 0
#endif

#ifdef VIEW_BIDS
#define bids_count(i) ((b[i].bid[1] > 0) + (b[i].bid[2] > 0) + (b[i].bid[3] > 0))
#define award_is_due(i) (bids_count(i) > 0 && (b[i].window_passed || b[i].deadline_passed))
#endif

bool in_session;	/* wait has given 0, and the winner's Stasis session is not over */
bool second_begun;

#define exists(i) RULE(MEMORY, b[i].references > 0)

/*
 * broadcast_release() and the observers: seen in the view of that name alone. There, who has closed a broadcast tells
 * of it in a step of its own, and keeps its reference until then.
 */
#ifdef VIEW_OBSERVERS
bool closed_here;	/* deferred_release.closed; false between two blocks */
#define lock(i) b[i].locked = true
#define note_close(i) closed_here = true
#define AND_TELL(i) ; tell_closed(i)

inline observers_opened(i) {
	RULE(OBSERVERS, !b[i].told_opened && !b[i].told_closed && !b[i].locked);
	RULE(FOLLOWS, i == 0 || b[0].told_closed);
	exists(i);
	b[i].told_opened = true
}

inline observers_closed(i) {
	RULE(OBSERVERS, b[i].told_opened && !b[i].told_closed && !b[i].locked && b[i].state != OPEN);
	exists(i);
	RULE(FOLLOWS, i == 1 || !b[1].queued);
	b[i].told_closed = true
}

inline observers_lost(i) {
	RULE(OBSERVERS, b[i].told_closed && !b[i].locked);
	exists(i)
}

/* Who closed it, in a step of its own; an atomic block of the caller's would keep others from coming between. */
inline broadcast_tell_closed(i) {
#ifdef MUT_TOLD_TOO_EARLY
	b[i].told = true;
	observers_closed(i)
#else
	observers_closed(i);
	b[i].told = true
#endif
}

inline broadcast_await_told(i) {
	!b[i].announced || b[i].state == OPEN || b[i].told
}

inline broadcast_tell_lost(i) {
#ifndef MUT_LOST_DOES_NOT_WAIT
	broadcast_await_told(i);
#endif
	atomic { observers_lost(i) }
}

inline broadcast_release(i) {
#ifdef MUT_TELL_UNDER_LOCK
	if
	:: closed_here && b[i].announced -> observers_closed(i)
	:: else
	fi;
	b[i].locked = false;
#else
	b[i].locked = false;
	if
#if defined(MUT_CLOSED_TOLD_TWICE)
	:: b[i].state != OPEN && b[i].announced -> to_tell = true
#elif defined(MUT_TELL_WITHOUT_ANNOUNCE)
	:: closed_here -> to_tell = true
#else
	:: closed_here && b[i].announced -> to_tell = true
#endif
	:: else
	fi;
#endif
	closed_here = false
}

inline tell_closed(i) {
	if
	:: to_tell -> broadcast_tell_closed(i); atomic { to_tell = false; let_go(i) }
	:: !to_tell
	fi
}

inline broadcast_announce(i) {
#ifdef MUT_ANNOUNCE_BEFORE_OPENED
	atomic { b[i].announced = true; seen = b[i].state };
	observers_opened(i);
#else
	atomic { observers_opened(i) };
#ifdef MUT_ANNOUNCE_READS_STATE_FIRST
	seen = b[i].state;
	b[i].announced = true;
#else
	atomic { b[i].announced = true; seen = b[i].state };
#endif
#endif
	if
#ifndef MUT_ANNOUNCE_FORGETS_CLOSE
	:: seen != OPEN -> seen = OPEN; broadcast_tell_closed(i)
	:: seen == OPEN
#else
	:: seen = OPEN
#endif
	fi
}
#else
#define lock(i) skip
#define note_close(i) skip
#define AND_TELL(i)
#define broadcast_release(i) skip
#endif

inline wake_locked(i) {
	b[i].wake_readable = b[i].wake_open
}

inline broadcast_close_locked(i, reason) {
	RULE(2, b[i].state == OPEN);
	b[i].state = reason;
	note_close(i);
#if defined(VIEW_BIDS) && !defined(MUT_CLOSE_DOES_NOT_SIGNAL)
	signal_claims();
#endif
	wake_locked(i)
}

inline broadcast_expire_locked(i) {
	if
#ifdef VIEW_BIDS
#ifdef MUT_AWARD_AFTER_CLOSE
	:: award_is_due(i) -> bids_award_locked(i)
#else
	:: b[i].state == OPEN && award_is_due(i) -> bids_award_locked(i)
#endif
	:: b[i].state == OPEN && b[i].deadline_passed && !award_is_due(i) -> broadcast_close_locked(i, EXPIRED)
#else
	:: b[i].state == OPEN && b[i].deadline_passed -> broadcast_close_locked(i, EXPIRED)
#endif
	:: else
	fi
}

/* The last one frees it: what it was makes no difference from then on. */
inline broadcast_unref(i) {
	exists(i);
	b[i].references--;
	if
	:: b[i].references == 0 ->
		b[i].state = GONE;
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
	lock(i);
	broadcast_expire_locked(i);
	if
#ifdef MUT_CLOSE_OVERWRITES
	:: true ->
		b[i].state = reason;
		wake_locked(i)
#else
	:: b[i].state == OPEN ->
		RULE(2, b[i].told_yes == NOBODY);
		broadcast_close_locked(i, reason)
	:: else
#endif
	fi;
	RULE(2, b[i].told_yes == NOBODY || b[i].state == CLAIMED);
	broadcast_release(i)
}

inline registry_get(id) {
	atomic {
		i = registry[id];
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
			RULE(4, !in_session || second_begun || id != id_now)
		fi
	}
}

/* The last step with a reference, but for who still has to tell of the close: tell_closed() comes back to this. */
inline let_go(i) {
#ifdef VIEW_OBSERVERS
	if
	:: to_tell
	:: else -> broadcast_unref(i); i = NONE
	fi
#else
	broadcast_unref(i);
	i = NONE
#endif
}

/* Give back what registry_get() gave. */
inline give_back(i) {
#ifdef MUT_GET_WITHOUT_REFERENCE
	i = NONE
#else
	let_go(i)
#endif
}

/* What was taken out of the table: broadcast_close(), and the table's reference */
inline withdraw(old, reason) {
	if
	:: atomic {
		old != NONE ->
		broadcast_close(old, reason);
		b[old].gone = true;
#ifdef MUT_TABLE_KEEPS_REFERENCE
		old = NONE
#else
		let_go(old)
#endif
	} AND_TELL(old)
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
		old = registry[id_of(i)];
		registry[id_of(i)] = i;
		b[i].references++
	}
#ifdef MUT_REPLACE_WITHOUT_WITHDRAW
	drop(old)
#else
	withdraw(old, REPLACED)
#endif
}

/* By the serial, which is the broadcast's number here: a later one of the same ID is left alone (rule 11). */
inline registry_take(i) {
	atomic {
		if
#ifdef MUT_END_BY_ID
		:: registry[id_of(i)] != NONE ->
#else
		:: registry[id_of(i)] == i ->
#endif
			old = registry[id_of(i)];
			RULE(11, old == i);
			registry[id_of(i)] = NONE
		:: else
		fi
	}
#ifdef MUT_CLEANUP_WITHOUT_WITHDRAW
	drop(old)
#else
	withdraw(old, GONE)
#endif
}

/* This very broadcast, of which the caller has a reference, and gives it back after that. */
inline registry_remove(i) {
	atomic {
		if
#ifdef MUT_REMOVE_WHICHEVER
		:: registry[id_of(i)] != NONE ->
#else
		:: registry[id_of(i)] == i ->
#endif
			RULE(6, registry[id_of(i)] == i);
			old = registry[id_of(i)];
			registry[id_of(i)] = NONE
		:: else
		fi
	}
	/* Who replaced it may not have come to withdraw it yet. */
	atomic {
		broadcast_close(i, GONE);
		if
		:: old != NONE -> broadcast_unref(old)
		:: else
		fi;
		old = NONE;
		b[i].gone = true;
		let_go(i)
	} AND_TELL(i)
}

inline broadcast_wake_open(i) {
	exists(i);
	b[i].wake_open = true;
#ifdef MUT_WAKE_OPEN_IGNORES_STATE
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
	/* Who closed it has woken the one who waits. */
	RULE(WAKES, !b[i].wake_open || b[i].state == OPEN || b[i].wake_readable);
	exists(i);
	lock(i);
	broadcast_expire_locked(i);
	broadcast_release(i);
	seen = b[i].state
}
