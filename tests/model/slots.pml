/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*
 * A slot of core/observers.c: threads tell the observer in it without a lock, while another removes it. A step here is
 * one access to an atomic of the slot. Once it is removed, no thread is in one of its functions, and nobody waits for ever.
 */

bool observer = true;	/* it is in the slot */
bool wanted = true;	/* and the step is one that it wants to hear of */
byte callers[2];	/* of two stripes */
bool awaited;
bool slots_locked, waits;	/* slots_lock, and the wait on its condition */
bool removed;		/* known to the checker alone: observers_remove() has returned */

#define lock_slots() atomic { !slots_locked -> slots_locked = true }

/* tell(): slot_enter(), the observer's function, slot_leave() */
proctype teller(byte stripe) {
	bool found, is_last;

	if
	:: wanted ->
#ifdef MUT_SLOT_READ_FIRST
		found = observer;
		callers[stripe]++;
#else
		callers[stripe]++;
		found = observer;
#endif
		if
		/* In its function: entered, and left in the next step */
		:: found -> RULE(OBSERVERS, !removed); RULE(OBSERVERS, !removed)
		:: !found
		fi;
		atomic { callers[stripe]--; is_last = (callers[stripe] == 0) };
		if
		:: is_last && awaited ->
#ifndef MUT_LEAVE_DOES_NOT_SIGNAL
			lock_slots();
			waits = false;
			slots_locked = false;
#endif
			skip
		:: !is_last || !awaited
		fi
	:: !wanted
	fi
}

/* observers_remove() */
proctype remover() {
	byte stripe = 0;

	lock_slots();
#ifndef MUT_AWAITED_TOO_LATE
	awaited = true;
#endif
	wanted = false;
	observer = false;
#ifdef MUT_REMOVE_WAITS_FOR_ONE_STRIPE
	stripe = 1;
#endif
#ifndef MUT_REMOVE_DOES_NOT_WAIT
	do
	:: callers[stripe] > 0 ->
		/* pthread_cond_wait() */
		atomic { slots_locked = false; waits = true };
#ifdef MUT_AWAITED_TOO_LATE
		awaited = true;
#endif
		atomic { !waits && !slots_locked -> slots_locked = true }
	:: callers[stripe] == 0 && stripe == 0 -> stripe = 1
	:: callers[stripe] == 0 && stripe == 1 -> break
	od;
#endif
	awaited = false;
	removed = true;
	slots_locked = false
}

init {
	atomic {
		run teller(0);
		run teller(0);
		run teller(1);
		run remover()
	}
	if
	:: _nr_pr == 1 -> RULE(OBSERVERS, removed && callers[0] + callers[1] == 0)
	/* Nobody can go on. */
	:: timeout -> RULE(OBSERVERS, false)
	fi
}
