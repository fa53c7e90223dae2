/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_RACE_H
#define ARI_RACE_RACE_H

/*! \file
 * \brief One run and the facts of it. All of it happens in the thread of the one event loop.
 *
 * Whatever happens writes its facts here and calls nobody above it; stages_step(), at the end of each turn
 * of the loop, reads them and decides how the run goes on.
 */

#include "apps.h"
#include "calls.h"
#include "clock.h"
#include "history.h"
#include "http.h"
#include "live.h"
#include "loop.h"
#include "nodes.h"
#include "options.h"
#include "stats.h"

#include <time.h>

/* How long the winner of a call may wait for StasisStart before a rule counts as broken. */
#define START_GRACE_NS (5 * NS_PER_S)

/* More calls on offer at once are no load but a server that makes them up, until memory is gone. */
#define CALLS_OPEN_MAX 100000

struct event_sockets;
struct workers;

/*! \brief In the order in which a run goes through them. */
enum stage {
	STAGE_START,
	STAGE_ASK,            /*!< Asterisk is asked who it is */
	STAGE_WARM_UP_CLAIMS, /*!< the connections for claims are opened and tried */
	STAGE_WARM_UP_OTHERS, /*!< and those for originates and hang-ups */
	STAGE_CONNECT,        /*!< WebSockets are opened, or connections to NATS */
	STAGE_WARM_UP_SOCKETS, /*!< with --claims-over websocket each is tried; with --nats, nodes hear of workers */
	STAGE_REST,            /*!< with --rest: nothing happens */
	STAGE_RUN,             /*!< calls are made or come in */
	STAGE_DRAIN,           /*!< no new calls; those that are open come to their end */
	STAGE_SETTLE,          /*!< all calls are over; late offers may still come, and wake them */
	STAGE_CLEAN_UP,        /*!< what is left is hung up, Asterisk is asked about the stalled applications */
	STAGE_CLOSE,           /*!< WebSockets are closed */
	STAGE_END,
};

enum ending {
	ENDING_COMPLETE,
	ENDING_INTERRUPTED, /*!< by a signal */
	ENDING_GONE,        /*!< Asterisk could not be reached any more */
};

struct race {
	struct options options;
	enum stage stage; /*!< written by stages_step() only */
	enum ending ending;
	char why[512];           /*!< for ENDING_GONE */
	unsigned int interrupts; /*!< signals that ask for the end; with the second it does not wait */
	struct loop loop;
	struct apps apps;
	struct event_sockets *sockets;
	struct workers *workers; /*!< with --nats; else NULL */
	struct nodes nodes;
	struct calls calls;
	struct stats stats;
	struct history history;
	struct live live;
	struct http_pool *claims; /*!< for claims and declines: they never wait behind other requests */
	size_t claim_connections; /*!< that the pool for claims begins with */
	struct timer check_timer; /*!< the next care for all pools */
	struct timer idle_timer;  /*!< … and for their idle connections */
	char asterisk[128];       /*!< its version, as it says; empty: it has not said yet */
	bool asked;               /*!< it has answered who it is */
	time_t wall_start;
	uint64_t start_ns; /*!< of STAGE_RUN, or of the first call from elsewhere if that was earlier */
	uint64_t end_ns;
	uint64_t last_event_ns;    /*!< the last event about a call */
	uint64_t last_answer_ns;   /*!< the last answer over a WebSocket */
	size_t sockets_cold;       /*!< requests of STAGE_WARM_UP_SOCKETS without an answer */
	size_t sockets_late;       /*!< requests over WebSockets that were given up */
	uint64_t busy_ns;          /*!< in STAGE_SETTLE: when a call was last open, or a claim unanswered */
	size_t unread;             /*!< bytes that the stalled applications left in their sockets */
	struct timer due_timer;    /*!< wakes the loop at due_ns */
	uint64_t due_ns;           /*!< limit on the stage; 0: none */
	struct timer caller_timer; /*!< wakes the loop for the next call */
	uint64_t next_call_ns;     /*!< when it is due */
	bool held_back;            /*!< it was due, but --concurrency did not allow it */
	size_t clean_up_left;      /*!< requests without an answer in STAGE_CLEAN_UP */
	size_t cut;                /*!< stalled applications that Asterisk does not know any more */
};

/*! \brief Whether there have been as many calls as were wanted. */
bool race_has_enough(const struct race *race);

/*!
 * \brief Asterisk went away, or cannot be used: say why, and let stages_step() end the run with what there
 * is. Safe to call again: the first reason counts.
 */
void race_give_up(struct race *race, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*! \brief How long the run took, in seconds; 0 if it did not begin. */
double race_seconds(const struct race *race);

/*!
 * \brief Whether calls are answered: false before and after the run. Calls from elsewhere are from the first
 * connection on.
 */
bool race_is_on(const struct race *race);

/*! \brief Wake the loop at a time, so that stages_step() is called. \param timer one of the race's */
void race_wake_at(struct race *race, struct timer *timer, uint64_t due_ns);

#endif /* ARI_RACE_RACE_H */
