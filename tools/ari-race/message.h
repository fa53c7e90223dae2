/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_MESSAGE_H
#define ARI_RACE_MESSAGE_H

/*! \file
 * \brief A WebSocket message that comes in pieces, kept until the rest comes. A server may send a message
 * without end, or many at once, so there are limits.
 */

#include <stddef.h>

#define MESSAGE_MAX ((size_t) 1024 * 1024)       /* Asterisk's events have some thousand bytes */
#define MESSAGES_MAX ((size_t) 64 * 1024 * 1024) /* all that are incomplete, together */
#define MESSAGE_PIECES_MAX ((size_t) 64 * 1024)  /* also empty ones */

/*! \brief A message; all zero is one that has not begun. */
struct message {
	char *bytes;
	size_t len;
	size_t size; /*!< of the memory */
	size_t pieces;
};

/*!
 * \brief Add a piece.
 * \return NULL, or what is wrong with the message; nothing is kept of the piece then.
 */
const char *message_add(struct message *message, const char *piece, size_t len);

/*! \brief Forget what there is and free it. */
void message_clear(struct message *message);

#endif /* ARI_RACE_MESSAGE_H */
