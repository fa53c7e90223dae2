/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*
 * The locking of a broadcast as a SPIN model: rules 1 to 8, 11 and 12 of SPEC section 2, and what observers and
 * widening and bids promise, as assertions on every interleaving. core.pml, claims.pml, recipients.pml, bids.pml and
 * modules.pml have the steps; here is who takes part.
 *
 * One channel, its broadcast (0) and a later one that follows it (1). The caller hangs up, and an application comes or
 * goes, at any moment: who asks may find it so. All at once is more than a machine can search, so there are views:
 *
 * VIEW_RETRIES: everybody asks twice, and somebody asks for the winner.
 * VIEW_SECOND_OFFER: another thread offers the same channel again.
 * VIEW_WIDENING: the recipients grow while they decline.
 * VIEW_OBSERVERS: who hears what, of two runs of a channel, and of a masquerade at any moment.
 * VIEW_MASQUERADE: the channel gets another ID, and another channel (broadcast 2) the old one.
 * VIEW_SLOTS: an observer is removed while threads tell it (slots.pml).
 * VIEW_TELLING: who tells of what follows a close waits for the thread that tells of that (telling.pml).
 * VIEW_BIDS: bids, their award, claims that wait for it, and the next best of a lost winner (bids.pml).
 *
 * The grain: an atomic block is one critical section of core/, named after its function; between two blocks anything
 * may happen. A broadcast's lock and a lock of the registry's are never held together, so that no block stands for both;
 * a reference is given back at once after the last use, which leaves others the least they can rely on. Every process
 * ends after a bounded number of steps, so that the absence of invalid end states means that nobody waits for ever.
 *
 * The rules are checked where an answer is decided, with what others had been told before.
 *
 * MUT_x: a mistake that could be made. tests/model/run shows that each is refuted.
 */

#ifdef VIEW_MASQUERADE
bool is_other;		/* the channel has another ID */
bool was_taken;		/* the channel went away in a masquerade: its datastore is another's */
bool has_moved;		/* it is on offer under its new ID */
bool channel_is_over, time_is_over;
#ifdef MUT_MOVE_STARTS_TIME_AGAIN
#define MOVE_KEEPS_TIME false
#else
#define MOVE_KEEPS_TIME true
#endif
#endif

#include "core.pml"
#if defined(VIEW_SLOTS)
#include "slots.pml"
#elif defined(VIEW_TELLING)
#include "telling.pml"
#elif defined(VIEW_BIDS)
#include "bids.pml"
#else
#include "claims.pml"
#ifdef VIEW_WIDENING
#include "recipients.pml"
#endif
#include "modules.pml"

/* The broadcast is on offer, and nothing was there before. */
inline offer_first(with_own_reference) {
	datastore = 0;
	registry[0] = 0;
	b[0].references = 2;
	if
	:: with_own_reference -> b[0].references++; i = 0
	:: else
	fi;
	offered = true
}

/* What a claimant, one that declines and the channel's thread keep for themselves */
#ifdef VIEW_OBSERVERS
#define ANYBODY byte i = NONE, told = NOBODY; mtype seen = OPEN; bool to_tell
#else
#define ANYBODY byte i = NONE, told = NOBODY; mtype seen = OPEN
#endif
#define APPLICATION ANYBODY; mtype answer = UNKNOWN; bool is_open, is_allowed
#define CHANNEL ANYBODY; byte old = NONE, mine = NONE; bool claimed, may_be_short

#if defined(VIEW_RETRIES) || defined(VIEW_SECOND_OFFER)

/* The thread that runs the channel: StasisBroadcast() in the dialplan, then the channel's end */
proctype channel() {
	CHANNEL;

#ifdef VIEW_RETRIES
	/* stasis_app_broadcast_channel(), stasis_app_broadcast_wait(): the first wait may be short. */
	atomic { offer_first(false); may_be_short = true };
	attached();
#else
	/* stasis_broadcast_run() */
	atomic { offer_first(true) };
#endif
	wait_on_one(i);
#ifdef VIEW_RETRIES
	may_be_short = false;
	if
	:: !claimed -> attached(); wait_on_one(i)
	:: true
	fi;
#endif
	if
	:: claimed ->
#ifdef MUT_CLEANUP_BEFORE_HANDOVER
		registry_take(0);
#endif
		broadcast_winner(0);
		atomic { claimed = false; in_session = false }	/* stasis_app_exec() has returned */
	:: !claimed
	fi;
	if
	:: stasis_broadcast_end(0)
#ifdef VIEW_SECOND_OFFER
	:: stasis_app_broadcast_cleanup()
#endif
	:: true			/* forgotten (rule 8) */
	fi;
	/* Who offers the channel holds a reference to it: it is destroyed after that. */
	second_done;
#ifndef MUT_DESTROY_FORGETS
	forget_broadcast();
#endif
	skip
}

/* Another thread offers the same channel again. */
proctype second_offer() {
	CHANNEL;

	offered;
#ifdef VIEW_SECOND_OFFER
	second_begun = true;
	offer_channel(1);
	RULE(6, b[0].state != OPEN);
	atomic { b[1].references > 0 -> broadcast_unref(1) };
#endif
	second_done = true
}

proctype claimant() {
	APPLICATION;

	broadcast_claim(0, 1);
#ifdef VIEW_RETRIES
	broadcast_claim(0, 1)
#endif
}

proctype undecided() {
	APPLICATION;

	if
	:: broadcast_decline(0, 2)
	:: broadcast_claim(0, 2)
	fi;
#ifdef VIEW_RETRIES
	broadcast_claim(0, 2)
#endif
}

proctype decliner() {
	APPLICATION;

	broadcast_decline(0, 3);
#ifdef VIEW_RETRIES
	if
	:: broadcast_winner(0)
	:: broadcast_decline(0, 3)
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

inline run_all() {
	run channel();
	run second_offer();
	run claimant();
	run undecided();
	run decliner();
	run first_deadline();
	run second_deadline()
}

#elif defined(VIEW_WIDENING)

proctype channel() {
	CHANNEL;

	/* The reference of each that widens */
	atomic { offer_first(false); b[0].references = b[0].references + 2; run last_round(); run other_round() };
	/* The caller hangs up, or not until the end. To wait for it is in the other views. */
	if
	:: atomic { broadcast_close(0, HUNG_UP) }
	:: true
	fi;
	atomic { _nr_pr == 2 -> skip };
	stasis_broadcast_end(0);
	forget_broadcast()
}

/* The next round, which is the last one: everybody else */
proctype last_round() {
	byte list;
	bool again, has_2, has_3;

	broadcast_widen(0, false, true, false)
}

/* Somebody else at the same time, who knows of a further round */
proctype other_round() {
	byte list;
	bool again, has_2, has_3;

	broadcast_widen(0, true, true, true)
}

proctype decliner(byte who) {
	APPLICATION;

	broadcast_decline(0, who);
	if
	:: who == 2 -> broadcast_decline(0, who)
	:: else
	fi
}

proctype claimant() {
	APPLICATION;

	broadcast_claim(0, 1)
}

proctype deadline() {
	b[0].deadline_passed = true
}

inline run_all() {
	b[0].more_to_come = true;
	if
	:: b[0].offered_2 = true; b[0].added_2 = true
	:: true
	fi;
	run channel();
	run decliner(2);
	run decliner(3);
	run claimant();
	run deadline()
}

#elif defined(VIEW_OBSERVERS)

/* Two runs: the first winner was lost, or the dialplan offers the channel again. */
proctype channel() {
	CHANNEL;

	may_be_short = true;
	offer_channel(0);
	i = 0;
	wait_on_one(i);
	if
	:: claimed -> broadcast_tell_lost(0)
	:: !claimed
	fi;
	atomic { claimed = false; in_session = false; second_begun = true };
	offer_channel(1);
	i = 1;
	wait_on_one(i);
	atomic { claimed = false; in_session = false };
	stasis_broadcast_end(1);
	forget_broadcast()
}

/* channel_was_taken(): with the channel's lock, so that its datastore stays meanwhile */
proctype masquerade() {
	byte i = NONE;
	bool to_tell;

	if
	:: atomic {
		datastore != NONE -> channel_locked = true; i = datastore; broadcast_close(i, HUNG_UP)
	}
		if
		:: to_tell -> broadcast_tell_closed(i); to_tell = false
		:: !to_tell
		fi;
		atomic { i = NONE; channel_locked = false }
	:: true
	fi
}

proctype claimant(byte who) {
	APPLICATION;

	broadcast_claim(0, who)
}

proctype deadline() {
	b[0].deadline_passed = true
}

inline run_all() {
	run channel();
	run masquerade();
	run claimant(1);
	run claimant(2);
	run deadline()
}

#elif defined(VIEW_MASQUERADE)

proctype channel() {
	CHANNEL;

	atomic { offer_first(true) };
#ifdef MUT_WAIT_BY_ID
	broadcast_unref(i);
	registry_get(0);
#endif
	wait_on_one(i);
	if
	:: i != NONE -> offer_move()
	:: i == NONE
	fi;
	atomic { claimed = false; in_session = false };
	if
	:: has_moved -> stasis_broadcast_end(1)
	:: !has_moved -> stasis_broadcast_end(0)
	fi;
	channel_is_over = true;
	forget_broadcast()
}

/* The channel becomes another caller's, or another channel what it was: channel_was_taken(). */
proctype masquerade() {
	if
	:: is_other = true
	:: atomic {
		offered && datastore != NONE ->
#ifndef MUT_FIXUP_LEAVES_OPEN
		broadcast_close(datastore, HUNG_UP);
#endif
		was_taken = true
	}
	:: true
	fi
}

/* The channel that has the old ID now is offered, too. Nobody but itself ends its broadcast. */
proctype other_channel() {
	CHANNEL;

	if
	:: offered && is_other ->
		b[2].references = 1;
		registry_put(2);
		channel_is_over;
		RULE(11, registry[0] == 2);
		i = 2;
		registry_remove(i)
	:: true
	fi
}

proctype claimant(byte who) {
	APPLICATION;

	if
	:: broadcast_claim(0, who)
	:: has_moved -> broadcast_claim(1, who)
	:: channel_is_over
	fi
}

proctype deadline() {
	atomic {
		time_is_over = true;
		b[0].deadline_passed = true;
		b[1].deadline_passed = b[1].deadline_passed || (has_moved && MOVE_KEEPS_TIME)
	}
}

inline run_all() {
	run channel();
	run masquerade();
	run other_channel();
	run claimant(1);
	run claimant(2);
	run deadline()
}

#endif

init {
	atomic {
		registry[0] = NONE;
		registry[1] = NONE;
		b[0].state = OPEN;
		b[1].state = OPEN;
		b[2].state = OPEN;
		run_all()
	}
	/* All is over: nothing is left of a channel that was destroyed. */
	_nr_pr == 1;
	RULE(8, registry[0] == NONE && registry[1] == NONE && datastore == NONE);
	RULE(MEMORY, b[0].references == 0 && b[1].references == 0 && b[2].references == 0);
#ifdef VIEW_OBSERVERS
	RULE(OBSERVERS, b[0].told_opened && b[0].told_closed && b[1].told_opened && b[1].told_closed);
#endif
	skip
}
#endif
