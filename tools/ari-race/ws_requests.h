/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_WS_REQUESTS_H
#define ARI_RACE_WS_REQUESTS_H

/*! \file
 * \brief REST requests over a WebSocket, as Asterisk takes them from 20.14, 21.9 and 22.4 on: those that
 * wait to be written, and those that wait for their answer.
 */

#include "http.h"

#include <stdbool.h>

struct ws_request;

/*! \brief The requests of one WebSocket; all zero is none. */
struct ws_requests {
	struct ws_request *first; /*!< in the order in which they were made */
	struct ws_request *last;
	struct ws_request *unsent; /*!< the first that is not written; all behind it are not either */
	uint64_t last_id;
};

/*!
 * \brief Add a request; ws_requests_write() sends it.
 *
 * \param method "POST" …
 * \param uri Below ARI's root, with its query; copied.
 * \param[out] sent_ns Where to put the time when it goes out; may be NULL. Borrowed until the answer.
 * \param done Called once, in the loop; never from within this function.
 */
void ws_requests_add(struct ws_requests *requests, const char *method, const struct text *uri,
	uint64_t *sent_ns, http_answer_cb done, void *data);

/*!
 * \brief Write what the socket takes now; asks libwebsockets to call back for the rest.
 * \retval 0 ok \retval -1 the WebSocket is to be closed
 */
int ws_requests_write(struct ws_requests *requests, struct lws *wsi);

/*! \brief An answer came. \retval 0 it was waited for \retval -1 nobody has asked, or not any more */
int ws_requests_answer(struct ws_requests *requests, const char *id, int status, uint64_t at_ns);

/*! \brief The WebSocket is lost: what was sent gets no answer. What was not is kept for the next one. */
void ws_requests_lost(struct ws_requests *requests);

/*! \brief Give up requests that were made before \a oldest_ns. \return how many */
size_t ws_requests_give_up(struct ws_requests *requests, uint64_t oldest_ns);

/*! \brief Free all, without an answer. */
void ws_requests_clear(struct ws_requests *requests);

#endif /* ARI_RACE_WS_REQUESTS_H */
