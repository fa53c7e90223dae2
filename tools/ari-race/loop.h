/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_LOOP_H
#define ARI_RACE_LOOP_H

/*! \file
 * \brief The one event loop: libwebsockets on libev's epoll, and a watch on how long its turns take.
 */

#include "timers.h"

#include <ev.h>
#include <libwebsockets.h>

struct loop {
	struct ev_loop *ev;
	struct lws_context *lws;
	struct timers timers;
	uint64_t woke_ns;    /*!< when epoll returned */
	uint64_t longest_ns; /*!< the longest turn since loop_take_longest_turn() */
	void (*on_turn)(void *data);
	void (*on_signal)(void *data);
	void *data; /*!< the owner's */
	ev_prepare prepare;
	ev_check check;
	ev_signal interrupt;
	ev_signal terminate;
	ev_signal hang_up; /*!< the terminal has gone */
};

/*!
 * \brief Open the loop.
 *
 * \param sockets How many connections there may be at most; the limit on open files is raised for them.
 * \param protocols What libwebsockets calls for which of them; borrowed.
 * \param on_turn Called at the end of each turn, when all that came in has been handled.
 * \param on_signal Called in the loop for SIGINT, SIGTERM and SIGHUP.
 * \param data For both.
 *
 * \return NULL on success, or why it cannot be opened.
 */
const char *loop_open(struct loop *loop, int sockets, const struct lws_protocols *protocols,
	void (*on_turn)(void *data), void (*on_signal)(void *data), void *data);

/*! \brief Run until loop_stop(). */
void loop_run(struct loop *loop);

/*! \brief Let loop_run() return after this turn. */
void loop_stop(struct loop *loop);

/*! \brief The longest time that a turn has taken since the last call of this, in nanoseconds. */
uint64_t loop_take_longest_turn(struct loop *loop);

/*! \brief Close all connections and the loop. */
void loop_close(struct loop *loop);

#endif /* ARI_RACE_LOOP_H */
