/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The manager actions StasisBroadcastList and StasisBroadcastWithdraw.
 *
 * Whatever is written to a manager is written outside of the gate: one that does not read holds up nobody else.
 */

#include "asterisk.h"

#include <stdlib.h>

#include "asterisk/manager.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "ami_actions.h"
#include "ami_text.h"
#include "gate.h"
#include "offer.h"
#include "printable.h"
#include "record.h"

/*! \brief First in line first: higher priority, then longer since the first offer. */
static int compare_in_line(const void *left, const void *right)
{
	const struct offer *a = broadcast_data(*(struct broadcast *const *) left);
	const struct offer *b = broadcast_data(*(struct broadcast *const *) right);

	if (a->priority != b->priority) {
		return a->priority > b->priority ? -1 : 1;
	}
	return a->first_ns == b->first_ns ? 0 : a->first_ns < b->first_ns ? -1 : 1;
}

/*!
 * \brief All broadcasts, first in line first.
 *
 * \param[out] list References, and the list, to give back.
 * \return How many; -1 if the module is being unloaded.
 */
static long list_in_line(struct broadcast ***list)
{
	size_t count = 0;

	if (gate_enter()) {
		return -1;
	}
	*list = registry_list(broadcasts, &count);
	gate_leave();
	if (*list) {
		qsort(*list, count, sizeof(**list), compare_in_line);
	}
	return (long) count;
}

static void add_call(struct ast_str **body, const struct offer *offer)
{
	ami_add_text(body, "Channel", offer->channel_name);
	ami_add_text(body, "CallerIDNum", S_OR(offer->caller_number, "<unknown>"));
	ami_add_text(body, "CallerIDName", S_OR(offer->caller_name, "<unknown>"));
	ami_add_text(body, "Exten", offer->called);
	ami_add_text(body, "Queue", offer->queue);
	ami_add_number(body, "QueuePriority", offer->priority);
}

/*! \brief One broadcast as an event of a list. */
static void send_entry(struct mansession *session, const char *action_id, struct broadcast *broadcast)
{
	struct ast_str *body = ast_str_create(512);
	struct broadcast_snapshot snapshot;

	if (!body) {
		return;
	}
	broadcast_get_snapshot(broadcast, &snapshot);
	ast_str_set(&body, 0, "Event: StasisBroadcastListEntry\r\n%s", action_id);
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
	broadcast_snapshot_clear(&snapshot);
	astman_append(session, "%s\r\n", ast_str_buffer(body));
	ast_free(body);
}

/*! \brief The line that tells a manager which of its actions an event belongs to; "" if it has not named it. */
static void find_action_id(const struct message *message, char *line, size_t size)
{
	const char *id = astman_get_header(message, "ActionID");

	*line = '\0';
	if (!ast_strlen_zero(id)) {
		snprintf(line, size, "ActionID: %s\r\n", id);
	}
}

/*! \brief The action StasisBroadcastList, in the thread of the manager's session. */
static int list_broadcasts(struct mansession *session, const struct message *message)
{
	struct broadcast **list = NULL;
	const long count = list_in_line(&list);
	char action_id[256];

	if (count < 0) {
		astman_send_error(session, message, "Stasis Broadcast is being unloaded");
		return 0;
	}
	find_action_id(message, action_id, sizeof(action_id));
	astman_send_listack(session, message, "Calls on offer will follow", "start");
	for (long i = 0; i < count; i++) {
		send_entry(session, action_id, list[i]);
		broadcast_unref(list[i]);
	}
	ast_std_free(list);
	astman_send_list_complete_start(session, message, "StasisBroadcastListComplete", (int) count);
	astman_send_list_complete_end(session);
	return 0;
}

/*!
 * \brief Take an offer back.
 *
 * \param[out] winner The application that has the call, if one has: a copy to free(), else NULL.
 * \retval 0 if it is withdrawn, now or before, -1 if it is not.
 */
static int withdraw(const char *channel_id, char **winner)
{
	struct broadcast *broadcast;
	int result = -1;

	*winner = NULL;
	if (gate_enter()) {
		return -1;
	}
	broadcast = registry_get(broadcasts, channel_id);
	if (broadcast) {
		result = broadcast_close(broadcast, BROADCAST_WITHDRAWN) == BROADCAST_WITHDRAWN ? 0 : -1;
		*winner = broadcast_winner(broadcast);
		broadcast_unref(broadcast);
	}
	gate_leave();
	return result;
}

/*! \brief The action StasisBroadcastWithdraw, in the thread of the manager's session. */
static int withdraw_broadcast(struct mansession *session, const struct message *message)
{
	const char *channel_id = astman_get_header(message, "ChannelId");
	char id[PRINTABLE_SIZE];
	char app[PRINTABLE_SIZE];
	char *winner;

	if (ast_strlen_zero(channel_id)) {
		astman_send_error(session, message,
			"ChannelId is missing: the unique ID of the call's channel, as the list tells it");
	} else if (!withdraw(channel_id, &winner)) {
		astman_send_ack(session, message, "Withdrawn: the call goes on in its dialplan");
	} else {
		printable(channel_id, id, sizeof(id));
		if (winner) {
			astman_send_error_va(session, message, "%s cannot be withdrawn: application '%s' has claimed it",
				id, printable(winner, app, sizeof(app)));
		} else {
			astman_send_error_va(session, message, "%s is not on offer", id);
		}
		ast_std_free(winner);
	}
	return 0;
}

static const struct {
	const char *name;
	int authority;
	int (*function)(struct mansession *session, const struct message *message);
} actions[] = {
	{ "StasisBroadcastList", EVENT_FLAG_CALL | EVENT_FLAG_REPORTING, list_broadcasts },
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
