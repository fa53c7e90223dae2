/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_RACE_H
#define ARI_RACE_RACE_H

/*! \file
 * \brief One run and everything that belongs to it. All of it happens in the thread of the one event
 * loop.
 */

#include "apps.h"
#include "calls.h"
#include "clock.h"
#include "feed.h"
#include "history.h"
#include "http.h"
#include "live.h"
#include "loop.h"
#include "options.h"
#include "stats.h"

#include <time.h>

/* How long the winner of a call may wait for StasisStart before a rule counts as broken. */
#define START_GRACE_NS (5 * NS_PER_S)

enum stage {
	STAGE_CONNECT,  /*!< HTTP connections and WebSockets are being opened */
	STAGE_RUN,      /*!< calls are made or come in */
	STAGE_DRAIN,    /*!< no new calls; those that are open come to their end */
	STAGE_SETTLE,   /*!< all calls are over; late offers may still come, and wake them */
	STAGE_CLEAN_UP, /*!< what is left is hung up, Asterisk is asked about the stalled applications */
	STAGE_CLOSE,    /*!< WebSockets are being closed */
};

enum ending {
	ENDING_COMPLETE,
	ENDING_INTERRUPTED, /*!< by a signal */
	ENDING_GONE,        /*!< Asterisk could not be reached any more */
};

struct race {
	struct options options;
	enum stage stage;
	enum ending ending;
	char why[512]; /*!< for ENDING_GONE */
	struct loop loop;
	struct apps apps;
	struct feeds feeds;
	struct calls calls;
	struct stats stats;
	struct history history;
	struct live live;
	struct http_pool *claims; /*!< for claims and declines: they never wait behind other requests */
	size_t claim_connections; /*!< that the pool for claims begins with */
	struct http_pool *others; /*!< for originates and hang-ups */
	char asterisk[128];       /*!< its version */
	time_t wall_start;
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t last_event_ns;
	size_t unread;             /*!< bytes that the stalled applications left in their sockets */
	struct timer setup_timer;  /*!< limit on STAGE_CONNECT and STAGE_CLOSE */
	struct timer end_timer;    /*!< --duration, then --settle */
	struct timer caller_timer; /*!< the next call */
	uint64_t next_call_ns;     /*!< when it is due */
	bool held_back;            /*!< it was due, but --concurrency did not allow it */
	size_t clean_up_left;      /*!< requests without an answer in STAGE_CLEAN_UP */
	size_t cut;                /*!< stalled applications that Asterisk does not know any more */
};

/*! \brief Run it all and report. \return the exit status */
int race_run(struct race *race);

/*! \brief Asterisk went away, or cannot be used: end the run with what there is. Safe to call again. */
void race_gone(struct race *race, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*! \brief How long the run took, in seconds; 0 if it did not begin. */
double race_seconds(const struct race *race);

/*! \brief Whether calls are answered: false before and after the run. */
bool race_is_on(const struct race *race);

#endif /* ARI_RACE_RACE_H */
