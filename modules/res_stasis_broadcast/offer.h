/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Offering a channel: who hears of it, and under a new ID again.
 */

#ifndef RES_STASIS_BROADCAST_OFFER_H
#define RES_STASIS_BROADCAST_OFFER_H

#include "broadcast.h"
#include "offer_data.h"

struct ast_channel;
struct widening;

/*! \brief Why a channel is not on offer. */
enum offer_refusal {
	OFFER_OK,
	OFFER_INVALID_FILTER,
	/*! As many broadcasts are open as there may be. */
	OFFER_CONGESTION,
	/*! No memory, or the channel cannot be described. */
	OFFER_ERROR,
};

/*!
 * \brief Offer a channel to all applications that may have it.
 *
 * What is wrong is in the log then.
 *
 * \param chan The channel; not locked by the caller.
 * \param request What is asked for.
 * \param[out] broadcast The broadcast, a reference to give back with broadcast_unref(); NULL if it is refused.
 *
 * \note The channel's thread, inside the gate. Locks the channel for a moment.
 */
enum offer_refusal offer_channel(
	struct ast_channel *chan, const struct offer_request *request, struct broadcast **broadcast);

/*!
 * \brief Offer a channel under its new ID for what is left of the time, after a masquerade (rule 12).
 *
 * \param chan The channel; not locked by the caller.
 * \param[in,out] broadcast The broadcast under the old ID, a reference; the one that takes its place. Not changed if it
 *        was claimed before it could be withdrawn.
 * \param widening Whom that was to be offered to later; NULL: nobody.
 *
 * \return Why it is not on offer; \c OFFER_OK if it is, or was claimed.
 *
 * \note The channel's thread, inside the gate. Locks the channel for a moment.
 */
enum offer_refusal offer_move(
	struct ast_channel *chan, struct broadcast **broadcast, const struct widening *widening);

/*! \brief The BROADCASTSTATUS of a refusal that is not \c OFFER_OK. */
const char *offer_refusal_status(enum offer_refusal refusal);

#endif /* RES_STASIS_BROADCAST_OFFER_H */
