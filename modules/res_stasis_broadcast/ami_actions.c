/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The manager actions StasisBroadcastList, StasisBroadcastApps and StasisBroadcastWithdraw.
 *
 * Whatever is written to a manager is written outside of the gate: one that does not read holds up nobody else.
 */

#include "asterisk.h"

#include "asterisk/cli.h"
#include "asterisk/manager.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "ami_actions.h"
#include "ami_text.h"
#include "gate.h"
#include "line.h"
#include "printable.h"
#include "record.h"
#include "stats_store.h"
#include "withdraw.h"

static void add_call(struct ast_str **body, const struct offer *offer)
{
	ami_add_text(body, "Channel", offer_text(offer, OFFER_CHANNEL_NAME));
	ami_add_text(body, "CallerIDNum", S_OR(offer_text(offer, OFFER_CALLER_NUMBER), "<unknown>"));
	ami_add_text(body, "CallerIDName", S_OR(offer_text(offer, OFFER_CALLER_NAME), "<unknown>"));
	ami_add_text(body, "Exten", offer_text(offer, OFFER_CALLED));
	ami_add_text(body, "Queue", offer_text(offer, OFFER_QUEUE));
	ami_add_number(body, "QueuePriority", offer->priority);
	ami_add_number(body, "Round", atomic_load(&offer->round));
	ami_add_number_if(body, "First", offer->has_first, offer->first);
	ami_add_number(body, "BidWindow", offer->bid_window_ms);
}

/*!
 * \brief Begin an event of a list.
 *
 * \param message The action, whose ActionID the event has, as long as it may be: it is what the manager knows its list by.
 */
static void begin_entry(struct ast_str **body, const struct message *message, const char *event)
{
	const char *action_id = astman_get_header(message, "ActionID");

	ast_str_append(body, 0, "Event: %s\r\n", event);
	if (!ast_strlen_zero(action_id)) {
		ast_str_append(body, 0, "ActionID: %s\r\n", action_id);
	}
}

/*! \brief One broadcast as an event of a list. */
static void send_entry(struct mansession *session, const struct message *message, struct broadcast *broadcast)
{
	struct ast_str *body = ast_str_create(512);
	struct broadcast_snapshot snapshot;

	if (!body) {
		return;
	}
	broadcast_get_snapshot(broadcast, &snapshot);
	begin_entry(&body, message, "StasisBroadcastListEntry");
	ami_add_text(&body, "Uniqueid", broadcast_channel_id(broadcast));
	add_call(&body, broadcast_data(broadcast));
	ami_add_text(&body, "State", record_reason(broadcast, snapshot.state));
	ami_add_number(&body, "Waited", record_waited_ms(broadcast));
	ami_add_number(&body, "Timeout", snapshot.timeout_ms);
	ami_add_number(&body, "Remaining", snapshot.remaining_ms);
	ami_add_text(&body, "AppFilter", broadcast_filter_text(broadcast));
	ami_add_number(&body, "Recipients", (int64_t) names_count(snapshot.recipients));
	ami_add_number(&body, "Declined", (int64_t) names_count(snapshot.declined));
	ami_add_text(&body, "Winner", snapshot.winner);
	ami_add_number(&body, "Bids", (int64_t) snapshot.bids);
	ami_add_number_if(&body, "Score", snapshot.score >= 0, snapshot.score);
	broadcast_snapshot_clear(&snapshot);
	astman_append(session, "%s\r\n", ast_str_buffer(body));
	ast_free(body);
}

/*! \brief Tell a manager that the module goes. */
static int refuse(struct mansession *session, const struct message *message)
{
	astman_send_error(session, message, "Stasis Broadcast is being unloaded");
	return 0;
}

/*! \brief The end of a list. */
static void send_complete(
	struct mansession *session, const struct message *message, const char *event, size_t count)
{
	astman_send_list_complete_start(session, message, event, (int) count);
	astman_send_list_complete_end(session);
}

/*! \brief The action StasisBroadcastList, in the thread of the manager's session. */
static int list_broadcasts(struct mansession *session, const struct message *message)
{
	struct line *line;
	size_t count;
	size_t open;

	if (gate_enter()) {
		return refuse(session, message);
	}
	line = line_get(&count, &open);
	gate_leave();
	if (!line) {
		astman_send_error(session, message, "Out of memory");
		return 0;
	}
	astman_send_listack(session, message, "Calls will follow, first in line first", "start");
	for (size_t i = 0; i < count; i++) {
		send_entry(session, message, line[i].broadcast);
	}
	line_free(line, count);
	send_complete(session, message, "StasisBroadcastListComplete", count);
	return 0;
}

/*! \brief The events of StasisBroadcastApps. */
struct apps_list {
	const struct message *message;
	struct ast_str *events;
	size_t count;
};

/*! \brief One application as an event of a list. */
static void add_app(const struct stasis_broadcast_app_stats *app, void *data)
{
	struct apps_list *list = data;
	struct ast_str **body = &list->events;

	begin_entry(body, list->message, "StasisBroadcastAppsEntry");
	ami_add_text(body, "Application", app->name);
	ami_add_number(body, "Connections", app->connections);
	ami_add_text(body, "Silent", AST_CLI_YESNO(app->is_silent));
	ami_add_text(body, "Stalled", AST_CLI_YESNO(app->is_stalled));
	ami_add_number(body, "Offers", (int64_t) app->offers);
	ami_add_number(body, "Won", (int64_t) app->won);
	ami_add_number(body, "TooLate", (int64_t) app->too_late);
	ami_add_number(body, "Declined", (int64_t) app->declined);
	ami_add_number(body, "Bids", (int64_t) app->bids);
	ami_add_number(body, "Awarded", (int64_t) app->awarded);
	ami_add_number(body, "Lost", (int64_t) app->lost);
	ami_add_number(body, "SilentInRow", app->silent_in_row);
	ami_add_number(body, "LastHeard", app->last_heard);
	ast_str_append(body, 0, "MedianAnswer: %.1f\r\n", app->median_answer_ms);
	ami_add_number(body, "Queued", (int64_t) app->queued);
	ami_add_number(body, "Dropped", (int64_t) app->dropped);
	ast_str_append(body, 0, "\r\n");
	list->count++;
}

/*! \brief The action StasisBroadcastApps, in the thread of the manager's session. */
static int list_apps(struct mansession *session, const struct message *message)
{
	struct apps_list list = { .message = message, .events = ast_str_create(4096) };
	int failed = -1;

	if (list.events && gate_enter()) {
		ast_free(list.events);
		return refuse(session, message);
	}
	if (list.events) {
		failed = stats_each_app(add_app, &list);
		gate_leave();
	}
	if (failed) {
		astman_send_error(session, message, "Out of memory");
	} else {
		astman_send_listack(session, message, "Applications will follow", "start");
		astman_append(session, "%s", ast_str_buffer(list.events));
		send_complete(session, message, "StasisBroadcastAppsComplete", list.count);
	}
	ast_free(list.events);
	return 0;
}

/*! \brief The action StasisBroadcastWithdraw, in the thread of the manager's session. */
static int withdraw_broadcast(struct mansession *session, const struct message *message)
{
	const char *channel_id = astman_get_header(message, "ChannelId");
	char id[PRINTABLE_SIZE];
	int result;

	if (ast_strlen_zero(channel_id)) {
		astman_send_error(session, message,
			"ChannelId is missing: the unique ID of the call's channel, Uniqueid in StasisBroadcastList");
		return 0;
	}
	if (gate_enter()) {
		return refuse(session, message);
	}
	result = withdraw(channel_id);
	gate_leave();
	printable(channel_id, id, sizeof(id));
	if (!result) {
		astman_send_ack(session, message, "Withdrawn: the call goes on in its dialplan");
	} else if (result == BROADCAST_TAKEN) {
		astman_send_error_va(session, message, "%s cannot be withdrawn: an application has claimed it", id);
	} else {
		astman_send_error_va(session, message, "%s is not on offer", id);
	}
	return 0;
}

static const struct {
	const char *name;
	int authority;
	int (*function)(struct mansession *session, const struct message *message);
} actions[] = {
	{ "StasisBroadcastList", EVENT_FLAG_CALL | EVENT_FLAG_REPORTING, list_broadcasts },
	{ "StasisBroadcastApps", EVENT_FLAG_CALL | EVENT_FLAG_REPORTING, list_apps },
	{ "StasisBroadcastWithdraw", EVENT_FLAG_CALL, withdraw_broadcast },
};

int ami_actions_start(void)
{
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (ast_manager_register_xml(actions[i].name, actions[i].authority, actions[i].function)) {
			ami_actions_stop();
			return -1;
		}
	}
	return 0;
}

void ami_actions_stop(void)
{
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		ast_manager_unregister(actions[i].name);
	}
}
