/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*
 * The wait of core/telling.c: one thread tells of the close, two wait until it has. A step here is one access to the atomic.
 * Who tells of what follows comes after all have heard of the close, and nobody waits for ever.
 */

bool told, awaited;	/* the bits of broadcast.telling */
bool told_locked;	/* told_lock, and who waits on its condition */
bool waits[2];
bool heard;		/* known to the checker alone: the observers have heard of the close */

#define lock_told() atomic { !told_locked -> told_locked = true }

/* broadcast_tell_closed() */
proctype closer() {
	bool is_awaited;

#ifndef MUT_AWAITED_READ_FIRST
	heard = true;			/* observers_closed() */
	atomic { told = true; is_awaited = awaited };
#else
	heard = true;
	is_awaited = awaited;
	told = true;
#endif
	if
	:: is_awaited ->
#ifndef MUT_TOLD_WITHOUT_LOCK
		lock_told();
#endif
		atomic { waits[0] = false; waits[1] = false }
#ifndef MUT_TOLD_WITHOUT_LOCK
		told_locked = false
#endif
	:: !is_awaited
	fi
}

/* broadcast_await_told() of one that has closed and was announced, then what follows */
proctype follower(byte me) {
	bool is_told;

	is_told = told;
	if
	:: !is_told ->
		lock_told();
		do
		:: atomic { !is_told -> is_told = told; awaited = true }
			if
			:: !is_told ->
				/* pthread_cond_wait() */
				atomic { told_locked = false; waits[me] = true };
				atomic { !waits[me] && !told_locked -> told_locked = true }
			:: is_told
			fi
		:: is_told -> break
		od;
		told_locked = false
	:: is_told
	fi;
	RULE(OBSERVERS, heard)
}

init {
	atomic {
		run closer();
		run follower(0);
		run follower(1)
	}
	if
	:: _nr_pr == 1 -> RULE(OBSERVERS, heard)
	/* Nobody can go on. */
	:: timeout -> RULE(OBSERVERS, false)
	fi
}
