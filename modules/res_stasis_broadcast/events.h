/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The events: CallBroadcast, CallClaimed and CallWithdrawn (SPEC section 4).
 */

#ifndef RES_STASIS_BROADCAST_EVENTS_H
#define RES_STASIS_BROADCAST_EVENTS_H

struct ast_channel;
struct ast_json;
struct offer;

/*! \brief Why there is no CallBroadcast event of a channel. */
enum events_failure {
	/*! There is one. */
	EVENTS_NO_FAILURE,
	/*! The only one that is not logged where it is found: the caller can run out of memory as well. */
	EVENTS_OUT_OF_MEMORY,
	/*! One of Asterisk's own channels, which it keeps from all applications. */
	EVENTS_INTERNAL_CHANNEL,
	/*! A text of the channel is not UTF-8 and is one that Asterisk could not tell in StasisStart. */
	EVENTS_NOT_UTF8,
};

/*!
 * \brief Whether a channel can be offered: if not, the log says why, but for want of memory.
 *
 * \param chan The channel; must not be locked by the caller.
 *
 * \note As events_call_broadcast().
 */
int events_can_be_told(struct ast_channel *chan);

/*!
 * \brief Build the \c CallBroadcast event of a channel.
 *
 * \param chan The channel; must not be locked by the caller.
 * \param timeout_ms For the event's \c timeout.
 * \param offer For its \c waited, \c priority and \c queue. Borrowed.
 * \param[out] failure Why there is none.
 *
 * \return The event without \c application, which each recipient's copy gets; NULL on failure, which the log
 *         then tells of unless it is \c EVENTS_OUT_OF_MEMORY.
 *
 * \note Any thread. Locks the channel for a moment, and logs without a lock.
 */
struct ast_json *events_call_broadcast(
	struct ast_channel *chan, int timeout_ms, const struct offer *offer, enum events_failure *failure);

/*!
 * \brief Build the \c CallClaimed event of a channel.
 *
 * \param channel_id The unique ID of the channel, to tell it as it is now; NULL: as it was offered.
 * \param winner The winner's name.
 * \param offered The \c channel of the CallBroadcast event, for the case that the channel is gone, or cannot be
 *        described any more.
 *
 * \return The event without \c application; NULL on failure.
 *
 * \note Any thread. Takes no lock of a channel.
 */
struct ast_json *events_call_claimed(const char *channel_id, const char *winner, struct ast_json *offered);

/*!
 * \brief Build the \c CallWithdrawn event of a channel: its offer has ended without a winner.
 *
 * \param reason timeout, hangup, declined, withdrawn or replaced.
 * \param replaced_by The ID under which the channel is on offer next, for replaced; else NULL.
 * \param offered The \c channel of the CallBroadcast event. Borrowed.
 *
 * \return The event without \c application; NULL on failure.
 *
 * \note Any thread, also with locks of channels; takes none.
 */
struct ast_json *events_call_withdrawn(const char *reason, const char *replaced_by, struct ast_json *offered);

#endif /* RES_STASIS_BROADCAST_EVENTS_H */
