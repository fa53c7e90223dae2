/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The API: the checks of its arguments, and which broadcast is meant.
 *
 * Every function is entered and left through the gate, so that the module can be unloaded in order.
 */

#include "asterisk.h"

/* First: it uses optional functions of others, which would take the definition below for theirs. */
#include "asterisk/channel.h"

/* The one file in the module that includes these two with this definition provides the functions. */
#define AST_API_MODULE
#include "asterisk/stasis_app_broadcast.h"
#define AST_API_MODULE
#include "internal_api.h"

#include "asterisk/json.h"
#include "asterisk/module.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "attach.h"
#include "cel.h"
#include "channel_id.h"
#include "debug.h"
#include "describe.h"
#include "directory.h"
#include "dispatch/dispatch.h"
#include "gate.h"
#include "hold.h"
#include "line.h"
#include "observers.h"
#include "offer.h"
#include "record.h"
#include "refusal.h"
#include "settings.h"
#include "stats_store.h"
#include "wait.h"

_Static_assert((int) STASIS_BROADCAST_OK == BROADCAST_OK &&
		(int) STASIS_BROADCAST_UNKNOWN == BROADCAST_CLOSED &&
		(int) STASIS_BROADCAST_TAKEN == BROADCAST_TAKEN &&
		(int) STASIS_BROADCAST_FORBIDDEN == BROADCAST_FORBIDDEN &&
		(int) STASIS_BROADCAST_BUSY == BROADCAST_BUSY &&
		(int) STASIS_BROADCAST_TAKEN_BACK == BROADCAST_TAKEN_BACK,
	"the results of the core are those of the API");
_Static_assert(
	(int) STASIS_BROADCAST_MAX_ROUNDS == BROADCAST_MAX_ROUNDS, "the core has as many circles as the API");

int AST_OPTIONAL_API_NAME(stasis_app_broadcast_channel)(
	struct ast_channel *chan, int timeout_ms, const char *app_filter, unsigned int flags)
{
	const struct offer_request request = {
		.timeout_ms = timeout_ms,
		.app_filter = app_filter,
		.tell_end = !(flags & STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED),
	};
	struct broadcast *broadcast;
	enum offer_refusal refusal;

	if (!chan) {
		return -1;
	}
	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	refusal = offer_channel(chan, &request, &broadcast);
	if (refusal != OFFER_OK) {
		describe_set_status(chan, offer_refusal_status(refusal));
	}
	broadcast_unref(broadcast);
	gate_leave();
	return refusal == OFFER_OK ? 0 : -1;
}

int AST_OPTIONAL_API_NAME(stasis_app_broadcast_wait)(struct ast_channel *chan, int timeout_ms)
{
	struct wait_result result = { .state = BROADCAST_GONE };
	struct broadcast *broadcast;

	if (!chan) {
		return -1;
	}
	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	/* A polite unload is refused while a call waits; a forced one ends its broadcast. */
	ast_module_ref(AST_MODULE_SELF);
	broadcast = attached(chan);
	if (broadcast) {
		result = wait_on_channel(chan, &broadcast, timeout_ms);
		broadcast_unref(broadcast);
	}
	if (result.status) {
		describe_set_status(chan, result.status);
	}
	ast_module_unref(AST_MODULE_SELF);
	gate_leave();
	return result.state == BROADCAST_CLAIMED ? 0 : -1;
}

/*! \brief The core's copy of a text as one to free with ast_free(), which need not be the core's free(). */
static char *take_copy(char *text)
{
	char *copy = ast_strdup(text);

	ast_std_free(text);
	return copy;
}

/*! \brief End a broadcast whose winner was lost, since no other one follows it. \param lost May be NULL. */
static void end_lost(struct broadcast *lost)
{
	const struct broadcast_session none = { .has_begun = 0 };

	if (lost) {
		registry_remove(broadcasts, lost);
		broadcast_tell_ended(lost, &none);
	}
}

/*! \brief Offer and wait. \retval 0 if it is claimed, else -1. */
static int run(
	struct ast_channel *chan, const struct offer_request *request, struct stasis_broadcast_outcome *outcome)
{
	struct wait_result result = { .state = BROADCAST_GONE };
	struct broadcast *broadcast;
	enum offer_refusal refusal = offer_channel(chan, request, &broadcast);

	if (refusal == OFFER_OK) {
		const struct offer *offer;

		result = wait_on_channel(chan, &broadcast, request->timeout_ms);
		offer = broadcast_data(broadcast);
		outcome->round = atomic_load(&offer->round);
		outcome->score = broadcast_winner_score(broadcast);
		ast_copy_string(outcome->channel_id, broadcast_channel_id(broadcast), sizeof(outcome->channel_id));
		outcome->serial = broadcast_serial(broadcast);
		outcome->winner = take_copy(broadcast_winner(broadcast));
		broadcast_unref(broadcast);
	} else {
		result.status = offer_refusal_status(refusal);
		/* The application has the serial of this run, which is none, and cannot end the one before. */
		end_lost(request->continues);
	}
	/* A wait as long as the time of the broadcast has seen it close. */
	ast_copy_string(outcome->status, S_OR(result.status, "TIMEOUT"), sizeof(outcome->status));
	return result.state == BROADCAST_CLAIMED ? 0 : -1;
}

/*! \brief What a run is asked for, in our own words. \param excluded Borrowed. */
static void fill_request(
	struct offer_request *offer, const struct stasis_broadcast_request *request, struct names *excluded)
{
	*offer = (struct offer_request){
		.timeout_ms = request->timeout_ms,
		.app_filter = request->app_filter,
		.tell_end = !(request->flags & STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED),
		.channel_stays = 1,
		.has_first = request->has_first,
		.first = request->first,
		.first_step_ms = request->first_step_ms,
		.bid_window_ms = request->bid_window_ms,
		.excluded = excluded,
		.queue = request->queue,
		.has_priority = request->has_priority,
		.priority = request->priority,
	};
	offer->rounds = MIN(request->rounds, (size_t) STASIS_BROADCAST_MAX_ROUNDS);
	for (size_t i = 0; i < offer->rounds; i++) {
		offer->round_ms[i] = request->round_ms[i];
		offer->round_filters[i] = request->round_filters[i];
	}
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_run)(struct ast_channel *chan,
	const struct stasis_broadcast_request *request, struct stasis_broadcast_outcome *outcome)
{
	struct names *excluded =
		request->excluded_count ? names_create(request->excluded, request->excluded_count) : NULL;
	struct offer_request offer;
	int result;

	if (gate_enter()) {
		names_unref(excluded);
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	ast_module_ref(AST_MODULE_SELF);
	memset(outcome, 0, sizeof(*outcome));
	outcome->score = -1;
	fill_request(&offer, request, excluded);
	offer.continues = request->is_reoffer ? attached(chan) : NULL;
	if (request->excluded_count && !excluded) {
		ast_copy_string(outcome->status, "ERROR", sizeof(outcome->status));
		result = -1;
	} else {
		result = run(chan, &offer, outcome);
	}
	broadcast_unref(offer.continues);
	names_unref(excluded);
	ast_module_unref(AST_MODULE_SELF);
	gate_leave();
	return result;
}

void AST_OPTIONAL_API_NAME(stasis_broadcast_unusable)(void)
{
	if (gate_enter()) {
		return;
	}
	stats_count_refusal(STASIS_BROADCAST_ENDED_INVALIDFILTER);
	gate_leave();
}

/*! \brief The broadcast of a run, a reference, if it is there still. */
static struct broadcast *find_run(const struct stasis_broadcast_outcome *outcome)
{
	return outcome->serial ? registry_find(broadcasts, outcome->channel_id, outcome->serial) : NULL;
}

/*! \brief Note that the channel of a run has another ID now. */
static void note_moved(struct ast_channel *chan, const struct stasis_broadcast_outcome *outcome)
{
	char channel_id[AST_MAX_UNIQUEID];
	struct broadcast *broadcast;

	if (!strcmp(channel_id_copy(chan, channel_id), outcome->channel_id)) {
		return;
	}
	broadcast = find_run(outcome);
	if (broadcast) {
		broadcast_set_moved(broadcast, channel_id);
		broadcast_unref(broadcast);
	}
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_hand_over)(
	struct ast_channel *chan, const struct stasis_broadcast_outcome *outcome)
{
	int arrival = STASIS_BROADCAST_ARRIVED;
	int hold_ms;

	if (gate_enter()) {
		return STASIS_BROADCAST_ARRIVED;
	}
	ast_module_ref(AST_MODULE_SELF);
	hold_ms = outcome->winner ? directory_hold_ms(outcome->winner) : 0;
	if (hold_ms) {
		arrival = hold_for(chan, outcome->winner, hold_ms);
	}
	note_moved(chan, outcome);
	ast_module_unref(AST_MODULE_SELF);
	gate_leave();
	return arrival;
}

void AST_OPTIONAL_API_NAME(stasis_broadcast_lost)(
	struct ast_channel *chan, const struct stasis_broadcast_outcome *outcome)
{
	struct settings settings;
	struct broadcast *broadcast;

	if (gate_enter()) {
		return;
	}
	broadcast = find_run(outcome);
	if (broadcast) {
		struct offer *offer = broadcast_data(broadcast);

		settings_get(&settings);
		atomic_store(&offer->is_lost, 1);
		cel_set_lost_channel(settings.cel_events ? chan : NULL);
		broadcast_tell_lost(broadcast, outcome->winner);
		cel_set_lost_channel(NULL);
		broadcast_unref(broadcast);
	}
	gate_leave();
}

int64_t AST_OPTIONAL_API_NAME(stasis_broadcast_waited)(const struct stasis_broadcast_outcome *outcome)
{
	struct broadcast *broadcast;
	int64_t waited_ms = -1;

	if (gate_enter()) {
		return -1;
	}
	broadcast = find_run(outcome);
	if (broadcast) {
		waited_ms = record_waited_ms(broadcast);
		broadcast_unref(broadcast);
	}
	gate_leave();
	return waited_ms;
}

void AST_OPTIONAL_API_NAME(stasis_broadcast_end)(
	const struct stasis_broadcast_outcome *outcome, const struct stasis_broadcast_session *session)
{
	const struct broadcast_session told = {
		.has_begun = session->has_begun,
		.caller_ended = session->caller_ended,
		.talk_ms = session->talk_ms,
	};
	struct broadcast *broadcast;

	if (!outcome->serial || gate_enter()) {
		return;
	}
	broadcast = registry_take(broadcasts, outcome->channel_id, outcome->serial);
	if (broadcast) {
		broadcast_tell_ended(broadcast, &told);
		broadcast_unref(broadcast);
	}
	gate_leave();
}

/*! \brief A claim by someone who is inside. */
static enum stasis_broadcast_result claim(const char *channel_id, const char *app_name)
{
	struct broadcast *broadcast = registry_get(broadcasts, channel_id);
	char spelt[DIRECTORY_NAME_SIZE];
	enum broadcast_result result;

	if (!broadcast) {
		stats_count_unknown(1);
		debug_unknown(channel_id, app_name, BROADCAST_REQUEST_CLAIM);
		return STASIS_BROADCAST_UNKNOWN;
	}
	app_name = directory_spell(app_name, spelt);
	result = is_refused(broadcast, app_name, BROADCAST_REQUEST_CLAIM)
		? BROADCAST_FORBIDDEN
		: broadcast_claim(broadcast, app_name, directory_has);
	broadcast_unref(broadcast);
	return (enum stasis_broadcast_result) result;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_claim)(const char *channel_id, const char *app_name)
{
	int answer;

	if (ast_strlen_zero(channel_id) || ast_strlen_zero(app_name)) {
		return STASIS_BROADCAST_UNKNOWN;
	}
	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	answer = claim(channel_id, app_name);
	gate_leave();
	return answer;
}

/*! \brief A bid by someone who is inside. */
static enum stasis_broadcast_result bid(const char *channel_id, const char *app_name, int score)
{
	struct broadcast *broadcast = registry_get(broadcasts, channel_id);
	char spelt[DIRECTORY_NAME_SIZE];
	enum broadcast_result result;

	if (!broadcast) {
		debug_unknown(channel_id, app_name, BROADCAST_REQUEST_BID);
		return STASIS_BROADCAST_UNKNOWN;
	}
	app_name = directory_spell(app_name, spelt);
	result = is_refused(broadcast, app_name, BROADCAST_REQUEST_BID)
		? BROADCAST_FORBIDDEN
		: broadcast_bid(broadcast, app_name, score, directory_has);
	broadcast_unref(broadcast);
	return (enum stasis_broadcast_result) result;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_bid)(const char *channel_id, const char *app_name, int score)
{
	int answer;

	if (ast_strlen_zero(channel_id) || ast_strlen_zero(app_name)) {
		return STASIS_BROADCAST_UNKNOWN;
	}
	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	answer = bid(channel_id, app_name, score);
	gate_leave();
	return answer;
}

/*! \brief Take the next call in line, by someone who is inside. */
static enum stasis_broadcast_result take(const char *app_name, struct ast_json **json)
{
	char spelt[DIRECTORY_NAME_SIZE];
	struct broadcast *taken;
	int was_busy;

	app_name = directory_spell(app_name, spelt);
	if (may_not_take(app_name)) {
		return STASIS_BROADCAST_FORBIDDEN;
	}
	taken = line_take(app_name, &was_busy);
	if (!taken) {
		return was_busy ? STASIS_BROADCAST_BUSY : STASIS_BROADCAST_UNKNOWN;
	}
	*json = describe_broadcast(taken);
	broadcast_unref(taken);
	return STASIS_BROADCAST_OK;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_take)(const char *app_name, struct ast_json **json)
{
	int answer;

	*json = NULL;
	if (ast_strlen_zero(app_name)) {
		return STASIS_BROADCAST_FORBIDDEN;
	}
	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	answer = take(app_name, json);
	gate_leave();
	return answer;
}

int AST_OPTIONAL_API_NAME(stasis_app_claim_channel)(const char *channel_id, const char *app_name)
{
	int answer = stasis_broadcast_claim(channel_id, app_name);

	/* The public header knows of no other answers. */
	switch (answer) {
	case STASIS_BROADCAST_FORBIDDEN:
		return STASIS_BROADCAST_UNKNOWN;
	case STASIS_BROADCAST_BUSY:
	case STASIS_BROADCAST_TAKEN_BACK:
		return STASIS_BROADCAST_TAKEN;
	default:
		return answer;
	}
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_decline)(const char *channel_id, const char *app_name)
{
	struct broadcast *broadcast;
	char spelt[DIRECTORY_NAME_SIZE];
	int answer = STASIS_BROADCAST_UNKNOWN;

	if (ast_strlen_zero(channel_id) || ast_strlen_zero(app_name)) {
		return STASIS_BROADCAST_UNKNOWN;
	}
	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	broadcast = registry_get(broadcasts, channel_id);
	if (broadcast) {
		app_name = directory_spell(app_name, spelt);
		answer = is_refused(broadcast, app_name, BROADCAST_REQUEST_DECLINE)
			? STASIS_BROADCAST_FORBIDDEN
			: (enum stasis_broadcast_result) broadcast_decline(broadcast, app_name, directory_has);
		broadcast_unref(broadcast);
	} else {
		stats_count_unknown(0);
		debug_unknown(channel_id, app_name, BROADCAST_REQUEST_DECLINE);
	}
	gate_leave();
	return answer;
}

/*! \brief Whether a broadcast is the one that claims of its channel find. */
static int is_registered(struct broadcast *broadcast)
{
	struct broadcast *found = registry_get(broadcasts, broadcast_channel_id(broadcast));

	broadcast_unref(found);
	return found == broadcast;
}

/*!
 * \brief The broadcast of a channel, by the ID that it was offered under, or by the one that the channel has now.
 *
 * Goes through all channels if the ID is not found: for the dialplan's own few calls, not for requests.
 *
 * \return A reference; NULL if there is none.
 */
static struct broadcast *find_by_any_id(const char *channel_id)
{
	struct broadcast *broadcast = registry_get(broadcasts, channel_id);
	struct ast_channel *chan;

	if (broadcast) {
		return broadcast;
	}
	chan = ast_channel_get_by_name(channel_id);
	if (chan) {
		broadcast = attached(chan);
		ast_channel_unref(chan);
	}
	/* One that was cleaned up, or has ended, stays with its channel. */
	if (broadcast && !is_registered(broadcast)) {
		broadcast_unref(broadcast);
		broadcast = NULL;
	}
	return broadcast;
}

char *AST_OPTIONAL_API_NAME(stasis_app_broadcast_winner)(const char *channel_id)
{
	struct broadcast *broadcast;
	char *winner = NULL;

	if (ast_strlen_zero(channel_id) || gate_enter()) {
		return NULL;
	}
	broadcast = find_by_any_id(channel_id);
	if (broadcast) {
		winner = broadcast_winner(broadcast);
		broadcast_unref(broadcast);
	}
	gate_leave();
	return take_copy(winner);
}

void AST_OPTIONAL_API_NAME(stasis_app_broadcast_cleanup)(const char *channel_id)
{
	struct broadcast *broadcast;

	if (ast_strlen_zero(channel_id) || gate_enter()) {
		return;
	}
	broadcast = find_by_any_id(channel_id);
	if (broadcast) {
		registry_remove(broadcasts, broadcast);
		broadcast_unref(broadcast);
	}
	gate_leave();
}

/*! \brief Note which ID the channel of a claimed broadcast has now: a masquerade may just have changed it (rule 12). */
static void note_channel_of_now(struct broadcast *broadcast)
{
	char id[AST_MAX_UNIQUEID];

	if (broadcast_state(broadcast) == BROADCAST_CLAIMED && attached_channel_id(broadcast, id) &&
		strcmp(id, broadcast_channel_id(broadcast))) {
		broadcast_set_moved(broadcast, id);
	}
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_describe)(const char *channel_id, struct ast_json **json)
{
	struct broadcast *broadcast;

	*json = NULL;
	if (ast_strlen_zero(channel_id)) {
		return STASIS_BROADCAST_UNKNOWN;
	}
	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	broadcast = registry_get(broadcasts, channel_id);
	if (broadcast) {
		note_channel_of_now(broadcast);
		*json = describe_broadcast(broadcast);
		broadcast_unref(broadcast);
	}
	gate_leave();
	return *json ? 0 : STASIS_BROADCAST_UNKNOWN;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_describe_all)(
	const char *app_name, size_t limit, struct ast_json **json)
{
	char spelt[DIRECTORY_NAME_SIZE];

	*json = NULL;
	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	*json = line_describe(ast_strlen_zero(app_name) ? NULL : directory_spell(app_name, spelt), limit);
	gate_leave();
	return *json ? 0 : -1;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_get_stats)(struct stasis_broadcast_stats *stats)
{
	if (gate_enter()) {
		return -1;
	}
	dispatch_get_stats(stats);
	stats->broadcasts = registry_count(broadcasts);
	gate_leave();
	return 0;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_settings)(struct settings *settings)
{
	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	settings_get(settings);
	gate_leave();
	return 0;
}
