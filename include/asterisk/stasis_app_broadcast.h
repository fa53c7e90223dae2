/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef _ASTERISK_STASIS_APP_BROADCAST_H
#define _ASTERISK_STASIS_APP_BROADCAST_H

/*! \file
 *
 * \brief Stasis Application Broadcast API.
 *
 * Offers a channel to many ARI applications at once and hands it to the first one that claims it.
 * Every function here is an optional API: a module that calls them loads without the provider
 * (\c res_stasis_broadcast) and then gets \c AST_OPTIONAL_API_UNAVAILABLE.
 *
 * The order of use, all of it in the thread that runs the channel except the claim:
 *
 * \code
 * if (!stasis_app_broadcast_channel(chan, 500, "^sales-", 0)) {
 *     if (!stasis_app_broadcast_wait(chan, 500)) {
 *         char *winner = stasis_app_broadcast_winner(ast_channel_uniqueid(chan));
 *         ... stasis_app_exec(chan, winner, 0, NULL) ...
 *         ast_free(winner);
 *     }
 *     stasis_app_broadcast_cleanup(ast_channel_uniqueid(chan));
 * }
 * \endcode
 */

/* Nothing else is included: a header that includes this one as well would turn a provider into a user. */
#include "asterisk/optional_api.h"

struct ast_channel;

#if defined(__cplusplus) || defined(c_plusplus)
extern "C" {
#endif

/* The stand-ins for a provider that is not loaded use none of their parameters. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"

/*! \brief Send no \c CallClaimed event for this broadcast. */
#define STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED (1 << 0)

/*!
 * \brief Offer a channel to every registered ARI application that a filter matches.
 *
 * Queues one \c CallBroadcast event for each of them and returns without waiting for any of them.
 * The claim window opens now and closes after \a timeout_ms. A broadcast that the channel already
 * has is withdrawn and replaced.
 *
 * \param chan The channel to offer; must not be locked by the caller.
 * \param timeout_ms How long a claim can succeed, in milliseconds. Negative is 0, more than 24 hours
 *        is 24 hours.
 * \param app_filter POSIX extended regular expression that is searched for in application names,
 *        at most 256 characters. NULL or empty: every application. Borrowed for the call.
 * \param flags Combination of \c STASIS_BROADCAST_FLAG_* values.
 *
 * \retval 0 on success, also when there is no application to offer the channel to (then
 *         stasis_app_broadcast_wait() returns -1 at once).
 * \retval -1 on error, among them a filter that cannot be used: the channel was offered to nobody.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if \c res_stasis_broadcast is not loaded.
 *
 * \note Call it from the thread that runs the channel. It locks \a chan for a moment.
 */
AST_OPTIONAL_API(int, stasis_app_broadcast_channel,
	(struct ast_channel * chan, int timeout_ms, const char *app_filter, unsigned int flags),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Wait until the channel of a broadcast is claimed, and service the channel meanwhile.
 *
 * Returns as soon as the broadcast closes: claimed, declined by all, withdrawn, the caller hung up,
 * or the deadline passed. Media that arrives is thrown away; DTMF and other frames that can be
 * deferred are put back on the channel in their order.
 *
 * \param chan The channel; must not be locked by the caller.
 * \param timeout_ms The longest wait in milliseconds, limited as in stasis_app_broadcast_channel().
 *        A wait that ends before the deadline of the broadcast may be repeated.
 *
 * \retval 0 if an application has claimed the channel.
 * \retval -1 on timeout, hang-up or error. If the broadcast is closed, no claim can succeed any more.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if \c res_stasis_broadcast is not loaded.
 *
 * \note Call it from the thread that runs the channel.
 */
AST_OPTIONAL_API(int, stasis_app_broadcast_wait, (struct ast_channel * chan, int timeout_ms),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Claim the channel of a broadcast for an application.
 *
 * At most one application ever succeeds. The winner may claim again, as an HTTP client that retries
 * does, and hears that it has won.
 *
 * \param channel_id The unique ID of the channel. Borrowed.
 * \param app_name The name of the application that claims. It has to be registered, and the filter of
 *        the broadcast has to match it. Borrowed.
 *
 * \retval 0 if the channel is the application's.
 * \retval -1 if there is no such broadcast, it has closed unclaimed, or the application may not claim it.
 * \retval -2 if another application has claimed it.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if \c res_stasis_broadcast is not loaded.
 *
 * \note Any thread may call it. It never waits for a channel or for an application.
 */
AST_OPTIONAL_API(int, stasis_app_claim_channel, (const char *channel_id, const char *app_name),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Ask which application has claimed a channel. Changes nothing.
 *
 * \param channel_id The unique ID of the channel. Borrowed.
 *
 * \return A copy of the name, which the caller frees with ast_free().
 * \retval NULL if there is no such broadcast, nobody has claimed it, or \c res_stasis_broadcast is not
 *         loaded.
 *
 * \note Any thread may call it.
 */
AST_OPTIONAL_API(char *, stasis_app_broadcast_winner, (const char *channel_id), { return NULL; });

/*!
 * \brief End a broadcast: it is closed if it is still open, and forgotten.
 *
 * Cleaning up twice is harmless. A channel that is destroyed without a clean-up takes its broadcast
 * with it.
 *
 * \param channel_id The unique ID of the channel. Borrowed.
 *
 * \note Any thread may call it.
 */
AST_OPTIONAL_API(void, stasis_app_broadcast_cleanup, (const char *channel_id), { return; });

#pragma GCC diagnostic pop

#if defined(__cplusplus) || defined(c_plusplus)
}
#endif

#endif /* _ASTERISK_STASIS_APP_BROADCAST_H */
