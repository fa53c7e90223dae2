/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief WebSocket messages that come in pieces, within limits.
 */

#include "message.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>

static size_t all_sizes; /* memory of all messages; there is only one thread */

/*! \return NULL, or what is wrong */
static const char *grow(struct message *message, size_t len)
{
	size_t wanted = message->len + len;

	if (wanted > MESSAGE_MAX) {
		return "a message of more than 1 MiB";
	}
	if (wanted <= message->size) {
		return NULL;
	}
	wanted *= 2;
	if (all_sizes - message->size + wanted > MESSAGES_MAX) {
		return "incomplete messages of more than 64 MiB together, the last";
	}
	all_sizes += wanted - message->size;
	message->bytes = xrealloc(message->bytes, wanted);
	message->size = wanted;
	return NULL;
}

const char *message_add(struct message *message, const char *piece, size_t len)
{
	const char *wrong = grow(message, len);

	if (!wrong && ++message->pieces > MESSAGE_PIECES_MAX) {
		wrong = "a message of more than 65536 pieces";
	}
	if (wrong) {
		return wrong;
	}
	if (len) {
		memcpy(message->bytes + message->len, piece, len);
		message->len += len;
	}
	return NULL;
}

void message_clear(struct message *message)
{
	all_sizes -= message->size;
	free(message->bytes);
	*message = (struct message){ 0 };
}
