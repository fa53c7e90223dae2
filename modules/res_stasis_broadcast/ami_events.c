/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The observer that tells AMI of each step of a broadcast: one event a step, and never one a recipient.
 *
 * Nothing is described unless AMI is on and the setting \c ami_events says so.
 */

#include "asterisk.h"

#include "asterisk/astobj2.h"
#include "asterisk/chanvars.h"
#include "asterisk/linkedlists.h"
#include "asterisk/manager.h"
#include "asterisk/stasis_channels.h"
#include "asterisk/strings.h"

#include "ami_text.h"
#include "compat.h"
#include "observers.h"
#include "observers_list.h"
#include "offer_data.h"
#include "record.h"
#include "settings.h"

static int is_wanted(void)
{
	struct settings settings;

	if (!ast_manager_check_enabled()) {
		return 0;
	}
	settings_get(&settings);
	return settings.ami_events;
}

/*! \brief Whether a text of a channel could end its line: Asterisk writes most of them as they are. */
static int is_unsafe(const struct ast_channel_snapshot *snapshot)
{
	const struct compat_snapshot_texts texts = compat_snapshot_texts(snapshot);
	const char *const list[] = { texts.id, texts.linkedid, texts.name, texts.accountcode, texts.language,
		texts.tenantid, texts.context, texts.exten, texts.caller_name, texts.caller_number,
		texts.connected_name, texts.connected_number };
	struct ast_var_t *variable;
	int unsafe = 0;

	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		unsafe |= ami_has_control(list[i]);
	}
	if (snapshot->manager_vars) {
		AST_LIST_TRAVERSE(snapshot->manager_vars, variable, entries)
		{
			unsafe |= ami_has_control(variable->name) || ami_has_control(variable->value);
		}
	}
	return unsafe;
}

/*! \brief The channel as it was offered, for when there is no description of Asterisk's own that can be used. */
static struct ast_str *describe_offered(struct broadcast *broadcast)
{
	const struct offer *offer = broadcast_data(broadcast);
	struct ast_str *body = ast_str_create(512);

	if (body) {
		ami_add_text(&body, "Channel", offer_text(offer, OFFER_CHANNEL_NAME));
		ami_add_text(&body, "CallerIDNum", S_OR(offer_text(offer, OFFER_CALLER_NUMBER), "<unknown>"));
		ami_add_text(&body, "CallerIDName", S_OR(offer_text(offer, OFFER_CALLER_NAME), "<unknown>"));
		ami_add_text(&body, "Exten", offer_text(offer, OFFER_CALLED));
		ami_add_text(&body, "Uniqueid", broadcast_channel_id(broadcast));
	}
	return body;
}

/*!
 * \brief Begin an event with its channel, as other events have it, and with its place in line: \c Priority is the dialplan's.
 *
 * From the snapshot that Asterisk keeps: no channel is locked. A channel of a moment ago, or that has gone, may have none.
 */
static struct ast_str *begin(struct broadcast *broadcast)
{
	const struct offer *offer = broadcast_data(broadcast);
	struct ast_channel_snapshot *snapshot = ast_channel_snapshot_get_latest(broadcast_channel_id(broadcast));
	struct ast_str *body = NULL;

	if (snapshot && !is_unsafe(snapshot)) {
		body = ast_manager_build_channel_state_string(snapshot);
	}
	ao2_cleanup(snapshot);
	if (!body) {
		body = describe_offered(broadcast);
	}
	if (body) {
		ami_add_text(&body, "Queue", offer_text(offer, OFFER_QUEUE));
		ami_add_number(&body, "QueuePriority", offer->priority);
		ami_add_number(&body, "Round", atomic_load(&offer->round));
	}
	return body;
}

/*! \brief Add the score of the bid that won; an empty one if there was none. */
static void add_score(struct ast_str **body, struct broadcast *broadcast)
{
	const int score = broadcast_winner_score(broadcast);

	ami_add_number_if(body, "Score", score >= 0, score);
}

static void opened(struct broadcast *broadcast)
{
	const struct offer *offer = broadcast_data(broadcast);
	struct ast_str *body = is_wanted() ? begin(broadcast) : NULL;
	struct names *recipients;

	if (!body) {
		return;
	}
	recipients = broadcast_recipients(broadcast);
	ami_add_number(&body, "Waited", record_waited_ms(broadcast));
	ami_add_number(&body, "Timeout", broadcast_remaining_ms(broadcast));
	ami_add_text(&body, "AppFilter", broadcast_filter_text(broadcast));
	ami_add_number(&body, "Recipients", (int64_t) names_count(recipients));
	ami_add_number_if(&body, "First", offer->has_first, offer->first);
	ami_add_number(&body, "BidWindow", offer->bid_window_ms);
	names_unref(recipients);
	manager_event(EVENT_FLAG_CALL, "StasisBroadcastStart", "%s", ast_str_buffer(body));
	ast_free(body);
}

/*! \brief Tell of a claim. \param body The event so far, which stays as it is. */
static void tell_claimed(struct broadcast *broadcast, struct ast_str *body)
{
	struct ast_str *more = ast_str_create(128);

	if (more) {
		ami_add_text(&more, "Winner", broadcast_winner_name(broadcast));
		ami_add_number(&more, "ClaimTime", record_open_ms(broadcast));
		ami_add_number(&more, "Waited", record_waited_ms(broadcast));
		add_score(&more, broadcast);
		manager_event(
			EVENT_FLAG_CALL, "StasisBroadcastClaim", "%s%s", ast_str_buffer(body), ast_str_buffer(more));
	}
	ast_free(more);
}

static void closed(struct broadcast *broadcast, enum broadcast_state state)
{
	struct ast_str *body = is_wanted() ? begin(broadcast) : NULL;

	if (!body) {
		return;
	}
	if (state == BROADCAST_CLAIMED) {
		tell_claimed(broadcast, body);
	}
	ami_add_text(&body, "Reason", record_reason(broadcast, state));
	ami_add_number(&body, "Waited", record_waited_ms(broadcast));
	add_score(&body, broadcast);
	manager_event(EVENT_FLAG_CALL, "StasisBroadcastEnd", "%s", ast_str_buffer(body));
	ast_free(body);
}

static void lost(struct broadcast *broadcast, const char *app)
{
	struct ast_str *body = is_wanted() ? begin(broadcast) : NULL;

	if (body) {
		ami_add_text(&body, "Winner", app);
		manager_event(EVENT_FLAG_CALL, "StasisBroadcastLost", "%s", ast_str_buffer(body));
	}
	ast_free(body);
}

static void silent(const char *app, int is_silent, unsigned int unanswered)
{
	struct ast_str *body = is_wanted() ? ast_str_create(128) : NULL;

	if (body) {
		ami_add_text(&body, "Application", app);
		ami_add_text(&body, "Silent", is_silent ? "Yes" : "No");
		ami_add_number(&body, "Unanswered", unanswered);
		manager_event(EVENT_FLAG_CALL, "StasisBroadcastAppSilent", "%s", ast_str_buffer(body));
	}
	ast_free(body);
}

const struct broadcast_observer ami_events_observer = {
	.name = "AMI",
	.opened = opened,
	.lost = lost,
	.closed = closed,
	.silent = silent,
};
