/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is answered to a request.
 */

#ifndef RES_STASIS_BROADCAST_NATS_ANSWERS_H
#define RES_STASIS_BROADCAST_NATS_ANSWERS_H

#include <stddef.h>

struct ast_json;

/*! \brief How long an answer may be, in bytes: no longer than the server takes. Any thread; takes no lock. */
size_t answer_max_length(void);

/*!
 * \brief Send an answer.
 *
 * \param reply Where to. Borrowed.
 * \param body What it says: the reference is taken; NULL: nothing is sent.
 *
 * \note Any thread; takes a lock for a moment.
 */
void answer_json(const char *reply, struct ast_json *body);

/*!
 * \brief As answer_json(), if the text is not too long.
 *
 * \param most How long it may be, in bytes.
 *
 * \retval 0 if it was sent, or there is no memory for it; -1 if it is longer.
 */
int answer_json_within(const char *reply, struct ast_json *body, size_t most);

/*! \brief Send a status and a text. As answer_json(). */
void answer_status(const char *reply, int status, const char *text);

/*! \brief Tell a winner that it has won: a 204, where the node's ARI is, and how long the call waits. As answer_json(). */
void answer_won(const char *reply);

/*! \brief Leave the names of its recipients out of a call's description: of ten thousand they do not fit a message. */
void answer_leave_out_names(struct ast_json *broadcast);

/*! \brief Tell who has asked for the next call in line which one it has now. As answer_json(). */
void answer_next(const char *reply, const char *channel_id, unsigned long serial);

/*! \brief Tell that another one has a channel. As answer_json(). */
void answer_taken(const char *reply, const char *channel_id);

/*!
 * \brief Send what stasis_broadcast_ask() says, unless it is \c STASIS_BROADCAST_NOTED.
 *
 * \param is_decline Whether OK says that a decline is noted. As answer_json().
 */
void answer_result(const char *reply, int result, const char *channel_id, int is_decline);

#endif /* RES_STASIS_BROADCAST_NATS_ANSWERS_H */
