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

/*! \brief The most filters that a broadcast can have, one a circle. */
#define BROADCAST_MAX_ROUNDS 8

/*! \brief The longest window of bids, in milliseconds. */
#define BROADCAST_MAX_BID_WINDOW_MS 5000

/*! \brief The highest score of a bid; the lowest is 0. */
#define BROADCAST_MAX_SCORE 1000

/*! \brief As many claims may wait for the award of bids at once, of all broadcasts together. */
#define BROADCAST_MAX_WAITING_CLAIMS 64

/*! \brief A broadcast, reference-counted. */
struct broadcast;
struct broadcast_session;

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
	/*! Taken back by an operator. */
	BROADCAST_WITHDRAWN,
	/*! The channel is on offer again, or bears another ID now (rules 6 and 12). */
	BROADCAST_REPLACED,
	/*! Cleaned up, or the channel or the module has gone. */
	BROADCAST_GONE,
};

/*! \brief What a claim, a bid or a decline was answered. */
enum broadcast_result {
	/*! The channel is the claimant's; or the bid or the decline is noted. */
	BROADCAST_OK = 0,
	/*! The broadcast has closed without a winner. */
	BROADCAST_CLOSED = -1,
	/*! Another application has it; or, for a decline, any application has it. */
	BROADCAST_TAKEN = -2,
	/*! The application is not registered, or the filter does not match it; or the score of its bid is no score. */
	BROADCAST_FORBIDDEN = -3,
	/*! As many claims as may wait for an award do: this one is no bid, and the application may bid, or claim later. */
	BROADCAST_BUSY = -4,
	/*! A claim that waited for an award, and a decline of the same application has taken its bid back: it is open still. */
	BROADCAST_TAKEN_BACK = -5,
};

/*! \brief What a broadcast is made of. All of it is borrowed for the call of broadcast_create(). */
struct broadcast_terms {
	/*! The unique ID of the channel. */
	const char *channel_id;
	/*! How long a claim can succeed, in milliseconds: negative is 0, more than 24 hours is 24 hours. */
	int timeout_ms;
	/*! When that ends, of broadcast_clock_ns(), if it goes on with what is left of another one's time; 0: counted from now. */
	int64_t deadline_ns;
	/*! Who may claim; NULL: every registered application. See broadcast_admit(). */
	struct app_filter *filter;
	/*! What broadcast_filter_text() tells; NULL: the text of \a filter. */
	const char *filter_text;
	/*! The applications that it is offered to; NULL is the empty list, which closes it at once. */
	struct names *recipients;
	/*! Applications that may not claim whatever the filter says; NULL: none. */
	struct names *excluded;
	/*! Whether everybody else may, neither asked for the registration nor by the filter. */
	int any_claimant;
	/*! Whether more recipients are still to come: until then it is neither offered to nobody nor declined by all. */
	int more_to_come;
	/*! How long bids are collected from the first one on, in milliseconds; 0: the first claim wins. */
	int bid_window_ms;
	/*!
	 * A broadcast of the channel whose winner was lost; NULL: none. Its bids count for this one, and are decided at
	 * once: those of recipients, but for the winner's.
	 */
	struct broadcast *bids_of;
	/*! The recipients whose bids count then: those that would have the call at once. NULL: all. */
	struct names *bidders;
	/*! As many broadcasts may be open at once, this one included; 0: no limit. */
	size_t max_open;
	/*! What the maker and its observers want at hand, see broadcast_data(). May be NULL. */
	void *data;
	/*! Frees the data when the broadcast is freed. Called without a lock. May be NULL. */
	void (*free_data)(void *data);
};

/*! \brief All of a broadcast at one moment, see broadcast_get_snapshot(). */
struct broadcast_snapshot {
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
	/*! The ID that its channel has now, a copy; NULL if that is broadcast_channel_id(). */
	char *moved_to;
	/*! How many bids it has, the one that won included. */
	size_t bids;
	/*! The score of the bid that won; -1 if none has. */
	int score;
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
 *         \c max_open broadcasts are open. The data is then still the caller's.
 *
 * \note Any thread; takes no lock. It is to be announced before a claim can find it.
 */
struct broadcast *broadcast_create(const struct broadcast_terms *terms);

/*!
 * \brief Tell the observers that it is open, or that it has closed at once since there is nobody to offer it to.
 *
 * Called once. Without it, observers hear nothing of the broadcast.
 *
 * \note The thread that made it. Takes the broadcast's lock, and tells the observers without it.
 */
void broadcast_announce(struct broadcast *broadcast);

/*!
 * \brief Wait until all observers have heard that it closed: another thread may have closed it a moment ago, and be about to
 *        tell. Not of one that is open, or was not announced.
 *
 * \note Any thread that holds no lock, and is not in an observer. Takes the broadcast's lock for a moment. As observers do not
 *       block, it does not wait for longer than they take.
 */
void broadcast_await_told(struct broadcast *broadcast);

/*! \brief Tell the observers that its winner was gone before it had the call, after the claim. As broadcast_await_told(). */
void broadcast_tell_lost(struct broadcast *broadcast, const char *app);

/*!
 * \brief Tell the observers how its winner's session ended, after the close, and after the loss if it was lost. As
 *        broadcast_await_told().
 */
void broadcast_tell_ended(struct broadcast *broadcast, const struct broadcast_session *session);

/*! \brief The data of its terms. Lives as long as the broadcast. Any thread; takes no lock. */
void *broadcast_data(const struct broadcast *broadcast);

/*! \brief A number that no other broadcast of this channel ID has, and not 0. Any thread; takes no lock. */
unsigned long broadcast_serial(const struct broadcast *broadcast);

/*!
 * \brief How many broadcasts are open. One whose deadline has passed is, until its state is asked for: who waits does.
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

/*! \brief Who may not claim it, as its terms said; borrowed. Any thread; takes no lock. */
struct names *broadcast_excluded(const struct broadcast *broadcast);

/*! \brief The text of its filters, as its terms said; "" if it has none. Lives as long as the broadcast. */
const char *broadcast_filter_text(const struct broadcast *broadcast);

/*!
 * \brief Claim it for an application (rules 1 to 5).
 *
 * \param broadcast The broadcast.
 * \param app The claimant's name.
 * \param is_registered Asked, without a lock held, whether \a app is registered now. NULL: it is.
 *
 * \retval BROADCAST_OK if it is the claimant's now, or was already.
 * \retval BROADCAST_CLOSED, BROADCAST_TAKEN, BROADCAST_FORBIDDEN, BROADCAST_BUSY, BROADCAST_TAKEN_BACK otherwise.
 *
 * If it collects bids, this is a bid of 0, also for one that has bid more, and the answer waits for the award: for the
 * window at the most, and no longer than until the broadcast closes. If \c BROADCAST_MAX_WAITING_CLAIMS wait already, it
 * is no bid, and \c BROADCAST_BUSY.
 *
 * \note Any thread. Takes the broadcast's lock, wakes who waits, and tells the observers without it. Where there are bids
 *       it waits, on a condition with that lock, for a deadline on the monotonic clock.
 */
enum broadcast_result broadcast_claim(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app));

/*!
 * \brief Claim it as broadcast_claim() does, but only if that is news: what the application has already, or has bid for, is
 *        \c BROADCAST_TAKEN.
 *
 * For one that asks for any call: two such requests at the same time must not get the same one.
 */
enum broadcast_result broadcast_take(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app));

/*!
 * \brief As broadcast_take(), but without waiting: where bids are collected, \c BROADCAST_OK says only that a bid of 0 is noted.
 */
enum broadcast_result broadcast_take_or_bid(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app));

/*!
 * \brief Bid for it: of all bids, the one with the highest score wins, and of equal ones that of the recipient that comes
 *        first in the list (SPEC section 8).
 *
 * They are decided at the end of the window, at the deadline, or as soon as every recipient has bid or declined. An
 * application has one bid: the last one, and none if it has declined since. On a broadcast that collects no bids, a bid is
 * a claim.
 *
 * \param broadcast The broadcast.
 * \param app The bidder's name.
 * \param score From 0 to \c BROADCAST_MAX_SCORE.
 * \param is_registered As in broadcast_claim().
 *
 * \retval BROADCAST_OK if it is noted, or the channel is the bidder's.
 * \retval BROADCAST_FORBIDDEN if it may not, or the score is out of range while the broadcast is open.
 * \retval BROADCAST_CLOSED, BROADCAST_TAKEN otherwise.
 *
 * \note Any thread. Takes the broadcast's lock, wakes who waits, and tells the observers without it.
 */
enum broadcast_result broadcast_bid(
	struct broadcast *broadcast, const char *app, int score, int (*is_registered)(const char *app));

/*!
 * \brief The score of the bid that won.
 *
 * \return The score; -1 if it is not claimed, or collected no bids.
 *
 * \note Any thread. Takes the broadcast's lock.
 */
int broadcast_winner_score(struct broadcast *broadcast);

/*! \brief How long it collects bids, as its terms said; 0: not at all. Any thread; takes no lock. */
int broadcast_bid_window_ms(const struct broadcast *broadcast);

/*!
 * \brief Note that an application does not want it; the last recipient's decline closes it.
 *
 * An application that is not among the recipients but may claim can decline too: that is answered yes
 * and does not count. Having declined does not keep an application from claiming while it is open. A bid is taken back.
 *
 * \param broadcast The broadcast.
 * \param app The name of the application that declines.
 * \param is_registered As in broadcast_claim().
 *
 * \retval BROADCAST_OK if it is noted, or was before.
 * \retval BROADCAST_CLOSED, BROADCAST_TAKEN, BROADCAST_FORBIDDEN otherwise.
 *
 * \note Any thread. Takes the broadcast's lock, wakes who waits, and tells the observers without it.
 */
enum broadcast_result broadcast_decline(
	struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app));

/*!
 * \brief Add applications to the recipients of an open broadcast. Who is there already keeps its place and its say.
 *
 * \param broadcast The broadcast.
 * \param more Who is to hear of it, too; NULL is the empty list.
 * \param more_to_come Whether still others may be added later: if not, and all have declined, it closes.
 *
 * \return Those of \a more that were no recipients before, to give back with names_unref(). May be an empty list.
 * \retval NULL if it is closed, or memory ran out: then nothing has changed.
 *
 * \note Any thread. Takes the broadcast's lock, wakes who waits, and tells the observers without it.
 */
struct names *broadcast_widen(struct broadcast *broadcast, struct names *more, int more_to_come);

/*!
 * \brief Let further applications claim, too: those that another filter matches (rule 5).
 *
 * \param broadcast The broadcast.
 * \param filter The filter, of which a reference is taken; NULL: every registered application.
 *
 * \retval 0 on success, -1 if it is closed, has \c BROADCAST_MAX_ROUNDS filters, or memory ran out.
 *
 * \note Any thread. Takes the broadcast's lock. Called before broadcast_widen() adds them to the recipients.
 */
int broadcast_admit(struct broadcast *broadcast, struct app_filter *filter);

/*! \brief What the thread that waits on a broadcast has to see to, see broadcast_attend(). */
struct broadcast_duty {
	/*! Whether it is open, all recipients have declined, and more are to come: they may come now. */
	int is_exhausted;
	/*! When its bids are decided: the state is to be asked for then. Of broadcast_clock_ns(); 0: it has no bids. */
	int64_t award_ns;
};

/*!
 * \brief What there is to see to before the next sleep. A wake-up that was for it alone is taken back.
 *
 * \param broadcast The broadcast.
 * \param[out] duty Filled in.
 *
 * \note The one thread that waits on it. Takes the broadcast's lock.
 */
void broadcast_attend(struct broadcast *broadcast, struct broadcast_duty *duty);

/*!
 * \brief Close it, unless it is closed already.
 *
 * \param broadcast The broadcast.
 * \param reason \c BROADCAST_HUNG_UP, \c BROADCAST_WITHDRAWN, \c BROADCAST_REPLACED or \c BROADCAST_GONE.
 *
 * \return The state it is in now: \a reason, or how it had closed before. After this, no claim can
 *         succeed any more (rule 3), and one that did is not lost (rule 2).
 *
 * \note Any thread. Takes the broadcast's lock, wakes who waits, and tells the observers without it.
 */
enum broadcast_state broadcast_close(struct broadcast *broadcast, enum broadcast_state reason);

/*!
 * \brief The state it is in now. What time has decided is done first: the award of its bids, the end at its deadline.
 *
 * \note Any thread. Takes the broadcast's lock.
 */
enum broadcast_state broadcast_state(struct broadcast *broadcast);

/*! \brief The applications that it is offered to by now, a reference. Any thread; takes the broadcast's lock. */
struct names *broadcast_recipients(struct broadcast *broadcast);

/*! \brief Its deadline, in nanoseconds of broadcast_clock_ns(). Any thread; takes no lock. */
int64_t broadcast_deadline_ns(const struct broadcast *broadcast);

/*! \brief When its time began, in nanoseconds of broadcast_clock_ns(). Any thread; takes no lock. */
int64_t broadcast_opened_ns(const struct broadcast *broadcast);

/*! \brief Whether it was offered to anybody. Any thread; takes the broadcast's lock. */
int broadcast_has_recipients(struct broadcast *broadcast);

/*!
 * \brief Note that its channel bears another ID now, and still is the winner's (rule 12).
 *
 * \retval 0 on success, -1 if memory ran out.
 *
 * \note Any thread. Takes the broadcast's lock.
 */
int broadcast_set_moved(struct broadcast *broadcast, const char *channel_id);

/*!
 * \brief What is left until its deadline, in milliseconds rounded up, so that a thread that waits that long
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
 * \brief A file descriptor to poll, which becomes readable when the broadcast closes and stays so. While it is open, it
 *        also becomes readable when there is something to see to, until broadcast_attend().
 *
 * \param broadcast The broadcast. Each successful call must be paired with broadcast_wake_close().
 *
 * \return The descriptor, not to be read from or closed; already readable if the broadcast is closed.
 * \retval -1 if there is none (\c errno says why).
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
 * \brief The winner's name, without a copy: as long as the broadcast lives, it does not change.
 *
 * \return The name, or NULL if it is not claimed.
 *
 * \note Any thread. Takes the broadcast's lock.
 */
const char *broadcast_winner_name(struct broadcast *broadcast);

/*!
 * \brief All of it at one moment.
 *
 * \param broadcast The broadcast.
 * \param[out] snapshot Filled in; to give back with broadcast_snapshot_clear().
 *
 * \note Any thread. Takes the broadcast's lock. Expires it as broadcast_state() does.
 */
void broadcast_get_snapshot(struct broadcast *broadcast, struct broadcast_snapshot *snapshot);

/*! \brief Give back what a snapshot holds. */
void broadcast_snapshot_clear(struct broadcast_snapshot *snapshot);

/*!
 * \brief Whether an application could claim it now: open, registered, and matched by the filter (rule 5).
 *
 * \note Any thread. Takes the broadcast's lock for a moment.
 */
int broadcast_may_claim(struct broadcast *broadcast, const char *app, int (*is_registered)(const char *app));

#endif /* CORE_BROADCAST_H */
