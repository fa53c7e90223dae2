/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief One broadcast: a channel on offer, from the first event to the clean-up.
 *
 * It is open until the first of: claimed, expired, hung up, declined by all, withdrawn. The one
 * change from open to closed happens under the broadcast's own lock, which is what rules 1 to 4 of
 * SPEC stand on.
 */

#ifndef CORE_BROADCAST_H
#define CORE_BROADCAST_H

#include <stddef.h>
#include <stdint.h>

#include "app_filter.h"
#include "names.h"

/*! \brief The longest time a broadcast stays open: 24 hours, in milliseconds. */
#define BROADCAST_MAX_TIMEOUT_MS (24 * 60 * 60 * 1000)

/*! \brief A broadcast, reference-counted. */
struct broadcast;

/*! \brief Where a broadcast is. Everything but \c BROADCAST_OPEN is final. */
enum broadcast_state {
	/*! A claim can succeed until the deadline. */
	BROADCAST_OPEN,
	/*! An application has it. */
	BROADCAST_CLAIMED,
	/*! Nobody claimed before the deadline. */
	BROADCAST_EXPIRED,
	/*! The caller hung up first. */
	BROADCAST_HUNG_UP,
	/*! Every recipient declined, or there was none to begin with. */
	BROADCAST_DECLINED,
	/*! Replaced by another broadcast of the same channel, cleaned up, or the channel is gone. */
	BROADCAST_WITHDRAWN,
};

/*! \brief What a claim or a decline was answered. */
enum broadcast_answer {
	/*! The channel is the claimant's; or the decline is noted. */
	BROADCAST_YES = 0,
	/*! The broadcast has closed without a winner. */
	BROADCAST_CLOSED = -1,
	/*! Another application has it; or, for a decline, any application has it. */
	BROADCAST_TAKEN = -2,
	/*! The application is not registered, or the filter does not match it. */
	BROADCAST_BARRED = -3,
};

/*! \brief What a broadcast is made of. All of it is borrowed for the call of broadcast_create(). */
struct broadcast_terms {
	/*! The unique ID of the channel. */
	const char *channel_id;
	/*! How long a claim can succeed, in milliseconds: negative is 0, more than 24 hours is 24 hours. */
	int timeout_ms;
	/*! Who may claim; NULL: every registered application. */
	struct app_filter *filter;
	/*! The applications that it is offered to; NULL is the empty list, which closes it at once. */
	struct names *recipients;
	/*! Applications that may not claim whatever the filter says; NULL: none. */
	struct names *barred;
	/*! Whether everybody else may, neither asked for the registration nor by the filter. */
	int any_claimant;
	/*! As many broadcasts may be open at once, this one included; 0: no limit. */
	size_t max_open;
	/*! What the maker wants at hand when it is claimed. May be NULL. */
	void *cargo;
	/*!
	 * Gives the cargo back: when the broadcast closes unclaimed, or when it is freed and nobody has
	 * taken the cargo with broadcast_take_cargo(). Called without a lock. May be NULL.
	 */
	void (*release)(void *cargo);
};

/*! \brief A look at a broadcast, see broadcast_look(). */
struct broadcast_look {
	enum broadcast_state state;
	/*! As given when it was made, after the limits. */
	int timeout_ms;
	/*! What is left of it, in milliseconds rounded up; 0 if it is not open. */
	int remaining_ms;
	/*! A reference. */
	struct names *recipients;
	/*! Those that declined, a reference; NULL if none. */
	struct names *declined;
	/*! A copy; NULL if it is not claimed. */
	char *winner;
};

/*! \brief The monotonic clock that deadlines are set on, in nanoseconds. */
int64_t broadcast_clock_ns(void);

/*!
 * \brief Make a broadcast. Its time runs from now on.
 *
 * \param terms What it is made of.
 *
 * \return A broadcast with one reference, to give back with broadcast_unref().
 * \retval NULL if the channel ID is NULL or empty, or memory ran out, or, with \c errno \c EBUSY, if
 *         \c max_open broadcasts are open. The cargo is then still the caller's.
 *
 * \note Any thread; takes no lock.
 */
struct broadcast *broadcast_create(const struct broadcast_terms *terms);

/*!
 * \brief How many broadcasts are open. One whose deadline has passed is, until somebody looks at it: who waits does.
 *
 * \note Any thread; takes no lock.
 */
size_t broadcast_open_count(void);

/*! \brief Take one more reference. \return \a broadcast, which may be NULL. */
struct broadcast *broadcast_ref(struct broadcast *broadcast);

/*! \brief Give a reference back; the last one frees it. \a broadcast may be NULL. */
void broadcast_unref(struct broadcast *broadcast);

/*! \brief The unique ID of its channel. Lives as long as the broadcast. */
const char *broadcast_channel_id(const struct broadcast *broadcast);

/*! \brief The text of its filter; "" if it has none. Lives as long as the broadcast. */
const char *broadcast_filter_text(const struct broadcast *broadcast);

/*!
 * \brief Claim it for an application (rules 1 to 5).
 *
 * \param broadcast The broadcast.
 * \param app The claimant's name.
 * \param is_registered Asked, without a lock held, whether \a app is registered now. NULL: it is.
 *
 * \retval BROADCAST_YES if it is the claimant's now, or was already.
 * \retval BROADCAST_CLOSED, BROADCAST_TAKEN, BROADCAST_BARRED otherwise.
 * \param[out] first Set to 1 if this very call made it the claimant's, else to 0; may be NULL.
 *
 * \note Any thread. Takes the broadcast's lock, and wakes who waits.
 */
enum broadcast_answer broadcast_claim(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app), int *first);

/*!
 * \brief Note that an application does not want it; the last recipient's decline closes it.
 *
 * An application that is not among the recipients but may claim can decline too: that is answered yes
 * and does not count. Having declined does not keep an application from claiming while it is open.
 *
 * \param broadcast The broadcast.
 * \param app The name of the application that declines.
 * \param is_registered As in broadcast_claim().
 *
 * \retval BROADCAST_YES if it is noted, or was before.
 * \retval BROADCAST_CLOSED, BROADCAST_TAKEN, BROADCAST_BARRED otherwise.
 *
 * \note Any thread. Takes the broadcast's lock, and wakes who waits.
 */
enum broadcast_answer broadcast_decline(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app));

/*!
 * \brief Close it, unless it is closed already.
 *
 * \param broadcast The broadcast.
 * \param reason \c BROADCAST_HUNG_UP or \c BROADCAST_WITHDRAWN.
 *
 * \return The state it is in now: \a reason, or how it had closed before. After this, no claim can
 *         succeed any more (rule 3), and one that did is not lost (rule 2).
 *
 * \note Any thread. Takes the broadcast's lock, and wakes who waits.
 */
enum broadcast_state broadcast_close(struct broadcast *broadcast, enum broadcast_state reason);

/*!
 * \brief The state it is in now. Closes it as expired if its deadline has passed.
 *
 * \note Any thread. Takes the broadcast's lock.
 */
enum broadcast_state broadcast_state(struct broadcast *broadcast);

/*! \brief Whether it was offered to anybody. Any thread; takes no lock. */
int broadcast_has_recipients(const struct broadcast *broadcast);

/*!
 * \brief What is left until its deadline, in milliseconds rounded up, so that whoever waits that long
 *        finds it expired; 0 if the deadline has passed.
 *
 * \note Any thread; takes no lock.
 */
int broadcast_remaining_ms(const struct broadcast *broadcast);

/*!
 * \brief When it closed, in nanoseconds of broadcast_clock_ns(); 0 while it is open.
 *
 * \note Any thread; takes no lock.
 */
int64_t broadcast_closed_ns(const struct broadcast *broadcast);

/*!
 * \brief Note that its channel is on offer again: from now on nobody is to hear how this one ended.
 *
 * \note Any thread; takes no lock. Set before the first event of the next broadcast is queued.
 */
void broadcast_set_followed(struct broadcast *broadcast);

/*! \brief Whether broadcast_set_followed() was called. Any thread; takes no lock. */
int broadcast_is_followed(const struct broadcast *broadcast);

/*!
 * \brief A file descriptor to poll, which becomes readable when the broadcast closes and stays so.
 *
 * \param broadcast The broadcast. Each successful call must be paired with broadcast_wake_close().
 *
 * \return The descriptor, not to be read from or closed; already readable if the broadcast is closed.
 * \retval -1 if there is none to be had (\c errno says why).
 *
 * \note Any thread. Takes the broadcast's lock. All who wait at the same time share one descriptor,
 *       and none is kept for a call that nobody waits for.
 */
int broadcast_wake_open(struct broadcast *broadcast);

/*! \brief Give up the descriptor that broadcast_wake_open() gave. Any thread; takes the lock. */
void broadcast_wake_close(struct broadcast *broadcast);

/*!
 * \brief The winner's name.
 *
 * \return A copy to free(), or NULL if it is not claimed or memory ran out.
 *
 * \note Any thread. Takes the broadcast's lock. Changes nothing (rule 7).
 */
char *broadcast_winner(struct broadcast *broadcast);

/*!
 * \brief Take the cargo, once.
 *
 * \return The cargo, now the caller's; NULL if it was taken before or there was none.
 *
 * \note Any thread. Takes the broadcast's lock.
 */
void *broadcast_take_cargo(struct broadcast *broadcast);

/*!
 * \brief Look at everything at one moment.
 *
 * \param broadcast The broadcast.
 * \param[out] look Filled in; to give back with broadcast_look_done().
 *
 * \note Any thread. Takes the broadcast's lock. Expires it as broadcast_state() does.
 */
void broadcast_look(struct broadcast *broadcast, struct broadcast_look *look);

/*! \brief Give back what a look holds. */
void broadcast_look_done(struct broadcast_look *look);

/*!
 * \brief Whether an application could claim it now: open, registered, and matched by the filter (rule 5).
 *
 * \note Any thread. Takes the broadcast's lock for a moment.
 */
int broadcast_may_claim(struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app));

#endif /* CORE_BROADCAST_H */
