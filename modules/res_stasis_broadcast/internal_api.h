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

#ifndef STASIS_BROADCAST_INTERNAL_API_H
#define STASIS_BROADCAST_INTERNAL_API_H

#include "asterisk/channel.h"
#include "shared_api.h"

#include "stats.h"
#include "settings_values.h"

struct ast_json;

/* The stand-ins for a provider that is not loaded use none of their parameters. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"

/*! \brief Answers to a claim and a decline; the first three are those of stasis_app_claim_channel(). */
enum stasis_broadcast_result {
	/*! The channel is the application's; the decline is noted. */
	STASIS_BROADCAST_OK = 0,
	/*! There is no such broadcast, or it has closed unclaimed. */
	STASIS_BROADCAST_UNKNOWN = -1,
	/*! Another application has the channel; for a decline, any application. */
	STASIS_BROADCAST_TAKEN = -2,
	/*! The application is not there, or the filter does not match it. */
	STASIS_BROADCAST_FORBIDDEN = -3,
	/*! The channel collects bids, and as many claims as may wait for the award do; stasis_app_claim_channel() says -2. */
	STASIS_BROADCAST_BUSY = -4,
	/*! The application has declined while its claim waited for the award; stasis_app_claim_channel() says -2. */
	STASIS_BROADCAST_TAKEN_BACK = -5,
};

/*! \brief The highest score of a bid. */
#define STASIS_BROADCAST_MAX_SCORE 1000

/*! \brief The most circles that a call can be offered in. */
#define STASIS_BROADCAST_MAX_ROUNDS 8

/*! \brief What stasis_broadcast_run() is asked for. All of it is borrowed. */
struct stasis_broadcast_request {
	/*! How long a claim can succeed, in milliseconds. */
	int timeout_ms;
	/*! As in stasis_app_broadcast_channel(). Without circles. */
	const char *app_filter;
	/*! How many circles there are, each wider than the last; 0: none, and \a app_filter holds. */
	size_t rounds;
	/*! How long each lasts, in milliseconds. The last one lasts until \a timeout_ms is over. */
	int round_ms[STASIS_BROADCAST_MAX_ROUNDS];
	/*! The filter of each, as \a app_filter. */
	const char *round_filters[STASIS_BROADCAST_MAX_ROUNDS];
	/*!
	 * Whether the channel's last run was lost by its winner, and this one goes on with it: in the circle that it had come
	 * to, and with the bids that it had.
	 */
	int is_reoffer;
	/*! Whether the dialplan says how many applications hear of it at first. */
	int has_first;
	/*! How many; 0: all. */
	int first;
	/*! How long until the next ones do, in milliseconds; 0: the default. */
	int first_step_ms;
	/*! How long bids are collected from the first one on, in milliseconds; 0: the first claim wins. */
	int bid_window_ms;
	/*! As in stasis_app_broadcast_channel(). */
	unsigned int flags;
	/*! Names of applications that neither get the offer nor may claim it: those that had the call and lost it. */
	const char *const *excluded;
	size_t excluded_count;
	/*! The name of the line that the call waits in; NULL or empty: none. */
	const char *queue;
	/*! Whether the dialplan gives a priority. */
	int has_priority;
	/*! Its priority in line, higher first; 0 if none is given. */
	int priority;
};

/*! \brief Room for the longest BROADCASTSTATUS. */
#define STASIS_BROADCAST_STATUS_SIZE 16

/*! \brief What came of a run. It needs nothing of the provider any more, which may be unloaded. */
struct stasis_broadcast_outcome {
	/*! The BROADCASTSTATUS. */
	char status[STASIS_BROADCAST_STATUS_SIZE];
	/*! The application that has claimed the channel, to free with ast_free(); NULL if none has. */
	char *winner;
	/*! The circle that was open at its end, from 1 on; 0 if there was no broadcast. */
	int round;
	/*! The score of the bid that won; -1 if none has. */
	int score;
	/*! Which broadcast it was (rule 11). */
	char channel_id[AST_MAX_UNIQUEID];
	/*! 0 if there was none. */
	unsigned long serial;
};

/*! \brief How the winner's time with a call ended. */
struct stasis_broadcast_session {
	/*! Whether there was any: it was claimed, and not lost. */
	int has_begun;
	/*! Whether the caller hung up, and not the winner, or somebody else, let the call go. */
	int caller_ended;
	/*! How long it was, in milliseconds. */
	int64_t talk_ms;
};

/*!
 * \brief Offer a channel, and wait until it is claimed or no claim can succeed any more.
 *
 * In one call, so that a claim that succeeded is told even if the provider is unloaded by force meanwhile (rule 2),
 * and so that the broadcast that is waited on is the one that was made, whatever becomes of the channel's ID (rules 11
 * and 12).
 *
 * \param chan The channel; not locked by the caller.
 * \param request What is asked for.
 * \param[out] outcome What came of it, if the provider is loaded. Its broadcast, if there is one, is to be ended with
 *             stasis_broadcast_end(), or is replaced by the channel's next run.
 *
 * \retval 0 if it is claimed, -1 if it is not.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded: \a outcome is as it was.
 *
 * \note The channel's thread. Locks the channel for a moment.
 */
AST_OPTIONAL_API(int, stasis_broadcast_run,
	(struct ast_channel * chan, const struct stasis_broadcast_request *request,
		struct stasis_broadcast_outcome *outcome),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Count a call that was offered to nobody because its circles cannot be used, before a run: in the stats it is one of
 *        those with a filter that cannot.
 *
 * \note Any thread.
 */
AST_OPTIONAL_API(void, stasis_broadcast_unusable, (void), { return; });

/*! \brief Whether a winner can be handed its call. */
enum stasis_broadcast_arrival {
	/*! It is there, or not known not to be. */
	STASIS_BROADCAST_ARRIVED = 0,
	/*! It was expected and did not come. */
	STASIS_BROADCAST_MISSING = -1,
	/*! The caller has hung up while the call waited for it. */
	STASIS_BROADCAST_CALLER_GONE = 1,
};

/*!
 * \brief Wait for the winner if it has to come first, as one of the fleet; and note which ID the channel has, just before
 *        the winner gets it (rule 12).
 *
 * \param chan The channel; not locked by the caller. It is serviced while it waits.
 * \param outcome What stasis_broadcast_run() told.
 *
 * \return One of enum stasis_broadcast_arrival.
 *
 * \note The channel's thread. Locks the channel for a moment.
 */
AST_OPTIONAL_API(int, stasis_broadcast_hand_over,
	(struct ast_channel * chan, const struct stasis_broadcast_outcome *outcome),
	{ return STASIS_BROADCAST_ARRIVED; });

/*!
 * \brief Note that the winner of a broadcast was gone before it had the call.
 *
 * \param chan The channel; not locked by the caller.
 * \param outcome What stasis_broadcast_run() told.
 *
 * \note The channel's thread.
 */
AST_OPTIONAL_API(void, stasis_broadcast_lost,
	(struct ast_channel * chan, const struct stasis_broadcast_outcome *outcome), { return; });

/*!
 * \brief How long a channel that was claimed had waited by then, since it was offered first (SPEC section 3, BROADCASTTIME).
 *
 * \param outcome What stasis_broadcast_run() told. Borrowed.
 *
 * \return In milliseconds; -1 if the provider is not loaded or does not know of it.
 *
 * \note Any thread. Takes a lock for a moment.
 */
AST_OPTIONAL_API(
	int64_t, stasis_broadcast_waited, (const struct stasis_broadcast_outcome *outcome), { return -1; });

/*!
 * \brief Clean up after a run: this very broadcast, and no other that bears the channel's old or new ID (rule 11).
 *
 * \param outcome What stasis_broadcast_run() told; its winner is not freed.
 * \param session How the winner's time with the call ended. Borrowed.
 *
 * \note Any thread.
 */
AST_OPTIONAL_API(void, stasis_broadcast_end,
	(const struct stasis_broadcast_outcome *outcome, const struct stasis_broadcast_session *session),
	{ return; });

/*!
 * \brief Claim as stasis_app_claim_channel() does, with an answer of its own for who may not.
 *
 * \param channel_id The unique ID of the channel. Borrowed.
 * \param app_name The claimant. Borrowed.
 *
 * \return One of \ref stasis_broadcast_result; NULL or empty arguments are
 *         \c STASIS_BROADCAST_UNKNOWN.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded.
 *
 * \note Any thread.
 */
AST_OPTIONAL_API(int, stasis_broadcast_claim, (const char *channel_id, const char *app_name),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Bid for a channel; on one that collects no bids, claim it.
 *
 * \param channel_id The unique ID of the channel. Borrowed.
 * \param app_name The bidder. Borrowed.
 * \param score How suitable it is, from 0 to STASIS_BROADCAST_MAX_SCORE.
 *
 * \return As stasis_broadcast_claim(); \c STASIS_BROADCAST_OK if the bid is noted, or has won.
 *
 * \note Any thread.
 */
AST_OPTIONAL_API(int, stasis_broadcast_bid, (const char *channel_id, const char *app_name, int score),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Claim the first in line that an application may have.
 *
 * \param app_name The application. Borrowed.
 * \param[out] json The broadcast, which is its own now, as stasis_broadcast_describe() has it, on 0. It may be NULL even
 *             then, without memory.
 *
 * \retval STASIS_BROADCAST_OK on success.
 * \retval STASIS_BROADCAST_UNKNOWN if there is none.
 * \retval STASIS_BROADCAST_BUSY if there are only some that collect bids, and as many claims as may wait for an award do.
 * \retval STASIS_BROADCAST_FORBIDDEN if the application is not there, or excluded.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded.
 *
 * \note Any thread. Waits where a broadcast collects bids.
 */
AST_OPTIONAL_API(int, stasis_broadcast_take, (const char *app_name, struct ast_json **json),
	{ return AST_OPTIONAL_API_UNAVAILABLE; });

/*!
 * \brief Note that an application does not want a channel; the last recipient's decline closes the
 *        broadcast.
 *
 * Parameters, return values and threads as stasis_broadcast_claim(). Declining again is answered OK.
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
 * \brief Describe broadcasts, or those that an application may claim now: first in line first, the open ones before
 *        those that are over.
 *
 * \param app_name Only open broadcasts that this application may claim; NULL or empty: all.
 * \param limit As many at the most.
 * \param[out] json Set to a JSON array that the caller unreferences, on 0.
 *
 * \retval 0 on success, -1 if memory ran out.
 * \retval AST_OPTIONAL_API_UNAVAILABLE if the provider is not loaded.
 *
 * \note Any thread.
 */
AST_OPTIONAL_API(int, stasis_broadcast_describe_all,
	(const char *app_name, size_t limit, struct ast_json **json), { return AST_OPTIONAL_API_UNAVAILABLE; });

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

#endif /* STASIS_BROADCAST_INTERNAL_API_H */
