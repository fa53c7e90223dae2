/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*
 * The steps of core/recipients.c: the list is read, a longer one is made without the lock, and it takes the place of
 * the first one if that is there still and the broadcast is open.
 */

/* set_recipients_locked(): who was added must not be lost by another widening, nor told twice. */
inline set_recipients_locked(i, with_2, with_3) {
	RULE(WIDENS, b[i].state == OPEN && !b[i].deadline_passed);
	RULE(WIDENS, !with_2 || has_2 || !b[i].added_2);
	RULE(WIDENS, !with_3 || has_3 || !b[i].added_3);
	b[i].offered_2 = has_2 || with_2;
	b[i].offered_3 = has_3 || with_3;
	b[i].added_2 = b[i].added_2 || b[i].offered_2;
	b[i].added_3 = b[i].added_3 || b[i].offered_3;
	RULE(WIDENS, (!b[i].added_2 || b[i].offered_2) && (!b[i].added_3 || b[i].offered_3));
	b[i].list++;
#ifdef MUT_WIDEN_FORGETS_DECLINES
	b[i].has_declined_2 = false;
	b[i].has_declined_3 = false;
	b[i].declines = 0;
#endif
	RULE(WIDENS, (!b[i].noted_2 || b[i].has_declined_2) && (!b[i].noted_3 || b[i].has_declined_3))
}

inline commit_widening(i, with_2, with_3, more) {
	exists(i);
#ifndef MUT_WIDEN_SKIPS_DEADLINE
	broadcast_expire_locked(i);
#endif
	again = (b[i].list != list);
#ifdef MUT_WIDEN_LOSES_ANOTHER
	again = false;
#endif
	if
#ifdef MUT_WIDEN_AFTER_CLOSE
	:: !again ->
#else
	:: b[i].state == OPEN && !again ->
#endif
		set_recipients_locked(i, with_2, with_3);
		b[i].more_to_come = more;
#ifndef MUT_WIDEN_DOES_NOT_JUDGE
		broadcast_judge_declines_locked(i);
#endif
		RULE(DECLINES, b[i].state != OPEN || more || !all_have_declined(i))
	:: else -> again = (again && b[i].state == OPEN)
	fi
}

/* Who widens has a reference of its own. */
inline broadcast_widen(i, with_2, with_3, more) {
	do
	:: atomic { list = b[i].list; has_2 = b[i].offered_2; has_3 = b[i].offered_3 };
		atomic {
			commit_widening(i, with_2, with_3, more);
			list = 0;
			has_2 = false;
			has_3 = false;
			if
			:: again -> again = false
			:: else -> broadcast_unref(i); break
			fi
		}
	od
}
