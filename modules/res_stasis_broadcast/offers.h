/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the REST resource and the dialplan application need of broadcasts beyond the public API.
 *
 * Optional API functions like the public ones, so that their users load without
 * \c res_stasis_broadcast, and also beside the one that Asterisk brings, and then gets
 * \c AST_OPTIONAL_API_UNAVAILABLE.
 */

#ifndef STASIS_BROADCAST_OFFERS_H
#define STASIS_BROADCAST_OFFERS_H

#include "asterisk/optional_api.h"

#include "stats.h"
#include "settings_values.h"

struct ast_channel;
struct ast_json;

/* The stand-ins for a provider that is not loaded use none of their parameters. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"

/*! \brief Answers to a claim and a decline; the first three are those of stasis_app_claim_channel(). */
enum stasis_broadcast_answer {
	/*! The channel is the application's; the decline is noted. */
	STASIS_BROADCAST_YES = 0,
	/*! There is no such broadcast, or it has closed unclaimed. */
	STASIS_BROADCAST_UNKNOWN = -1,
	/*! Another application has the channel; for a decline, any application. */
	STASIS_BROADCAST_TAKEN = -2,
	/*! The application is not registered, or the filter does not match it. */
	STASIS_BROADCAST_BARRED = -3,
};

/*!
 * \brief Offer a channel again, without those applications that had it and lost it.
 *
 * As stasis_app_broadcast_channel(), and:
 *
 * \param without Names of applications that neither get the offer nor may claim it. Borrowed.
 * \param count How many.
 *
 * \note The channel's thread.
 */
AST_OPTIONAL_API(int, stasis_broadcast_channel_without,
	(struct ast_channel * chan, int timeout_ms, const char *app_filter, unsigned int flags,
		const char *const *without, size_t count),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Claim as stasis_app_claim_channel() does, with an answer of its own for who may not.
 *
 * \param channel_id The unique ID of the channel. Borrowed.
 * \param app_name The claimant. Borrowed.
 *
 * \return One of \ref stasis_broadcast_answer; NULL or empty arguments are
 *         \c STASIS_BROADCAST_UNKNOWN.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded.
 *
 * \note Any thread.
 */
AST_OPTIONAL_API(int, stasis_broadcast_claim, (const char *channel_id, const char *app_name),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Note that an application does not want a channel; the last recipient's decline closes the
 *        broadcast.
 *
 * Parameters, return values and threads as stasis_broadcast_claim(). Declining again is answered yes.
 */
AST_OPTIONAL_API(int, stasis_broadcast_decline, (const char *channel_id, const char *app_name),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Describe one broadcast, with the fields of SPEC section 5.
 *
 * \param channel_id The unique ID of the channel. Borrowed.
 * \param[out] json Set to a JSON object that the caller unreferences, on 0.
 *
 * \retval 0 on success, STASIS_BROADCAST_UNKNOWN if there is no such broadcast (or no memory).
 * \retval AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded.
 *
 * \note Any thread.
 */
AST_OPTIONAL_API(int, stasis_broadcast_describe, (const char *channel_id, struct ast_json **json),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Describe all broadcasts, or those that an application may claim now.
 *
 * \param app_name Only open broadcasts that this application may claim; NULL or empty: all.
 * \param[out] json Set to a JSON array that the caller unreferences, on 0.
 *
 * \retval 0 on success, -1 if memory ran out.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded.
 *
 * \note Any thread.
 */
AST_OPTIONAL_API(int, stasis_broadcast_describe_all, (const char *app_name, struct ast_json **json),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Get what the dispatcher has done and is doing.
 *
 * \param[out] stats Filled in, on 0.
 *
 * \retval 0 on success, -1 if the provider is being unloaded.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded.
 *
 * \note Any thread.
 */
AST_OPTIONAL_API(int, stasis_broadcast_get_stats, (struct stasis_broadcast_stats * stats),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief The settings of stasis_broadcast.conf as they are now.
 *
 * \param[out] settings Filled in, on 0.
 *
 * \retval 0 on success.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded.
 *
 * \note Any thread.
 */
AST_OPTIONAL_API(
	int, stasis_broadcast_settings, (struct settings * settings), { return AST_OPTIONAL_API_UNAVAILABLE; });

#pragma GCC diagnostic pop

#endif /* STASIS_BROADCAST_OFFERS_H */
