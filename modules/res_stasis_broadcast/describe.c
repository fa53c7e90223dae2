/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A broadcast in words: JSON for the REST resource, a channel variable for the dialplan.
 */

#include "asterisk.h"

#include "asterisk/astobj2.h"
#include "asterisk/json.h"
#include "asterisk/stasis_channels.h"

#include "channel_json.h"
#include "channel_variables.h"
#include "describe.h"
#include "describe_text.h"
#include "offer_data.h"

static const char *state_name(enum broadcast_state state)
{
	switch (state) {
	case BROADCAST_OPEN:
		return "open";
	case BROADCAST_CLAIMED:
		return "claimed";
	case BROADCAST_EXPIRED:
		return "expired";
	case BROADCAST_HUNG_UP:
		return "hungup";
	case BROADCAST_DECLINED:
		return "declined";
	case BROADCAST_WITHDRAWN:
	case BROADCAST_REPLACED:
	case BROADCAST_GONE:
		return "withdrawn";
	}
	return "unknown";
}

static struct ast_json *names_to_json(const struct names *names)
{
	struct ast_json *array = ast_json_array_create();

	for (size_t i = 0; array && i < names_count(names); i++) {
		ast_json_array_append(array, describe_text(names_at(names, i)));
	}
	return array;
}

/*! \brief The channel variables of ari.conf, as ARI shows them of a channel; none if there is no such channel. */
static struct ast_json *describe_variables(const char *channel_id)
{
	struct ast_channel_snapshot *snapshot = ast_channel_snapshot_get_latest(channel_id);
	struct ast_json *json = channel_json_variables(snapshot);

	ao2_cleanup(snapshot);
	return json;
}

/*! \brief How long the channel has waited, or had when the broadcast closed, in milliseconds. */
static int64_t waited_ms(struct broadcast *broadcast)
{
	const struct offer *offer = broadcast_data(broadcast);
	const int64_t closed_ns = broadcast_closed_ns(broadcast);

	return closed_ns ? (closed_ns - offer->first_ns) / 1000000 : offer_waited_ms(offer);
}

/*! \brief Add what is known of the call to the description of its broadcast. \retval 0 on success. */
static int add_call(struct ast_json *json, struct broadcast *broadcast, const char *channel_id)
{
	const struct offer *offer = broadcast_data(broadcast);
	const char *queue = offer_text(offer, OFFER_QUEUE);
	const struct timeval created = { offer->created_us / 1000000, offer->created_us % 1000000 };
	struct ast_json *call = ast_json_pack("{s: {s: o, s: o}, s: o, s: o, s: o, s: I, s: i, s: o, s: i}",
		"caller", "name", describe_text(offer_text(offer, OFFER_CALLER_NAME)), "number",
		describe_text(offer_text(offer, OFFER_CALLER_NUMBER)), "called",
		describe_text(offer_text(offer, OFFER_CALLED)), "channelvars", describe_variables(channel_id),
		"created", ast_json_timeval(created, NULL), "waited_ms", (intmax_t) waited_ms(broadcast), "priority",
		offer->priority, "queue", *queue ? describe_text(queue) : ast_json_null(), "round",
		(int) atomic_load(&offer->round));
	int failed = !call || ast_json_object_update(json, call);

	ast_json_unref(call);
	return failed;
}

struct ast_json *describe_broadcast(struct broadcast *broadcast)
{
	struct broadcast_snapshot snapshot;
	struct ast_json *json;
	const char *channel_id;

	broadcast_get_snapshot(broadcast, &snapshot);
	/* The one that the channel has now (rule 12). */
	channel_id = snapshot.moved_to ? snapshot.moved_to : broadcast_channel_id(broadcast);
	json = ast_json_pack("{s: o, s: s, s: i, s: i, s: o, s: o, s: o, s: o}", "channel_id",
		describe_text(channel_id), "state", state_name(snapshot.state), "timeout_ms", snapshot.timeout_ms,
		"remaining_ms", snapshot.remaining_ms, "app_filter", describe_text(broadcast_filter_text(broadcast)),
		"recipients", names_to_json(snapshot.recipients), "declined", names_to_json(snapshot.declined),
		"winner_app", snapshot.winner ? describe_text(snapshot.winner) : ast_json_null());
	if (json && add_call(json, broadcast, channel_id)) {
		ast_json_unref(json);
		json = NULL;
	}
	broadcast_snapshot_clear(&snapshot);
	return json;
}

const char *describe_status(struct broadcast *broadcast, enum broadcast_state state)
{
	switch (state) {
	case BROADCAST_CLAIMED:
		return "CLAIMED";
	case BROADCAST_EXPIRED:
		return "TIMEOUT";
	case BROADCAST_HUNG_UP:
		return "HANGUP";
	case BROADCAST_DECLINED:
		return broadcast_has_recipients(broadcast) ? "DECLINED" : "NOAPPS";
	case BROADCAST_WITHDRAWN:
		return "WITHDRAWN";
	default:
		return "ERROR";
	}
}

void describe_set_status(struct ast_channel *chan, const char *status)
{
	const struct channel_variable variable = { "BROADCASTSTATUS", status };

	channel_variables_set(chan, &variable, 1);
}
