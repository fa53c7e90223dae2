/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Applications that another module brings, as a source of the directory; and what that module asks for them.
 */

#include "asterisk.h"

/* First: it uses optional functions of others, which would take the definition below for theirs. */
#include "asterisk/channel.h"

/* The one file in the module that includes it with this definition provides the functions. */
#define AST_API_MODULE
#include "source_api.h"

#include "asterisk/lock.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "directory.h"
#include "gate.h"
#include "line.h"
#include "observers.h"
#include "offer.h"
#include "refusal.h"
#include "source.h"
#include "stats_store.h"

/*! Protects which source there is, and its names. */
AST_MUTEX_DEFINE_STATIC(source_lock);
static const struct stasis_broadcast_source *source;
static struct names *source_names;

static struct names *get_names(void)
{
	struct names *names;

	ast_mutex_lock(&source_lock);
	names = names_ref(source_names);
	ast_mutex_unlock(&source_lock);
	return names ? names : names_create(NULL, 0);
}

static void closed(struct broadcast *broadcast, enum broadcast_state state)
{
	source->closed(
		broadcast_serial(broadcast), state == BROADCAST_CLAIMED ? broadcast_winner_name(broadcast) : NULL);
}

static const struct broadcast_observer observer = {
	.name = "source of applications",
	.closed = closed,
};

/*! What the directory has of it; its functions are the source's own. */
static struct directory_source listed = { .names = get_names };

/*! \brief Put a source in the place of none. \retval 0 on success, 1 if it is there already, -1 if another one is. */
static int occupy(const struct stasis_broadcast_source *fresh)
{
	int result = source == fresh ? 1 : -1;

	ast_mutex_lock(&source_lock);
	if (!source) {
		source = fresh;
		result = 0;
	}
	ast_mutex_unlock(&source_lock);
	return result;
}

static void set_names(struct names *names)
{
	struct names *old;

	ast_mutex_lock(&source_lock);
	old = source_names;
	source_names = names;
	ast_mutex_unlock(&source_lock);
	names_unref(old);
}

void source_stop(void)
{
	directory_remove(&listed);
	observers_remove(&observer);
	set_names(NULL);
	ast_mutex_lock(&source_lock);
	source = NULL;
	ast_mutex_unlock(&source_lock);
}

/*! \brief Have a source, by someone who is inside. */
static int add(const struct stasis_broadcast_source *fresh)
{
	int occupied = occupy(fresh);

	if (occupied) {
		return occupied > 0 ? 0 : -1;
	}
	listed.name = fresh->name;
	listed.has = fresh->has;
	listed.send = fresh->send;
	listed.hold_ms = fresh->hold_ms;
	listed.get_stats = fresh->get_stats;
	if (observers_add(&observer) || directory_add(&listed)) {
		source_stop();
		return -1;
	}
	return 0;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_source_add)(const struct stasis_broadcast_source *fresh)
{
	int result;

	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	result = add(fresh);
	gate_leave();
	return result;
}

void AST_OPTIONAL_API_NAME(stasis_broadcast_source_remove)(const struct stasis_broadcast_source *old)
{
	/* Without the gate, source_stop() is on its way or was. */
	if (gate_enter()) {
		return;
	}
	if (old == source) {
		source_stop();
	}
	gate_leave();
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_source_names)(const char *const *names, size_t count)
{
	struct names *list = names_create(names, count);

	if (gate_enter()) {
		names_unref(list);
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	set_names(list);
	gate_leave();
	return list ? 0 : -1;
}

/*! \brief Whether a worker is the one of its application that has a call: the first that asks for it is. */
static int is_first_worker(struct offer *offer, const char *worker)
{
	char *expected = NULL;
	char *copy = ast_strdup(worker);
	int is_first = copy && atomic_compare_exchange_strong(&offer->worker, &expected, copy);

	if (!is_first) {
		ast_free(copy);
	}
	return is_first || (expected && !strcmp(expected, worker));
}

/*! \brief What is left to say of a claim or bid that the core has answered with OK. */
static int answer_ok(struct broadcast *broadcast, const struct stasis_broadcast_ask *ask, const char *app)
{
	if (broadcast_state(broadcast) != BROADCAST_CLAIMED || strcmp(broadcast_winner_name(broadcast), app)) {
		return STASIS_BROADCAST_NOTED;
	}
	return is_first_worker(broadcast_data(broadcast), ask->worker) ? BROADCAST_OK : BROADCAST_TAKEN;
}

/*! \brief Whose a call is that its application has. */
static int keep(struct broadcast *broadcast, const struct stasis_broadcast_ask *ask)
{
	const int answer = answer_ok(broadcast, ask, ask->app);

	if (answer != STASIS_BROADCAST_NOTED) {
		return answer;
	}
	return broadcast_state(broadcast) == BROADCAST_CLAIMED ? BROADCAST_TAKEN : BROADCAST_CLOSED;
}

/*! \brief Whether a demand is what somebody asks for of one call: it is counted also if there is no such call. */
static int is_request(enum stasis_broadcast_demand demand)
{
	return demand <= STASIS_BROADCAST_DEMAND_DECLINE;
}

/*! \brief Claim or bid, for one that may. */
static enum broadcast_result claim(struct broadcast *broadcast, const struct stasis_broadcast_ask *ask)
{
	const struct offer *offer = broadcast_data(broadcast);

	if (ask->demand == STASIS_BROADCAST_DEMAND_TAKE) {
		return broadcast_take_or_bid(broadcast, ask->app, directory_has);
	}
	return ask->demand == STASIS_BROADCAST_DEMAND_BID || offer->bid_window_ms
		? broadcast_bid(broadcast, ask->app, ask->score, directory_has)
		: broadcast_claim(broadcast, ask->app, directory_has);
}

/*! \brief Ask the core. */
static int ask_core(struct broadcast *broadcast, const struct stasis_broadcast_ask *ask)
{
	static const enum broadcast_request requests[] = {
		[STASIS_BROADCAST_DEMAND_CLAIM] = BROADCAST_REQUEST_CLAIM,
		[STASIS_BROADCAST_DEMAND_BID] = BROADCAST_REQUEST_BID,
		[STASIS_BROADCAST_DEMAND_DECLINE] = BROADCAST_REQUEST_DECLINE,
		[STASIS_BROADCAST_DEMAND_TAKE] = BROADCAST_REQUEST_TAKE,
	};
	enum broadcast_result result;

	if (ask->demand == STASIS_BROADCAST_DEMAND_KEEP) {
		return keep(broadcast, ask);
	}
	if (ask->demand == STASIS_BROADCAST_DEMAND_LEAVE) {
		return (int) broadcast_decline(broadcast, ask->app, NULL);
	}
	if (is_refused(broadcast, ask->app, requests[ask->demand])) {
		return BROADCAST_FORBIDDEN;
	}
	if (ask->demand == STASIS_BROADCAST_DEMAND_DECLINE) {
		return (int) broadcast_decline(broadcast, ask->app, directory_has);
	}
	result = claim(broadcast, ask);
	return result == BROADCAST_OK ? answer_ok(broadcast, ask, ask->app) : (int) result;
}

/*! \brief The broadcast that is meant, a reference; NULL if there is none. */
static struct broadcast *find_meant(const struct stasis_broadcast_ask *ask)
{
	struct broadcast *broadcast = registry_get(broadcasts, ask->channel_id);

	if (broadcast && ask->serial && broadcast_serial(broadcast) != ask->serial) {
		broadcast_unref(broadcast);
		broadcast = NULL;
	}
	return broadcast;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_ask)(const struct stasis_broadcast_ask *ask)
{
	struct broadcast *broadcast;
	int answer = BROADCAST_CLOSED;

	if (ast_strlen_zero(ask->channel_id) || ast_strlen_zero(ask->app)) {
		return BROADCAST_CLOSED;
	}
	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	broadcast = find_meant(ask);
	if (broadcast) {
		answer = ask_core(broadcast, ask);
		broadcast_unref(broadcast);
	} else if (is_request(ask->demand)) {
		stats_count_unknown(ask->demand != STASIS_BROADCAST_DEMAND_DECLINE);
	}
	gate_leave();
	return answer;
}

/*! \brief One who claims the first that it may have. */
struct taking {
	const char *app;
	int (*claim)(struct stasis_broadcast_ask *ask, void *data);
	void *data;
	/*! What the claim that has ended the walk has said. */
	int result;
};

static enum broadcast_result claim_by(struct broadcast *broadcast, void *data)
{
	struct taking *taking = data;
	struct stasis_broadcast_ask ask = {
		.demand = STASIS_BROADCAST_DEMAND_TAKE,
		.channel_id = broadcast_channel_id(broadcast),
		.serial = broadcast_serial(broadcast),
		.app = taking->app,
	};

	taking->result = taking->claim(&ask, taking->data);
	if (taking->result == STASIS_BROADCAST_NOTED) {
		return BROADCAST_OK;
	}
	return taking->result == AST_OPTIONAL_API_UNAVAILABLE ? BROADCAST_BUSY : taking->result;
}

/*! \brief Take by someone who is inside. */
static int take_by(struct taking *taking)
{
	struct broadcast *taken;
	int was_busy;

	if (may_not_take(taking->app)) {
		return BROADCAST_FORBIDDEN;
	}
	taken = line_take_by(taking->app, claim_by, taking, &was_busy);
	if (!taken) {
		return was_busy ? AST_OPTIONAL_API_UNAVAILABLE : BROADCAST_CLOSED;
	}
	broadcast_unref(taken);
	return taking->result;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_take_by)(
	const char *app, int (*claim)(struct stasis_broadcast_ask *ask, void *data), void *data)
{
	struct taking taking = { .app = app, .claim = claim, .data = data };
	int result;

	if (ast_strlen_zero(app)) {
		return BROADCAST_FORBIDDEN;
	}
	if (gate_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	result = take_by(&taking);
	gate_leave();
	return result;
}

unsigned long AST_OPTIONAL_API_NAME(stasis_broadcast_serial_of)(const char *channel_id)
{
	struct broadcast *broadcast;
	unsigned long serial = 0;

	if (ast_strlen_zero(channel_id) || gate_enter()) {
		return 0;
	}
	broadcast = registry_get(broadcasts, channel_id);
	if (broadcast) {
		serial = broadcast_serial(broadcast);
		broadcast_unref(broadcast);
	}
	gate_leave();
	return serial;
}
