/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is counted of broadcasts, as one snapshot. Apart from stats_api.h, which a provider must not include as
 * a user.
 */

#ifndef STASIS_BROADCAST_STATS_TYPES_H
#define STASIS_BROADCAST_STATS_TYPES_H

#include <stddef.h>
#include <stdint.h>

/*! \brief How offers end. Each that was asked for ends in one of these, once. */
enum stasis_broadcast_outcome_kind {
	STASIS_BROADCAST_ENDED_CLAIMED,
	STASIS_BROADCAST_ENDED_TIMEOUT,
	/*! There was nobody to offer it to. */
	STASIS_BROADCAST_ENDED_NOAPPS,
	STASIS_BROADCAST_ENDED_DECLINED,
	STASIS_BROADCAST_ENDED_HANGUP,
	STASIS_BROADCAST_ENDED_WITHDRAWN,
	/*! The channel is on offer again, or under another ID. */
	STASIS_BROADCAST_ENDED_REPLACED,
	/*! The filter cannot be used: nobody heard of it. */
	STASIS_BROADCAST_ENDED_INVALIDFILTER,
	/*! As many were open as there may be: nobody heard of it. */
	STASIS_BROADCAST_ENDED_CONGESTION,
	/*! No memory, a channel that cannot be described, or cleaned up or unloaded while it was open. */
	STASIS_BROADCAST_ENDED_ERROR,
	STASIS_BROADCAST_ENDED_KINDS,
};

/*! \brief What claims and declines are answered. */
enum stasis_broadcast_answer_kind {
	STASIS_BROADCAST_ANSWER_OK,
	/*! Another application has the call. */
	STASIS_BROADCAST_ANSWER_TAKEN,
	/*! The offer has ended without a winner. */
	STASIS_BROADCAST_ANSWER_CLOSED,
	/*! The application is not there, not matched by the filter, or excluded. */
	STASIS_BROADCAST_ANSWER_FORBIDDEN,
	/*! There is no such broadcast. */
	STASIS_BROADCAST_ANSWER_UNKNOWN,
	STASIS_BROADCAST_ANSWER_KINDS,
};

/*! \brief The events that are sent. */
enum stasis_broadcast_event_kind {
	STASIS_BROADCAST_EVENT_CALL_BROADCAST,
	STASIS_BROADCAST_EVENT_CALL_CLAIMED,
	STASIS_BROADCAST_EVENT_CALL_WITHDRAWN,
	STASIS_BROADCAST_EVENT_KINDS,
};

/*! \brief What becomes of an event for one application. */
struct stasis_broadcast_event_stats {
	uint64_t sent;
	/*! The application was gone, or its connection could not be written to. */
	uint64_t failed;
	/*! Not sent because the offer was over. */
	uint64_t stale;
	/*! Not sent because the application's queue was full. */
	uint64_t overflowed;
};

/*! \brief The most circles that a call can be offered in. */
#define STASIS_BROADCAST_STATS_ROUNDS 8

/*! \brief How many buckets a histogram has, the last one without an upper limit included. */
#define STASIS_BROADCAST_BUCKETS 16

/*! \brief How often something took how long. */
struct stasis_broadcast_histogram {
	/*! Counts of each bucket alone, not of those below it: see stasis_broadcast_bucket_limit(). */
	uint64_t buckets[STASIS_BROADCAST_BUCKETS];
	uint64_t count;
	/*! Of all, in nanoseconds. */
	uint64_t sum_ns;
};

/*! \brief The upper limit of each bucket of a histogram but the last, in seconds, the limit included. */
#define STASIS_BROADCAST_BUCKET_LIMITS \
	{ \
		0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60 \
	}

/*! \brief What is counted of the fleet: applications that another module brings, by a bus. */
struct stasis_broadcast_fleet_stats {
	/*! Whether the bus is there. */
	int is_connected;
	/*! How many times it came. */
	uint64_t connections;
	/*! Workers that have said hello and are believed, and of how many applications they are. */
	size_t workers;
	size_t apps;
	/*! Messages that wait to be published. */
	size_t queued;
	/*! What became of events: published, over before, dropped for a full queue, or for want of a connection. */
	uint64_t published;
	uint64_t expired;
	uint64_t overflowed;
	uint64_t unsent;
	/*! Requests. */
	uint64_t claims;
	uint64_t bids;
	uint64_t declines;
	uint64_t takes;
	uint64_t lists;
	uint64_t hellos;
	/*! Messages that were not understood. */
	uint64_t garbage;
	/*! Times that messages came faster than they were taken. */
	uint64_t overruns;
};

/*! \brief All that is counted, but for that of each application and each queue. */
struct stasis_broadcast_totals {
	/*! Since when: seconds since 1970. */
	int64_t since;
	/*! Offers that ended, by \ref stasis_broadcast_outcome_kind. */
	uint64_t outcomes[STASIS_BROADCAST_ENDED_KINDS];
	/*! Offers that were made. */
	uint64_t opened;
	/*! Answers, by \ref stasis_broadcast_answer_kind. */
	uint64_t claims[STASIS_BROADCAST_ANSWER_KINDS];
	uint64_t declines[STASIS_BROADCAST_ANSWER_KINDS];
	/*! Of calls that collect bids; a new score is one more. */
	uint64_t bids[STASIS_BROADCAST_ANSWER_KINDS];
	/*! Calls that went to the best bid, and the sum of the scores that won. A plain claim is a bid of 0. */
	uint64_t awards;
	uint64_t award_scores;
	/*! How often more applications were told of a call that was on offer: another circle, or the next ones of k(). */
	uint64_t widenings;
	/*! Offers with circles that have ended, by the circle that was open then: the first one is at 0. */
	uint64_t rounds[STASIS_BROADCAST_STATS_ROUNDS];
	/*! Winners that were gone before they had the call. */
	uint64_t lost_winners;
	/*! Offers of a call whose winner was lost. */
	uint64_t reoffers;
	/*! Events, by \ref stasis_broadcast_event_kind. Counted since the module was loaded: a reset leaves them. */
	struct stasis_broadcast_event_stats events[STASIS_BROADCAST_EVENT_KINDS];
	/*! From the offer to the claim that has won it. */
	struct stasis_broadcast_histogram claim_time;
	/*! From the offer to the moment when CallBroadcast was written to an application. As \a events. */
	struct stasis_broadcast_histogram delivery_time;
	/*! From the offer to the claim in milliseconds: half, nine of ten, 99 of 100 took at most so long; -1: no claim. */
	double claim_p50_ms;
	double claim_p90_ms;
	double claim_p99_ms;

	/* Now: */
	size_t open;
	/*! How long the caller who waits longest has waited since the first offer, in milliseconds; 0 if nobody waits. */
	int64_t oldest_open_ms;
	/*! Events that wait. */
	size_t queued_events;
	/*! Threads that send. */
	size_t threads;
	/*! Applications that do not answer. */
	size_t silent_apps;
	/*! Applications that do not read: a thread is stuck in writing to each. */
	size_t stalled_apps;
	/*! Applications that are counted. */
	size_t apps;
	/*! Whether there is a fleet, and what is counted of it. */
	int has_fleet;
	struct stasis_broadcast_fleet_stats fleet;
};

/*! \brief What is counted of one application, since the last reset or since it was first offered a call. */
struct stasis_broadcast_app_stats {
	/*! Borrowed for the call of the visitor. Anybody's text: escape it. */
	const char *name;
	/*! Calls that it was offered. */
	uint64_t offers;
	/*! Claims that got the call. */
	uint64_t won;
	/*! Claims of calls that were not on offer any more. */
	uint64_t too_late;
	uint64_t declined;
	/*! Its bids, each new score included, and the calls that it got by one. */
	uint64_t bids;
	uint64_t awarded;
	/*! Calls that it has claimed and did not take. */
	uint64_t lost;
	/*! Events that were dropped because its queue was full. */
	uint64_t dropped;
	/*! Offers one after the other that ended without anybody while it did not answer. */
	unsigned int silent_in_row;
	/*! Whether it does not answer: \c silent_after of them. */
	int is_silent;
	/*! Seconds since 1970 of its last claim or decline; 0: none yet. */
	int64_t last_heard;
	/*! From the offer to its answer in milliseconds: half of them took at most so long; -1: none. */
	double median_answer_ms;

	/* Now: */
	/*! Whether it is registered, and by how many sources of directory.h: 2 is one that is connected twice. */
	int connections;
	size_t queued;
	/*! Whether a thread is stuck in writing to it: it does not read. */
	int is_stalled;
};

/*! \brief What is counted of one queue (the dialplan's q(name)). */
struct stasis_broadcast_queue_stats {
	/*! Borrowed for the call of the visitor. Anybody's text: escape it. */
	const char *name;
	/*! Calls; one that is offered again because its winner was lost, or under another ID, is one call. */
	uint64_t offered;
	uint64_t claimed;
	/*! The caller hung up. */
	uint64_t abandoned;
	uint64_t timed_out;
	/*! Of \a claimed, those within \c service_level seconds of the first offer. */
	uint64_t within_service_level;

	/* Now: */
	size_t open;
	/*! How long the caller who waits longest has waited, in milliseconds; 0 if nobody waits. */
	int64_t longest_wait_ms;
};

/*! \brief Takes one application's stats. */
typedef void (*stasis_broadcast_app_visitor)(const struct stasis_broadcast_app_stats *stats, void *data);
/*! \brief Takes one queue's stats. */
typedef void (*stasis_broadcast_queue_visitor)(const struct stasis_broadcast_queue_stats *stats, void *data);

#endif /* STASIS_BROADCAST_STATS_TYPES_H */
