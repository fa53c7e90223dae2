/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Which applications would hear of a call with a filter, for any module: what "broadcast match" shows.
 *
 * An optional API function, as in internal_api.h.
 */

#ifndef STASIS_BROADCAST_MATCH_API_H
#define STASIS_BROADCAST_MATCH_API_H

#include <stddef.h>

#include "shared_api.h"

/*! \brief Room for the reason why a filter cannot be used, in bytes. */
#define STASIS_BROADCAST_REASON_SIZE 192

/*! \brief What a filter selects now. */
struct stasis_broadcast_match {
	/*! Applications that would hear of the call. */
	size_t matched;
	/*! Applications that are there and are offered calls. */
	size_t there;
	/*! 0 if the filter takes too long: those that it has not decided by then would not hear of it. */
	int is_complete;
	/*! Why the filter cannot be used: printable, and without its text. Only after STASIS_BROADCAST_MATCH_UNUSABLE. */
	char reason[STASIS_BROADCAST_REASON_SIZE];
};

/*! \brief The filter cannot be used: a call with it would be offered to nobody, or to all (\c invalid_filter). */
#define STASIS_BROADCAST_MATCH_UNUSABLE (-2)

/* The stand-in for a provider that is not loaded uses none of its parameters. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"

/*!
 * \brief Ask which applications would hear of a call with a filter now.
 *
 * \param filter As in stasis_app_broadcast_channel(); NULL or empty: everybody. Borrowed.
 * \param visit Called once for each of them, in this thread, without a lock; the name is borrowed.
 * \param data For \a visit.
 * \param[out] match Filled in, on 0; of it \c reason on STASIS_BROADCAST_MATCH_UNUSABLE.
 *
 * \retval 0 on success, -1 if memory ran out.
 * \retval STASIS_BROADCAST_MATCH_UNUSABLE if the filter cannot be used.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded, or is being unloaded.
 *
 * \note Any thread that holds no lock of ours. It takes as long as an offer with this filter: 20 ms of the thread's
 *       processor time at the most.
 */
AST_OPTIONAL_API(int, stasis_broadcast_get_match,
	(const char *filter, void (*visit)(const char *name, void *data), void *data,
		struct stasis_broadcast_match *match),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

#pragma GCC diagnostic pop

#endif /* STASIS_BROADCAST_MATCH_API_H */
