/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Offering a call until an application has it: one round, and more if its winner is lost.
 */

#include "asterisk.h"

#include "asterisk/channel.h"
#include "asterisk/stasis_app_broadcast.h"
#include "asterisk/stasis_app_impl.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "res_stasis_broadcast/offers.h"

#include "channel_text.h"
#include "quiet_variable.h"
#include "rounds.h"
#include "variables.h"

/*! How many times a channel is offered again at the most. */
#define MAX_AGAIN 3

/*! The shortest time that the others get to claim a channel that is offered again, in milliseconds. */
#define LEAST_AGAIN_MS 250

/*! \brief Room for the longest BROADCASTSTATUS. */
#define STATUS_SIZE 32

/*! \brief How a round ended. */
enum outcome {
	/*! An application has claimed the channel. */
	CLAIMED,
	/*! It was on offer, and nobody claimed it. */
	UNCLAIMED,
	/*! It could not be offered. */
	NOT_OFFERED,
};

/*! \brief A call on its way to an application. */
struct rounds {
	struct ast_channel *chan;
	/*! Its unique ID when it was offered: a masquerade may give the channel another one. */
	const char *channel_id;
	struct args *args;
	/*! How many times it is offered again after its winner was lost. */
	size_t most_again;
	/*! When it was offered first, in milliseconds of the monotonic clock. */
	int64_t start_ms;
	/*! The winners that were lost. */
	char *lost[MAX_AGAIN + 1];
	size_t lost_count;
};

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*! \brief Offer the channel: to all the first time, then to all but those that lost it. */
static int broadcast(const struct rounds *rounds, int timeout_ms)
{
	const unsigned int flags = ast_true(rounds->args->notify) ? 0 : STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED;
	int res = AST_OPTIONAL_API_UNAVAILABLE;

	if (rounds->lost_count) {
		res = stasis_broadcast_channel_without(rounds->chan, timeout_ms, rounds->args->filter, flags,
			(const char *const *) rounds->lost, rounds->lost_count);
	}
	/* Asterisk's own resource module cannot leave one out: its broadcast goes to all again. */
	return res != AST_OPTIONAL_API_UNAVAILABLE
		? res
		: stasis_app_broadcast_channel(rounds->chan, timeout_ms, rounds->args->filter, flags);
}

/*! \brief Offer the channel and wait. */
static enum outcome offer(const struct rounds *rounds, int timeout_ms)
{
	char where[PRINTABLE_SIZE];
	int res;

	if (ast_check_hangup(rounds->chan)) {
		/* As in the extension h: nobody need hear of a call that is over. */
		return UNCLAIMED;
	}
	res = broadcast(rounds, timeout_ms);
	if (!res) {
		res = stasis_app_broadcast_wait(rounds->chan, timeout_ms);
		if (res == -1) {
			return UNCLAIMED;
		}
	}
	if (res == AST_OPTIONAL_API_UNAVAILABLE) {
		ast_log(LOG_ERROR,
			"StasisBroadcast on %s: res_stasis_broadcast.so is not loaded, load it to offer calls\n",
			channel_text(rounds->chan, where));
	}

	return res ? NOT_OFFERED : CLAIMED;
}

/*!
 * \brief The BROADCASTSTATUS. If the resource module did not say it, as Asterisk's own does not, tell
 *        from what there is.
 */
static const char *broadcast_status(struct ast_channel *chan, enum outcome outcome, char buf[STATUS_SIZE])
{
	const char *status;

	if (!ast_strlen_zero(variables_get(chan, VAR_STATUS, buf, STATUS_SIZE))) {
		return buf;
	}

	if (outcome == CLAIMED) {
		status = "CLAIMED";
	} else if (ast_check_hangup(chan)) {
		status = "HANGUP";
	} else {
		status = outcome == UNCLAIMED ? "TIMEOUT" : "ERROR";
	}

	quiet_variable_set(chan, VAR_STATUS, status);
	ast_copy_string(buf, status, STATUS_SIZE);
	return buf;
}

/*!
 * \brief Give the channel to the winner and stay until its Stasis session ends.
 *
 * \retval 0 if it had the channel, 1 if it did not and is among the lost ones now, -1 if there is no
 *         winner to be found.
 */
static int hand_over(struct rounds *rounds)
{
	char *winner = stasis_app_broadcast_winner(rounds->channel_id);
	char where[PRINTABLE_SIZE];
	char text[32];

	if (!winner) {
		ast_log(LOG_ERROR,
			"StasisBroadcast on %s: claimed, but res_stasis_broadcast does not name the winner\n",
			channel_text(rounds->chan, where));
		return -1;
	}

	snprintf(text, sizeof(text), "%lld", (long long) (clock_ms() - rounds->start_ms));
	quiet_variable_set(rounds->chan, VAR_WINNER, winner);
	quiet_variable_set(rounds->chan, VAR_TIME, text);

	if (stasis_app_exec(rounds->chan, winner, rounds->args->count, rounds->args->list)) {
		rounds->lost[rounds->lost_count++] = winner;
		return 1;
	}
	ast_free(winner);
	return 0;
}

/*! \brief What is left of the timeout for one more round, in milliseconds. */
static int time_left_ms(const struct rounds *rounds)
{
	int64_t left = rounds->args->timeout_ms - (clock_ms() - rounds->start_ms);

	return left < LEAST_AGAIN_MS ? LEAST_AGAIN_MS : (int) left;
}

/*! \brief Tell the dialplan and the log that the last winner was lost. */
static void tell_lost(const struct rounds *rounds, int again)
{
	char where[PRINTABLE_SIZE];
	char who[PRINTABLE_SIZE];
	struct ast_str *list = ast_str_create(64);

	for (size_t i = 0; list && i < rounds->lost_count; i++) {
		ast_str_append(&list, 0, "%s%s", i ? "&" : "", rounds->lost[i]);
	}
	quiet_variable_set(rounds->chan, VAR_LOST, list ? ast_str_buffer(list) : "");
	ast_free(list);
	ast_log(LOG_WARNING,
		"StasisBroadcast on %s: application '%s' claimed the call but was gone before it had it; %s\n",
		channel_text(rounds->chan, where), printable(rounds->lost[rounds->lost_count - 1], who, sizeof(who)),
		again ? "offering it to the others" : "the dialplan goes on");
}

/*! \brief Forget the winner that was lost before the channel is offered again. */
static void clear_round(struct ast_channel *chan)
{
	quiet_variable_set(chan, VAR_STATUS, "");
	quiet_variable_set(chan, VAR_WINNER, "");
	quiet_variable_set(chan, VAR_TIME, "");
}

/*! \brief One offer, and what came of it. \param[out] again Whether to offer the channel again. */
static const char *run_round(struct rounds *rounds, int timeout_ms, int *again)
{
	enum outcome outcome = offer(rounds, timeout_ms);
	char status[STATUS_SIZE];
	int lost;

	*again = 0;
	broadcast_status(rounds->chan, outcome, status);
	if (outcome != CLAIMED) {
		/* Once an application had claimed it, it is not true that nobody did. */
		return outcome == UNCLAIMED && strcmp(status, "ERROR") && !rounds->lost_count ? "TIMEOUT" : "FAILED";
	}
	lost = hand_over(rounds);
	if (lost > 0 && !ast_check_hangup(rounds->chan)) {
		*again = rounds->lost_count <= rounds->most_again;
		tell_lost(rounds, *again);
	}
	return lost ? "FAILED" : "SUCCESS";
}

const char *rounds_run(struct ast_channel *chan, struct args *args, int reoffer)
{
	struct rounds rounds = {
		.chan = chan, .args = args, .most_again = reoffer ? MAX_AGAIN : 0, .start_ms = clock_ms()
	};
	char *channel_id;
	const char *stasis;
	int again;

	ast_channel_lock(chan);
	channel_id = ast_strdupa(ast_channel_uniqueid(chan));
	ast_channel_unlock(chan);
	rounds.channel_id = channel_id;
	stasis = run_round(&rounds, args->timeout_ms, &again);
	while (again) {
		clear_round(chan);
		stasis = run_round(&rounds, time_left_ms(&rounds), &again);
	}

	/* Only now, so that a claim that comes late hears "taken", not "unknown". */
	stasis_app_broadcast_cleanup(channel_id);
	while (rounds.lost_count) {
		ast_free(rounds.lost[--rounds.lost_count]);
	}
	return stasis;
}
