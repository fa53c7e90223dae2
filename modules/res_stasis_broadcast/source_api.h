/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief For a module that brings applications of its own: the fleet.
 *
 * Optional API functions, as in internal_api.h.
 */

#ifndef STASIS_BROADCAST_SOURCE_API_H
#define STASIS_BROADCAST_SOURCE_API_H

#include "shared_api.h"

#include "source_types.h"

/* The stand-ins for a provider that is not loaded use none of their parameters. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"

/*!
 * \brief Have the applications of a source. They are offered calls once stasis_broadcast_source_names() has named them.
 *
 * \param source Lives until stasis_broadcast_source_remove() has returned.
 *
 * \retval 0 on success, also if it is there already.
 * \retval -1 if another one is there.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded.
 *
 * \note The thread that loads or reloads a module.
 */
AST_OPTIONAL_API(int, stasis_broadcast_source_add, (const struct stasis_broadcast_source *source),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Have them no longer, and wait until no thread is inside the source's functions.
 *
 * \note The thread that unloads a module. Waits without holding a lock.
 */
AST_OPTIONAL_API(
	void, stasis_broadcast_source_remove, (const struct stasis_broadcast_source *source), { return; });

/*!
 * \brief Name the applications that the source has from now on.
 *
 * \param names None of them twice. Borrowed.
 * \param count How many.
 *
 * \retval 0 on success, -1 without memory: then it has none.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded.
 *
 * \note Any thread; takes a lock for a moment. Offers share the list: call it when something has changed.
 */
AST_OPTIONAL_API(int, stasis_broadcast_source_names, (const char *const *names, size_t count),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Claim, bid or decline without waiting for anything.
 *
 * A claim of a call that collects bids is a bid of 0.
 *
 * \param ask What is asked for.
 *
 * \return One of enum stasis_broadcast_result, where \c STASIS_BROADCAST_UNKNOWN also says that the broadcast is not
 *         the one that is meant, and \c STASIS_BROADCAST_TAKEN that another worker has it; or \c STASIS_BROADCAST_NOTED.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded.
 *
 * \note Any thread.
 */
AST_OPTIONAL_API(int, stasis_broadcast_ask, (const struct stasis_broadcast_ask *ask),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Claim the first in line that an application may have, without waiting for anything.
 *
 * \param app The application. Borrowed.
 * \param claim Called for one broadcast after the other, without a lock of ours: makes the demand by stasis_broadcast_ask()
 *              when it has set the worker, and returns what that says. After 0 and \c STASIS_BROADCAST_NOTED no other follows.
 * \param data For \a claim.
 *
 * \return What the last \a claim has said if it was 0 or \c STASIS_BROADCAST_NOTED.
 * \retval STASIS_BROADCAST_UNKNOWN if there is none.
 * \retval STASIS_BROADCAST_FORBIDDEN if the application is not there, or excluded.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded, or \a claim has said so of some and none was left.
 *
 * \note Any thread.
 */
AST_OPTIONAL_API(int, stasis_broadcast_take_by,
	(const char *app, int (*claim)(struct stasis_broadcast_ask *ask, void *data), void *data),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*! \brief Which broadcast a channel has, for \c serial. \return 0 if there is none. Any thread. */
AST_OPTIONAL_API(unsigned long, stasis_broadcast_serial_of, (const char *channel_id), { return 0; });

#pragma GCC diagnostic pop

#endif /* STASIS_BROADCAST_SOURCE_API_H */
