/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is counted, for any module; and what an operator does to a broadcast.
 *
 * Optional API functions, as in internal_api.h. That an application becomes silent or answers again is told by
 * \c silent of struct broadcast_observer (observers.h).
 */

#ifndef STASIS_BROADCAST_STATS_API_H
#define STASIS_BROADCAST_STATS_API_H

#include "shared_api.h"

#include "stats_types.h"

/* The stand-ins for a provider that is not loaded use none of their parameters. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"

/*!
 * \brief Everything that is counted in one number each.
 *
 * \param[out] totals Filled in, on 0.
 *
 * \retval 0 on success.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded, or is being unloaded.
 *
 * \note Any thread that holds no lock of ours. Takes time with the number of broadcasts: 100 000 are some 20 ms.
 */
AST_OPTIONAL_API(int, stasis_broadcast_get_totals, (struct stasis_broadcast_totals * totals),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Visit each application that is counted, or is there now, by name; those that have gone come last.
 *
 * \param visit Called once for each, in this thread, without a lock.
 * \param data For \a visit.
 *
 * \retval 0 on success, -1 if memory ran out.
 * \retval AST_OPTIONAL_API_UNAVAILABLE as above.
 *
 * \note Any thread that holds no lock of ours.
 */
AST_OPTIONAL_API(int, stasis_broadcast_each_app, (stasis_broadcast_app_visitor visit, void *data),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*! \brief Visit each queue that is counted; as stasis_broadcast_each_app(). */
AST_OPTIONAL_API(int, stasis_broadcast_each_queue, (stasis_broadcast_queue_visitor visit, void *data),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Count from zero again. Who is silent stays so, and what the dispatcher counts stays.
 *
 * \retval 0 on success.
 * \retval AST_OPTIONAL_API_UNAVAILABLE as above.
 *
 * \note Any thread.
 */
AST_OPTIONAL_API(int, stasis_broadcast_reset_stats, (void), { return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Take an offer back: its dialplan goes on with BROADCASTSTATUS=WITHDRAWN. A claim wins before, or loses.
 *
 * \param channel_id The unique ID of the channel. Borrowed.
 *
 * \retval 0 if it is withdrawn, now or before.
 * \retval -1 (STASIS_BROADCAST_UNKNOWN) if there is none, or it has ended without a winner.
 * \retval -2 (STASIS_BROADCAST_TAKEN) if an application has the call.
 * \retval AST_OPTIONAL_API_UNAVAILABLE as above.
 *
 * \note Any thread.
 */
AST_OPTIONAL_API(
	int, stasis_broadcast_withdraw, (const char *channel_id), { return AST_OPTIONAL_API_UNAVAILABLE; });

#pragma GCC diagnostic pop

#endif /* STASIS_BROADCAST_STATS_API_H */
