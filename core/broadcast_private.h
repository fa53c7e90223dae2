/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the files of a broadcast share: broadcast.c (its life), telling.c (in which order it is told of), claim.c
 * (who asks for it), bids.c (the most suitable of them), recipients.c (whom it is offered to).
 */

#ifndef CORE_BROADCAST_PRIVATE_H
#define CORE_BROADCAST_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "broadcast.h"
#include "filters.h"
#include "observers.h"

#define NS_PER_MS INT64_C(1000000)

/*! \brief One application's bid. */
struct bid {
	char *app;
	int score;
	/*! Its place among the recipients; -1 if it is none. */
	long recipient;
	/*! Whether it is that of a claim, which is answered at the award: a no is final. */
	int is_claim;
};

/*! \brief The bids of a broadcast. */
struct bids {
	int window_ms;
	/*! When the window ends; 0 while there is no bid. */
	int64_t end_ns;
	/*! Earlier ones first. */
	struct bid *list;
	size_t count;
	size_t size;
	/*! How many of them are recipients'. */
	size_t recipients;
	/*! The score that won; -1 while none has. */
	int won_score;
	/*! Claims wait here for the award, the close, or that their bid is taken back. */
	pthread_cond_t changed;
};

struct broadcast {
	atomic_uint references;
	int timeout_ms;
	unsigned int serial;
	/*! Under the lock. The descriptor that all who wait share, while there are any. */
	int wake_fd;
	int64_t deadline_ns;
	/*! Zero while it is open. Written under the lock, read without it. */
	_Atomic int64_t closed_ns;
	/*! The applications that may not claim it; NULL: none. */
	struct names *excluded;
	/*! A list of one, shared with the filter if there is one alone; NULL: there is none. */
	struct names *filter_text;
	void *data;
	void (*free_data)(void *data);

	/*! Protects all that follows: rules 1 to 4 hold because every change of state is made under it. */
	pthread_mutex_t lock;
	union {
		/*!
		 * While it is open, who may claim it; NULL: everybody, registered or not. Given back at the close: a live
		 * call keeps no compiled filter.
		 */
		struct filters *filters;
		/*! Once it is claimed, by whom: the recipients' own name, unless it is a copy. */
		const char *winner;
	};
	/*! The applications it was offered to. Widening puts a longer list in its place, with these in front. */
	struct names *recipients;
	/*! One byte for each recipient, made at the first decline. */
	unsigned char *has_declined;
	/*! NULL if the first claim wins. The pointer itself never changes. */
	struct bids *bids;
	/*! The channel's ID if it is another one now. */
	char *moved_to;
	/*! How many have declined. */
	unsigned int declines;
	/*! How many wait. */
	unsigned short wake_users;
	/*! Of enum broadcast_state. */
	unsigned char state : 4;
	/*! Whether the descriptor is readable for broadcast_attend(). */
	unsigned char is_woken : 1;
	/*! Whether the observers know of it. */
	unsigned char announced : 1;
	/*! Whether recipients are still to come. */
	unsigned char more_to_come : 1;
	/*! Whether the winner's name is its own: that of one that is no recipient, or has bid. */
	unsigned char has_winner_copy : 1;

	/*! Not under the lock. How far the close was told (telling.c). */
	atomic_uchar telling;
	char channel_id[];
};

/*! \brief What a step leaves to be done once the lock is released. */
struct deferred_release {
	struct filters *filters;
	/*! Whether it has closed in this step. */
	int closed;
	/*! What was answered in this step, for the observers; NULL: nothing. */
	const struct broadcast_answer *answer;
	/*! Whether it was open for who asked: what it closed by is told before the close. */
	int answered_open;
};

/*!
 * \brief The change from open to closed: the only place where the state is written.
 *
 * \note With the lock, on an open broadcast. \a deferred is for broadcast_release().
 */
void broadcast_close_locked(
	struct broadcast *broadcast, enum broadcast_state state, struct deferred_release *deferred);

/*! \brief Tell the observers of the close, once, and those who wait for that. Without the lock. */
void broadcast_tell_closed(struct broadcast *broadcast, enum broadcast_state state);

/*!
 * \brief Do what time has decided, if it is open: award its bids if their window has ended, and close it as expired if its
 *        deadline has passed (rule 3). With the lock.
 */
void broadcast_expire_locked(struct broadcast *broadcast, struct deferred_release *deferred);

/*!
 * \brief If it is open and every recipient has answered: award its bids; without any, close it as declined, or wake who
 *        waits if recipients are still to come. With the lock.
 */
void broadcast_judge_declines_locked(struct broadcast *broadcast, struct deferred_release *deferred);

/*! \brief Wake who waits. The descriptor stays readable until broadcast_attend(); after the close for good. With the lock. */
void broadcast_wake_locked(struct broadcast *broadcast);

/*! \brief Release the lock, then do what must not be done under it. */
void broadcast_release(struct broadcast *broadcast, struct deferred_release *deferred);

/*
 * claim.c
 */

/*! \brief What a claim is answered before anything else is known; \c BROADCAST_OK while it is open. With the lock. */
enum broadcast_result broadcast_claim_result_locked(const struct broadcast *broadcast, const char *app);

/*!
 * \brief Whether an application may ask for a broadcast, and it is open (rule 5). Without the lock.
 *
 * \param broadcast The broadcast.
 * \param[in,out] answer Who asks for what; the result if it may not, and the reason if that is forbidden.
 * \param is_registered As in broadcast_claim().
 *
 * \return Whether it may; if not, the result is final.
 */
int broadcast_check_claimant(
	struct broadcast *broadcast, struct broadcast_answer *answer, int (*is_registered)(const char *app));

/*!
 * \brief Make it an application's if it is still open, and tell the observers of the answer. Without the lock.
 *
 * \param broadcast The broadcast.
 * \param[in,out] answer Who asks; the result.
 * \param is_news Whether what is the application's already is \c BROADCAST_TAKEN, and not \c BROADCAST_OK.
 *
 * \return The result.
 */
enum broadcast_result broadcast_commit_claim(
	struct broadcast *broadcast, struct broadcast_answer *answer, int is_news);

/*! \brief The place of an application among the recipients; -1 if it was offered nothing. Without the lock. */
long broadcast_find_recipient(struct broadcast *broadcast, const char *app);

/*! \brief A recipient that has declined wants it after all. With the lock. */
void broadcast_forget_decline_locked(struct broadcast *broadcast, long recipient);

/*
 * bids.c
 */

/*! \brief Make room for bids. \retval 0 on success, -1 if memory ran out. Before anybody else knows of the broadcast. */
int bids_create(struct broadcast *broadcast, int window_ms);

/*! \brief Free its bids, if it has any. When nobody else knows of the broadcast any more. */
void bids_free(struct broadcast *broadcast);

/*!
 * \brief Copy the bids of \c bids_of.
 *
 * \param bidders Whose; NULL: those of all recipients.
 *
 * \retval 0 on success, -1 if memory ran out.
 *
 * \note Before anybody else knows of \a broadcast. Takes the lock of \a earlier.
 */
int bids_inherit(struct broadcast *broadcast, struct broadcast *earlier, const struct names *bidders);

/*! \brief When its bids are decided by time; INT64_MAX if it has none. With the lock. */
int64_t bids_award_ns_locked(const struct broadcast *broadcast);

/*! \brief Make it the best bidder's. There is a bid, and it is open. With the lock. */
void bids_award_locked(struct broadcast *broadcast, struct deferred_release *deferred);

/*! \brief How many bids there are. With the lock. */
size_t bids_count_locked(const struct broadcast *broadcast);

/*! \brief Take an application's bid back, if it has one. With the lock. */
void bids_drop_locked(struct broadcast *broadcast, const char *app);

/*! \brief Bidders have become recipients, perhaps: find their places. With the lock. */
void bids_find_recipients_locked(struct broadcast *broadcast);

/*!
 * \brief Claim what collects bids: bid 0, and wait for the award. Without the lock.
 *
 * \param is_news Whether what the application has bid for, or has already, is \c BROADCAST_TAKEN.
 */
enum broadcast_result bids_claim(struct broadcast *broadcast, const char *app, int is_news);

#endif /* CORE_BROADCAST_PRIVATE_H */
