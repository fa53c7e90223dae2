/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_EVENT_SOCKET_H
#define ARI_RACE_EVENT_SOCKET_H

/*! \file
 * \brief The WebSockets on which events come: one for each application, or one for several; with --nats, one for each
 * Asterisk where an application has won calls.
 */

#include "http.h"

#include <libwebsockets.h>
#include <stdbool.h>
#include <stddef.h>

struct app;
struct event;
struct event_sockets;
struct race;
struct target;

/*! \brief Called in the loop for each event that an application gets about a call. */
typedef void (*event_cb)(struct race *race, struct app *app, const struct event *event, uint64_t at_ns);

/*!
 * \brief Share the applications of a race out among WebSockets; does not connect. With --nats there are none yet.
 * \param race Borrowed; its facts say what happens.
 * \param on_event Called for the events.
 * \return to free with event_sockets_destroy()
 */
struct event_sockets *event_sockets_create(struct race *race, event_cb on_event);

/*!
 * \brief With --nats: open a WebSocket of an application to an Asterisk where it has won a call, unless it has one
 * there already. It stays for later calls: from then on that Asterisk offers over it, and not over NATS.
 *
 * \param node The Asterisk's name as the token of a subject, for claims of what is offered over it; copied.
 */
void event_sockets_open_at(
	struct event_sockets *sockets, struct app *app, const struct target *target, const char *node);

/*!
 * \brief With --nats: when the WebSocket of an application to an Asterisk stood for the first time.
 * \return 0 if it has not yet, or there is none
 */
uint64_t event_sockets_stood_ns(
	const struct event_sockets *sockets, const struct app *app, const struct target *target);

/*! \brief Connect them, a few at a time. */
void event_sockets_connect(struct event_sockets *sockets);

/*! \brief How many there are. */
size_t event_sockets_count(const struct event_sockets *sockets);

/*! \brief Whether all of them stand. */
bool event_sockets_all_up(const struct event_sockets *sockets);

/*!
 * \brief Send a REST request over the WebSocket of an application that reads; while that is down, when it is
 * up again. The parameters are those of ws_requests_add().
 */
void event_sockets_send(struct event_sockets *sockets, const struct app *app, const char *method,
	const struct text *uri, uint64_t *sent_ns, http_answer_cb done, void *data);

/*! \brief Give up requests that were made before \a oldest_ns. \return how many */
size_t event_sockets_give_up(struct event_sockets *sockets, uint64_t oldest_ns);

/*! \brief Close all of them in an orderly way; none is opened any more. */
void event_sockets_shut_down(struct event_sockets *sockets);

/*! \brief Whether none of them stands. */
bool event_sockets_all_down(const struct event_sockets *sockets);

/*! \brief Nothing that happens to them matters any more. */
void event_sockets_abandon(struct event_sockets *sockets);

/*! \brief Free them, after the loop has been closed. */
void event_sockets_destroy(struct event_sockets *sockets);

/*!
 * \brief How many bytes lie unread in the sockets of the stalled applications, to show that they really
 * do not read.
 */
size_t event_sockets_unread(const struct event_sockets *sockets);

/*! \brief libwebsockets' callback for all of them. */
int event_socket_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

#endif /* ARI_RACE_EVENT_SOCKET_H */
