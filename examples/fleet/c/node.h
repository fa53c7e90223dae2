/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The Asterisks where we have calls: a WebSocket to each from the moment that a call there is ours until the
 * last has ended. ARI's requests go over it as well (Asterisk 20.14, 21.9, 22.4 and later).
 */

#ifndef FLEET_NODE_H
#define FLEET_NODE_H

#include <jansson.h>
#include <libwebsockets.h>
#include <stdbool.h>

struct node;

/*! \brief Who we are to ARI, and who hears of what comes. */
struct node_owner {
	struct lws_context *lws;
	const char *app, *user, *password;
	void (*on_event)(struct node *node, json_t *event); /*!< an event of ARI, or an answer to a request */
	void (*on_open)(struct node *node); /*!< the WebSocket is there, for the first time or again */
	void (*on_gone)(struct node *node); /*!< it did not come back; its calls are lost */
	bool (*is_asked)(
		const struct node *node); /*!< whether a request is out that may bring a call from there */
};

extern const struct lws_protocols node_protocols[];

/*! \brief The node at this URL of ARI, which stays for as long as the process; NULL when the URL cannot be used. */
struct node *node_at(struct node_owner *owner, const char *ari);

const char *node_url(const struct node *node);

/*! \brief One call more, or less, that needs the WebSocket. */
void node_use(struct node *node);
void node_release(struct node *node);

/*!
 * \brief Close the WebSockets that nothing needs. While a request is out that may bring a call, Asterisk would hand it
 * over to an application that is just going, and nobody would hear of it.
 */
void node_close_idle(void);

/*!
 * \brief Send a request to ARI.
 *
 * \param id Comes back as request_id in the answer, a RESTResponse.
 * \param uri Below /ari/, quoted.
 */
void node_request(struct node *node, const char *id, const char *method, const char *uri);

#endif
