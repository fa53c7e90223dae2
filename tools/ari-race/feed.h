/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_FEED_H
#define ARI_RACE_FEED_H

/*! \file
 * \brief The WebSockets on which events come: one for each application, or one for several.
 */

#include "timers.h"

#include <libwebsockets.h>
#include <stdbool.h>

struct app;
struct race;

struct feed {
	struct race *race;
	struct app *first; /*!< the first of its applications; the others follow it */
	size_t count;
	bool stalled; /*!< its applications do not read */
	enum {
		FEED_DOWN,
		FEED_CONNECTING,
		FEED_UP,
		FEED_CLOSED
	} state;
	struct lws *wsi;
	uint64_t down_since_ns; /*!< 0: was never lost */
	struct timer retry;
	char *partial; /*!< the beginning of a message that came in pieces */
	size_t partial_len;
	size_t partial_size;
};

struct feeds {
	struct race *race;
	struct feed *all;
	size_t count;
	size_t next; /*!< the first that nobody has tried to connect */
	size_t up;
	size_t connecting;
	bool closing;
};

/*! \brief Share the applications out among WebSockets; does not connect. */
void feeds_open(struct feeds *feeds, struct race *race);

/*! \brief Connect them, a few at a time; stages_run() is called when all stand. */
void feeds_connect(struct feeds *feeds);

/*! \brief Say good-bye on all of them; stages_closed() is called when the last is closed. */
void feeds_shut_down(struct feeds *feeds);

/*! \brief Free them, after the loop has been closed. */
void feeds_close(struct feeds *feeds);

/*!
 * \brief How many bytes lie unread in the sockets of the stalled applications, to show that they really
 * do not read.
 */
size_t feeds_unread(const struct feeds *feeds);

/*! \brief libwebsockets' callback for all of them. */
int feed_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

#endif /* ARI_RACE_FEED_H */
