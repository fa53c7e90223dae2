/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*
 * The steps of modules/res_stasis_broadcast/ on the channel's side: attach.c, offer.c, wait.c and api.c.
 */

byte datastore = NONE;	/* the channel's own reference */
bool offered, second_done;
#ifdef VIEW_OBSERVERS
bool channel_locked;	/* by a masquerade, which tells observers with the channel's lock */
#define channel_is_free !channel_locked
#else
#define channel_is_free true
#endif

/* forget_broadcast(), the datastore's destructor: registry_remove() and the datastore's reference */
inline forget_broadcast() {
	atomic { channel_is_free -> mine = datastore; datastore = NONE }
	if
	:: mine != NONE -> registry_remove(mine)
	:: mine == NONE
	fi
}

#ifdef VIEW_OBSERVERS
/* replace() of what take_off() gave, and forget_broadcast(). Who closed it has told of that before it is forgotten. */
inline detach_replaced() {
	atomic { channel_is_free -> mine = datastore; datastore = NONE }
	if
	:: atomic { mine != NONE -> broadcast_close(mine, REPLACED) }
		if
		:: to_tell -> broadcast_tell_closed(mine); to_tell = false
		:: !to_tell
		fi;
#ifndef MUT_NEXT_DOES_NOT_WAIT
		broadcast_await_told(mine);
#endif
		registry_remove(mine)
	:: mine == NONE
	fi
}
#endif

/* attach(): the earlier broadcast of the channel has ended, and that was told, before this one is told of. */
inline attach(i) {
#ifdef MUT_REPLACE_WITHOUT_WITHDRAW
	atomic {
		if
		:: datastore != NONE -> broadcast_unref(datastore)
		:: else
		fi
	}
#elif defined(VIEW_OBSERVERS)
	detach_replaced();
#else
	forget_broadcast();
#endif
	atomic { channel_is_free -> datastore = i; b[i].references++ }
}

/* publish(), and delivery_offer(), which queues CallBroadcast */
inline publish(i) {
#if defined(MUT_REMOVE_WHICHEVER) || defined(MUT_PUT_BEFORE_ANNOUNCE)
	registry_put(i);
	attach(i);
#else
	attach(i);
#endif
#ifdef VIEW_OBSERVERS
	broadcast_announce(i);
#endif
#if !defined(MUT_REMOVE_WHICHEVER) && !defined(MUT_PUT_BEFORE_ANNOUNCE)
	registry_put(i);
#endif
#ifdef VIEW_OBSERVERS
	b[i].queued = true;
#endif
	skip
}

/* offer_channel(): broadcast_create(), publish(). Who offers keeps a reference of its own. */
inline offer_channel(i) {
	atomic {
		b[i].references = 1;
#ifdef VIEW_MASQUERADE
		RULE(12, i != 1 || (b[0].told_yes == NOBODY && b[0].state != OPEN))
#endif
	};
	publish(i)
}

/* attached(): the broadcast that the channel has now */
inline attached() {
	atomic {
		i = datastore;
		if
		:: i != NONE -> exists(i); b[i].references++
		:: else
		fi
	}
}

/* What wait returns: is it right after what others were told? */
inline wait_is_over(i) {
	RULE(2, told == NOBODY || (seen == CLAIMED && b[i].winner == told));
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
	let_go(i)
}

/* service_channel() has found the caller hung up, or compare_channel() the channel gone. */
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
	atomic { broadcast_close(i, HUNG_UP); broadcast_state(i); wait_is_over(i) } AND_TELL(i)
#endif
}

/* wait_on_one(): ast_waitfor_nandfds() on the channel and the wake-up until the deadline */
inline wait_on_one(i) {
#ifdef VIEW_MASQUERADE
	/* Of a run: the broadcast that it made, whatever bears the ID by then. */
	RULE(11, i != 2);
#endif
	if
	:: atomic {
		i != NONE ->
		told = b[i].told_yes;
		broadcast_state(i);
		if
		:: seen != OPEN -> wait_is_over(i)
		:: else
		fi
	} AND_TELL(i)
	:: i == NONE
	fi;
	if
	:: atomic { i != NONE -> broadcast_wake_open(i) }
		if
		:: atomic { b[i].wake_readable -> broadcast_state(i); RULE(WAKES, seen != OPEN); wait_is_over(i) } AND_TELL(i)
		:: atomic { b[i].deadline_passed -> broadcast_state(i); RULE(3, seen != OPEN); wait_is_over(i) } AND_TELL(i)
		:: atomic { may_be_short -> broadcast_state(i); wait_is_over(i) } AND_TELL(i)
#ifdef VIEW_MASQUERADE
		/* compare_channel(): it has become another caller's, and has that one's ID. */
		:: atomic { is_other && i == 0 -> told = NOBODY; broadcast_wake_close(i) }
#endif
		:: caller_hung_up(i)
		fi
	:: i == NONE
	fi
}

#ifdef VIEW_MASQUERADE
/* offer_move(): the old ID is withdrawn first, unless somebody has claimed it; then the new one is on offer (rule 12). */
inline offer_move() {
	atomic {
#ifndef MUT_MOVE_LEAVES_OPEN
		broadcast_close(i, REPLACED);
#endif
#if defined(MUT_MOVE_IGNORES_CLAIM) || defined(MUT_MOVE_LEAVES_OPEN)
		seen = REPLACED;
#else
		seen = b[i].state;
#endif
		has_moved = (seen == REPLACED);
		if
		:: has_moved -> seen = OPEN; b[1].deadline_passed = MOVE_KEEPS_TIME && b[0].deadline_passed
		:: else -> wait_is_over(i)
		fi
	};
	if
	:: has_moved -> offer_channel(1); registry_remove(i); i = 1; wait_on_one(i)
	:: !has_moved
	fi
}
#endif

/* stasis_broadcast_end(): this very broadcast (rule 11) */
#define stasis_broadcast_end(i) registry_take(i)

/* stasis_app_broadcast_cleanup(): what the ID finds */
inline stasis_app_broadcast_cleanup() {
	registry_get(0);
	if
	:: i != NONE -> registry_remove(i)
	:: i == NONE
	fi
}
