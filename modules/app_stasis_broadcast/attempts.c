/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Offering a call until an application has it: one attempt, and more if its winner is lost.
 */

#include "asterisk.h"

/* Before the API that it is for. */
#include "shared_api.h"

#include "asterisk/channel.h"
#include "asterisk/stasis_app_broadcast.h"
#include "asterisk/stasis_app_impl.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "res_stasis_broadcast/internal_api.h"

#include "attempts.h"
#include "channel_id.h"
#include "channel_text.h"
#include "hangup.h"
#include "provider.h"
#include "variables.h"

/*! How many times a channel is offered again at the most. */
#define MAX_REOFFERS 3

/*! The shortest time that the others get to claim a channel that is offered again, in milliseconds. */
#define LEAST_REOFFER_MS 250

/*! \brief A call on its way to an application. */
struct attempts {
	struct ast_channel *chan;
	struct args *args;
	/*! How many times it is offered again after its winner was lost. */
	size_t most_reoffers;
	/*! When it was offered first, in milliseconds of the monotonic clock. */
	int64_t start_ms;
	/*! What came of the last attempt. Its winner is the last of the lost ones if it was lost. */
	struct stasis_broadcast_outcome outcome;
	/*! The winners that were lost. */
	char *lost[MAX_REOFFERS + 1];
	size_t lost_count;
	/*! How the winner's time with the call went. */
	struct stasis_broadcast_session session;
};

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void set_status(struct attempts *attempts, const char *status)
{
	ast_copy_string(attempts->outcome.status, status, sizeof(attempts->outcome.status));
}

/*!
 * \brief Whether there are circles or options, which another resource module than ours knows nothing of: refused, not
 * ignored.
 */
static int refuse_options(struct attempts *attempts)
{
	const char *options = attempts->args->options_text;
	char where[PRINTABLE_SIZE];
	char what[PRINTABLE_SIZE];

	if ((!options && !attempts->args->rounds) || !provider_is_foreign()) {
		return 0;
	}
	set_status(attempts, "ERROR");
	ast_log(LOG_ERROR,
		"StasisBroadcast on %s: not offered: %s%s%s need the res_stasis_broadcast.so of Stasis Broadcast, and "
		"the one that is loaded is another. Load ours, or leave them out\n",
		channel_text(attempts->chan, where), options ? "options '" : "circles",
		options ? printable(options, what, sizeof(what)) : "", options ? "'" : "");
	return 1;
}

/*! \brief Whether the circles cannot be used: then nobody is offered the call. */
static int refuse_rounds(struct attempts *attempts)
{
	char where[PRINTABLE_SIZE];

	if (!attempts->args->bad_rounds) {
		return 0;
	}
	set_status(attempts, "INVALIDFILTER");
	stasis_broadcast_unusable();
	ast_log(LOG_WARNING,
		"StasisBroadcast on %s: circles cannot be used: %s. The call is offered to nobody; write as many filters as "
		"timeouts, at most %d, with & between them and \\& for the letter\n",
		channel_text(attempts->chan, where), attempts->args->bad_rounds, ARGS_MAX_ROUNDS);
	return 1;
}

/*! \brief Copy the circles, and how many hear of the call at first. */
static void copy_policy(struct stasis_broadcast_request *request, const struct args *args)
{
	request->rounds = args->rounds;
	for (size_t i = 0; i < args->rounds; i++) {
		request->round_ms[i] = args->round_ms[i];
		request->round_filters[i] = args->round_filters[i];
	}
	request->has_first = args->options.has_first;
	request->first = args->options.first;
	request->first_step_ms = args->options.first_step_ms;
	request->bid_window_ms = args->options.bid_window_ms;
}

/*!
 * \brief Offer the channel on the resource module that Asterisk brings, by its ID, and tell from what there is.
 *
 * It cannot leave out those that lost the call: its broadcast goes to all again.
 */
static int run_public(struct attempts *attempts, int timeout_ms, unsigned int flags)
{
	char where[PRINTABLE_SIZE];
	int res;

	channel_id_copy(attempts->chan, attempts->outcome.channel_id);
	if (refuse_options(attempts)) {
		return -1;
	}
	res = stasis_app_broadcast_channel(attempts->chan, timeout_ms, attempts->args->filter, flags);
	if (!res) {
		res = stasis_app_broadcast_wait(attempts->chan, timeout_ms);
		set_status(attempts, !res ? "CLAIMED" : ast_check_hangup(attempts->chan) ? "HANGUP" : "TIMEOUT");
	} else {
		set_status(attempts, "ERROR");
	}
	if (res == AST_OPTIONAL_API_UNAVAILABLE) {
		set_status(attempts, "ERROR");
		ast_log(LOG_ERROR,
			"StasisBroadcast on %s: res_stasis_broadcast.so is not loaded, load it to offer calls\n",
			channel_text(attempts->chan, where));
	}
	if (!res) {
		attempts->outcome.winner = stasis_app_broadcast_winner(attempts->outcome.channel_id);
	}
	return res;
}

/*! \brief Offer the channel and wait: to all the first time, then to all but those that lost it. */
static int run(struct attempts *attempts, int timeout_ms)
{
	const unsigned int flags = ast_true(attempts->args->notify) ? 0 : STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED;
	struct stasis_broadcast_request request = {
		.timeout_ms = timeout_ms,
		.app_filter = attempts->args->filter,
		.flags = flags,
		.excluded = (const char *const *) attempts->lost,
		.excluded_count = attempts->lost_count,
		.is_reoffer = attempts->lost_count > 0,
		.queue = attempts->args->options.queue,
		.has_priority = attempts->args->options.has_priority,
		.priority = attempts->args->options.priority,
	};
	int res;

	copy_policy(&request, attempts->args);
	attempts->outcome.winner = NULL;
	if (ast_check_hangup(attempts->chan)) {
		/* As in the extension h: nobody need hear of a call that is over. */
		set_status(attempts, "HANGUP");
		return -1;
	}
	if (refuse_rounds(attempts)) {
		return -1;
	}
	res = stasis_broadcast_run(attempts->chan, &request, &attempts->outcome);
	return res == AST_OPTIONAL_API_UNAVAILABLE ? run_public(attempts, timeout_ms, flags) : res;
}

/*! \brief The variables of a claim, with their texts. */
struct told {
	struct variables variables;
	char time[32];
	char round[16];
	char score[16];
};

/*! \brief What the dialplan is told of the last attempt. */
static void tell(const struct attempts *attempts, struct told *told)
{
	const struct stasis_broadcast_outcome *outcome = &attempts->outcome;
	const int64_t waited_ms = stasis_broadcast_waited(outcome);

	/* Who does not know it is Asterisk's own: there the wait is this one run. */
	snprintf(told->time, sizeof(told->time), "%lld",
		(long long) (waited_ms < 0 ? clock_ms() - attempts->start_ms : waited_ms));
	snprintf(told->round, sizeof(told->round), "%d", outcome->round);
	snprintf(told->score, sizeof(told->score), "%d", outcome->score);
	told->variables = (struct variables){
		.winner = outcome->winner,
		.time = told->time,
		.round = attempts->args->rounds && outcome->round ? told->round : NULL,
		.score = attempts->args->options.bid_window_ms && outcome->score >= 0 ? told->score : NULL,
	};
}

/*! \brief What became of a channel that was claimed. */
enum handed_over {
	/*! The winner had it. */
	HANDED_OVER,
	/*! It did not, and is among the lost ones now. */
	WINNER_LOST,
	/*! The caller hung up while the winner was waited for: it has not lost it, but is kept among the lost ones. */
	CALLER_GONE,
	/*! There is no winner to be found. */
	WINNER_UNKNOWN,
};

/*!
 * \brief Give the channel to the winner and stay until its Stasis session ends.
 *
 * \retval HANDED_OVER, WINNER_LOST, CALLER_GONE, WINNER_UNKNOWN
 */
static enum handed_over hand_over(struct attempts *attempts)
{
	char *winner = attempts->outcome.winner;
	char where[PRINTABLE_SIZE];
	struct told told;
	int64_t began_ms;
	int arrival;

	if (!winner) {
		ast_log(LOG_ERROR,
			"StasisBroadcast on %s: claimed, but res_stasis_broadcast does not name the winner\n",
			channel_text(attempts->chan, where));
		return WINNER_UNKNOWN;
	}
	tell(attempts, &told);
	variables_set_claimed(attempts->chan, &told.variables);
	arrival = stasis_broadcast_hand_over(attempts->chan, &attempts->outcome);
	began_ms = clock_ms();
	if (arrival != STASIS_BROADCAST_ARRIVED ||
		stasis_app_exec(attempts->chan, winner, attempts->args->count, attempts->args->list)) {
		attempts->lost[attempts->lost_count++] = winner;
		if (arrival == STASIS_BROADCAST_CALLER_GONE) {
			return CALLER_GONE;
		}
		stasis_broadcast_lost(attempts->chan, &attempts->outcome);
		return WINNER_LOST;
	}
	attempts->session.has_begun = 1;
	attempts->session.talk_ms = clock_ms() - began_ms;
	ast_free(winner);
	return HANDED_OVER;
}

/*! \brief What is left of the timeout for one more attempt, in milliseconds. */
static int time_left_ms(const struct attempts *attempts)
{
	int64_t left = attempts->args->timeout_ms - (clock_ms() - attempts->start_ms);

	return left < LEAST_REOFFER_MS ? LEAST_REOFFER_MS : (int) left;
}

/*! \brief Tell the dialplan and the log that the last winner was lost. */
static void tell_lost(const struct attempts *attempts, int again)
{
	char where[PRINTABLE_SIZE];
	char who[PRINTABLE_SIZE];
	struct ast_str *list = ast_str_create(64);
	struct told told;

	for (size_t i = 0; list && i < attempts->lost_count; i++) {
		ast_str_append(&list, 0, "%s%s", i ? "&" : "", attempts->lost[i]);
	}
	tell(attempts, &told);
	variables_set_lost(attempts->chan, list ? ast_str_buffer(list) : "", again ? &told.variables : NULL);
	ast_free(list);
	ast_log(LOG_WARNING,
		"StasisBroadcast on %s: application '%s' claimed the call but was gone before it had it; %s\n",
		channel_text(attempts->chan, where),
		printable(attempts->lost[attempts->lost_count - 1], who, sizeof(who)),
		again ? "offering it to the others" : "the dialplan goes on");
}

/*! \brief The STASISSTATUS of a call that nobody has. */
static const char *unclaimed_status(const struct attempts *attempts)
{
	static const char *const timeouts[] = { "TIMEOUT", "NOAPPS", "DECLINED", "HANGUP", "WITHDRAWN" };

	for (size_t i = 0; i < ARRAY_LEN(timeouts); i++) {
		/* Once an application had claimed it, it is not true that nobody did. */
		if (!strcmp(attempts->outcome.status, timeouts[i]) && !attempts->lost_count) {
			return "TIMEOUT";
		}
	}
	return "FAILED";
}

/*! \brief One attempt, and what came of it. \param[out] again Whether to offer the channel again. */
static void run_attempt(struct attempts *attempts, int timeout_ms, int *again)
{
	enum handed_over what;
	struct told told;

	*again = 0;
	if (run(attempts, timeout_ms)) {
		tell(attempts, &told);
		variables_set_end(
			attempts->chan, unclaimed_status(attempts), attempts->outcome.status, told.variables.round);
		return;
	}
	what = hand_over(attempts);
	if (what == WINNER_LOST && !hangup_is_final(attempts->chan)) {
		/* Also where the call was sent elsewhere meanwhile: the place that the dialplan goes on at may ask. */
		*again = attempts->lost_count <= attempts->most_reoffers && !ast_check_hangup(attempts->chan);
		tell_lost(attempts, *again);
	}
	if (!*again) {
		/* Where there was a winner, the status has been set with it. */
		variables_set_end(attempts->chan, what == HANDED_OVER ? "SUCCESS" : "FAILED",
			what == WINNER_UNKNOWN ? "CLAIMED" : NULL, NULL);
	}
}

void attempts_run(struct ast_channel *chan, struct args *args, int reoffer)
{
	struct attempts attempts = {
		.chan = chan, .args = args, .most_reoffers = reoffer ? MAX_REOFFERS : 0, .start_ms = clock_ms()
	};
	int again;

	variables_clear(chan);
	run_attempt(&attempts, args->timeout_ms, &again);
	while (again) {
		run_attempt(&attempts, time_left_ms(&attempts), &again);
	}

	/* Only now, so that a claim that comes late hears "taken", not "unknown". */
	if (attempts.outcome.serial) {
		attempts.session.caller_ended = hangup_is_callers(chan);
		stasis_broadcast_end(&attempts.outcome, &attempts.session);
	} else {
		stasis_app_broadcast_cleanup(attempts.outcome.channel_id);
	}
	while (attempts.lost_count) {
		ast_free(attempts.lost[--attempts.lost_count]);
	}
}
