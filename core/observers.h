/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Who hears of each step of a broadcast: opened, widened, answered, winner lost, closed.
 *
 * An observer is one file somewhere and one line that registers it. A broadcast tells it with no lock held.
 */

#ifndef CORE_OBSERVERS_H
#define CORE_OBSERVERS_H

#include "broadcast.h"

/*! \brief What an application asked for. */
enum broadcast_request {
	BROADCAST_REQUEST_CLAIM,
	BROADCAST_REQUEST_DECLINE,
	BROADCAST_REQUEST_BID,
	/*! The next in line, whichever that is: a claim if it succeeds, and if not, another one was next. */
	BROADCAST_REQUEST_TAKE,
};

/*! \brief A claim, a decline or a bid, and what it was answered. All of it is borrowed for the call. */
struct broadcast_answer {
	/*! Who asked; may be NULL or empty. */
	const char *app;
	enum broadcast_request request;
	enum broadcast_result result;
	/*! Why it is forbidden, for a line of the log; NULL for every other result. */
	const char *reason;
};

/*! \brief How the time of a winner with the call ended. Borrowed for the call. */
struct broadcast_session {
	/*! Whether there was any: it was claimed, and not lost. */
	int has_begun;
	/*! Whether the caller hung up, and not the winner, or somebody else, let the call go. */
	int caller_ended;
	/*! How long it was, in milliseconds. */
	int64_t talk_ms;
};

/*!
 * \brief An observer. A function that is NULL is not called.
 *
 * Each function may be called by any thread, with no lock of the core held; if a channel is destroyed or
 * masqueraded, with locks of channels held: it must not block, lock a channel, or add and remove observers.
 * Opened comes first and closed is told once. The claim or decline that closes it is told as answered before that; but
 * for it, widened and answered may come beside or after closed. Lost and ended come when all have heard of the close.
 */
struct broadcast_observer {
	/*! For who debugs. */
	const char *name;
	/*! It can be claimed from now on, or has closed at once for want of recipients. */
	void (*opened)(struct broadcast *broadcast);
	/*! Applications were added to its recipients. */
	void (*widened)(struct broadcast *broadcast, struct names *added);
	/*! A claim, a decline or a bid was answered. */
	void (*answered)(struct broadcast *broadcast, const struct broadcast_answer *answer);
	/*! Its winner was gone before it had the call. */
	void (*lost)(struct broadcast *broadcast, const char *app);
	/*! It has closed, in this state. */
	void (*closed)(struct broadcast *broadcast, enum broadcast_state state);
	/*! The winner is done with the call, or there was none: it is about to be forgotten. Not told of every broadcast. */
	void (*ended)(struct broadcast *broadcast, const struct broadcast_session *session);
	/*!
	 * An application was offered \a unanswered calls in a row that ended without anybody, and does not answer: it is
	 * silent; or, silent until now, it answers again.
	 */
	void (*silent)(const char *app, int is_silent, unsigned int unanswered);
};

/*!
 * \brief Have an observer hear of all broadcasts, after those that were added before it.
 *
 * \param observer Borrowed until observers_remove().
 *
 * \retval 0 on success, -1 if there are sixteen already.
 *
 * \note Any thread, but not in an observer. Takes the lock of the slots.
 */
int observers_add(const struct broadcast_observer *observer);

/*!
 * \brief Have it hear of nothing any more. When this returns, no thread is in one of its functions.
 *
 * \param observer The observer; nothing happens if it was not added.
 *
 * \note Any thread, but not in an observer. Waits, without a lock, for the threads that are in its functions.
 */
void observers_remove(const struct broadcast_observer *observer);

/*! \brief Tell all observers. Any thread, with no lock held; nothing but a load if there are none. */
void observers_opened(struct broadcast *broadcast);
/*! \copydoc observers_opened */
void observers_widened(struct broadcast *broadcast, struct names *added);
/*! \copydoc observers_opened */
void observers_answered(struct broadcast *broadcast, const struct broadcast_answer *answer);
/*! \copydoc observers_opened */
void observers_lost(struct broadcast *broadcast, const char *app);
/*! \copydoc observers_opened */
void observers_closed(struct broadcast *broadcast, enum broadcast_state state);
/*! \copydoc observers_opened */
void observers_ended(struct broadcast *broadcast, const struct broadcast_session *session);
/*! \copydoc observers_opened */
void observers_silent(const char *app, int is_silent, unsigned int unanswered);

#endif /* CORE_OBSERVERS_H */
