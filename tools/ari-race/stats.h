/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_STATS_H
#define ARI_RACE_STATS_H

/*! \file
 * \brief What is counted and measured in a run. One name for each measurement, used by live line, table and
 * JSON alike; the man page defines them.
 */

#include "hist.h"

#include <stdint.h>

enum latency {
	LATENCY_CALL_TO_OFFER,   /*!< originate sent to the first application that holds the event */
	LATENCY_FAN_OUT,         /*!< first to last application that reads */
	LATENCY_OFFER_DELAY,     /*!< each application's offer, counted from the beginning of its call */
	LATENCY_OFFER_TO_ANSWER, /*!< offer to any answer to the claim */
	LATENCY_OFFER_TO_WON,    /*!< offer to the answer 204 */
	LATENCY_CLAIM_TO_START,  /*!< claim sent to StasisStart */
	LATENCY_OFFER_TO_START,  /*!< offer to StasisStart */
	LATENCY_LATENESS,        /*!< how late ari-race itself sent an originate */
	LATENCY_COUNT
};

enum request_kind {
	REQUEST_ORIGINATE,
	REQUEST_CLAIM,
	REQUEST_DECLINE,
	REQUEST_BID,
	REQUEST_HANGUP,
	REQUEST_KINDS
};

#define STATUS_MAX 600 /* HTTP statuses are below; 0 stands for no answer */

struct stats {
	struct hist *latency[LATENCY_COUNT];
	struct hist *second; /*!< offer to StasisStart since the last live line */
	uint64_t answers[REQUEST_KINDS][STATUS_MAX];
	uint64_t sent[REQUEST_KINDS];
	uint64_t events;           /*!< WebSocket messages of any type */
	uint64_t event_bytes;      /*!< their size */
	uint64_t unreadable;       /*!< messages that are no JSON object */
	uint64_t offers;           /*!< CallBroadcast for calls of this run */
	uint64_t repeated;         /*!< of these, for an application that had one for that call already */
	uint64_t foreign;          /*!< CallBroadcast and StasisStart for other calls, left alone */
	uint64_t claimed;          /*!< CallClaimed */
	uint64_t starts;           /*!< StasisStart */
	uint64_t unclaimed_starts; /*!< of these, in an application that has not claimed the call */
	uint64_t scores; /*!< sum of the scores of those who got the calls: what they bid, or would have */
	uint64_t scored; /*!< how many that are */
	uint64_t lost;   /*!< WebSockets of reading applications that broke */
};

/*! \brief Make empty statistics; to free with stats_close(). */
void stats_open(struct stats *stats);

/*! \brief Free what stats_open() allocated. */
void stats_close(struct stats *stats);

/*! \brief Measure the time from \a from_ns to \a to_ns; nothing if one of them did not happen (0). */
void stats_measure(struct stats *stats, enum latency latency, uint64_t from_ns, uint64_t to_ns);

/*! \brief Count an answer. */
void stats_answer(struct stats *stats, enum request_kind kind, int status);

/*! \brief Answers of all kinds that say something is wrong: none at all, 400, 401, 403, 5xx … */
uint64_t stats_errors(const struct stats *stats);

/*! \brief Requests of a kind whose answer may still come. */
uint64_t stats_unanswered(const struct stats *stats, enum request_kind kind);

/*! \brief "claim", "decline" … */
const char *request_kind_name(enum request_kind kind);

/*! \brief The name in the table: "offer to StasisStart" … */
const char *latency_title(enum latency latency);

/*! \brief The name in JSON: "offer_to_start" … */
const char *latency_key(enum latency latency);

#endif /* ARI_RACE_STATS_H */
