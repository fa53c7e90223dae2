/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the applications do about events: claim, bid, decline, hang up.
 */

#include "app_behavior.h"
#include "chance.h"
#include "clock.h"
#include "event.h"
#include "event_socket.h"
#include "race.h"
#include "requests.h"
#include "workers.h"

/* How long after its time on offer a call that nobody won counts as open: an answer may be on its way. */
#define OFFER_GRACE_NS NS_PER_S

/*
 * An application's claims for one call that may be without an answer. A call is offered again when its winner
 * is lost; a server that offers it without end must not fill the memory with claims.
 */
#define CLAIMS_MAX 4

static void on_call_timer(struct timer *timer);

static void set_call_timer(struct call *call, uint64_t due_ns)
{
	call->timer.fire = on_call_timer;
	timer_set(&call->race->loop.timers, &call->timer, due_ns);
}

static bool is_open(const struct call *call)
{
	return call->state != CALL_OVER && call->state != CALL_FAILED;
}

/*! \brief Change the state, and count the call as open again if it was over. */
static void set_state(struct call *call, enum call_state state)
{
	if (!is_open(call)) {
		call->race->calls.open++;
	}
	call->state = state;
}

void app_behavior_call_exists(struct call *call, uint64_t since_ns)
{
	if (call->state == CALL_NEW) {
		call->state = CALL_OPEN;
		set_call_timer(call, since_ns + (uint64_t) call->race->options.timeout_ns + OFFER_GRACE_NS);
	}
}

void app_behavior_call_over(struct call *call)
{
	if (!is_open(call)) {
		return;
	}
	timer_cancel(&call->race->loop.timers, &call->timer);
	call->state = CALL_OVER;
	call->race->calls.open--;
}

static void on_hung_up(void *data, const struct http_answer *answer)
{
	struct call *call = data;
	struct race *race = call->race;

	stats_answer(&race->stats, REQUEST_HANGUP, answer->status);
	history_write(&race->history, "answer", answer->answered_ns, call->id, NULL, "hangup", answer->status);
	app_behavior_call_over(call);
}

void app_behavior_hang_up(struct call *call)
{
	struct race *race = call->race;
	char buf[REQUEST_SIZE];
	struct text text;

	timer_cancel(&race->loop.timers, &call->timer);
	set_state(call, CALL_HANGING);
	text_init(&text, buf, sizeof(buf));
	request_hangup(&text, call->node->target, call->id, "");
	race->stats.sent[REQUEST_HANGUP]++;
	history_write(
		&race->history, "hangup", now_ns(), call->id, call->started ? call->started->name : NULL, NULL, 0);
	http_send(call->node->others, &text, NULL, on_hung_up, call);
}

/*! \brief The time of the call's state is over. */
static void on_call_timer(struct timer *timer)
{
	struct call *call = lws_container_of(timer, struct call, timer);

	if (call->state == CALL_STARTED) {
		app_behavior_hang_up(call);
	} else {
		app_behavior_call_over(call);
	}
}

/*! \brief Over NATS: whether the winner's WebSocket stood only when the call may not have waited any more. */
static bool winner_is_late(const struct call *call)
{
	uint64_t stood_ns;

	if (!call->won_due_ns) {
		return false;
	}
	stood_ns = event_sockets_stood_ns(call->race->sockets, call->winner, call->node->target);
	return (stood_ns ? stood_ns : now_ns()) > call->won_due_ns;
}

bool app_behavior_winner_is_lost(const struct call *call)
{
	return call->started != call->winner &&
		(call->winner->lost_ns > call->won_sent_ns || winner_is_late(call));
}

static void note_start(struct call *call, uint64_t offered_ns, uint64_t sent_ns)
{
	struct stats *stats = &call->race->stats;

	stats_measure(stats, LATENCY_CLAIM_TO_START, sent_ns, call->started_ns);
	stats_measure(stats, LATENCY_OFFER_TO_START, offered_ns, call->started_ns);
}

/*! \brief A claim got 204. */
static void on_won(struct claim *claim, uint64_t at_ns)
{
	struct call *call = claim->call;
	bool again = call->winner == claim->app;

	claim->app->won++;
	stats_measure(&call->race->stats, LATENCY_OFFER_TO_WON, claim->offered_ns, at_ns);
	if (call->winner && !again && app_behavior_winner_is_lost(call)) {
		call->excused = true;
		call->winners--;
		call->winner = NULL;
	}
	call->winners += !again;
	if (call->winner) {
		return; /* a second one, or the first once more */
	}
	call->winner = claim->app;
	call->won_offered_ns = claim->offered_ns;
	call->won_sent_ns = claim->sent_ns;
	call->won_answered_ns = at_ns;
	if (call->started == claim->app) {
		note_start(call, claim->offered_ns, claim->sent_ns);
	} else if (call->state != CALL_STARTED && call->state != CALL_HANGING) {
		set_state(call, CALL_WON);
		set_call_timer(call, at_ns + START_GRACE_NS);
	}
}

/*! \brief Over NATS, who has won fetches the call where it is. */
static void fetch(struct claim *claim, const struct http_answer *answer)
{
	struct race *race = claim->race;
	struct call *call = claim->call;
	const char *wrong = "it does not say where";
	struct node *node = answer->ari ? nodes_at(&race->nodes, answer->ari, &wrong) : NULL;

	if (!node) {
		race_give_up(race, "%s: the ARI of the node that gave %s the call, %s, is of no use: %s", claim->node,
			claim->app->name, answer->ari ? answer->ari : "-", wrong);
		return;
	}
	if (call->winner == claim->app) {
		call->node = node;
		call->won_due_ns = claim->sent_ns + answer->hold_ns;
	}
	event_sockets_open_at(race->sockets, claim->app, node->target, claim->node);
}

static void on_claim_answered(void *data, const struct http_answer *answer)
{
	struct claim *claim = data;
	struct race *race = claim->race;

	stats_answer(&race->stats, REQUEST_CLAIM, answer->status);
	history_write(&race->history, "answer", answer->answered_ns, claim->call->id, claim->app->name, "claim",
		answer->status);
	if (answer->status) {
		stats_measure(&race->stats, LATENCY_OFFER_TO_ANSWER, claim->offered_ns, answer->answered_ns);
	}
	if (answer->status == 204) {
		on_won(claim, answer->answered_ns);
		if (race->workers) {
			fetch(claim, answer);
		}
	}
	claim_destroy(claim);
}

/*! \brief Send what is whole for HTTP, and an URI for the application's own WebSocket. */
static void send_text(struct claim *claim, const struct text *text, http_answer_cb done)
{
	struct race *race = claim->race;

	if (race->options.over_websocket) {
		event_sockets_send(race->sockets, claim->app, "POST", text, &claim->sent_ns, done, claim);
	} else {
		http_send(race->claims, text, &claim->sent_ns, done, claim);
	}
}

/*! \brief Send a claim or decline, over NATS, HTTP or the application's own WebSocket. */
static void send_request(struct claim *claim, const char *verb,
	void (*whole)(struct text *text, const struct options *options, const char *id, const char *app),
	void (*uri)(struct text *text, const char *id, const char *app), http_answer_cb done)
{
	struct race *race = claim->race;
	char buf[REQUEST_SIZE];
	struct text text;

	history_write(&race->history, verb, now_ns(), claim->call->id, claim->app->name, NULL, 0);
	if (race->workers) {
		workers_ask(race->workers, claim, verb, -1, done);
		return;
	}
	text_init(&text, buf, sizeof(buf));
	if (race->options.over_websocket) {
		uri(&text, claim->call->id, claim->app->name);
	} else {
		whole(&text, &race->options, claim->call->id, claim->app->name);
	}
	send_text(claim, &text, done);
}

static void send_claim(struct timer *timer)
{
	struct claim *claim = lws_container_of(timer, struct claim, think);

	claim->race->stats.sent[REQUEST_CLAIM]++;
	claim->app->claims++;
	send_request(claim, "claim", request_claim, request_claim_uri, on_claim_answered);
}

/*! \brief A bid stays until its call is freed: who has won is told by StasisStart, and may have answered before. */
static void on_bid_answered(void *data, const struct http_answer *answer)
{
	struct claim *claim = data;
	struct race *race = claim->race;

	stats_answer(&race->stats, REQUEST_BID, answer->status);
	history_write(&race->history, "answer", answer->answered_ns, claim->call->id, claim->app->name, "bid",
		answer->status);
	if (answer->status) {
		stats_measure(&race->stats, LATENCY_OFFER_TO_ANSWER, claim->offered_ns, answer->answered_ns);
	}
	if (race->workers && answer->status == 204) {
		on_won(claim, answer->answered_ns); /* over NATS a bid is answered when it is decided */
		fetch(claim, answer);
	}
}

static void send_bid(struct timer *timer)
{
	struct claim *claim = lws_container_of(timer, struct claim, think);
	const struct options *options = &claim->race->options;
	unsigned int score = chance_score(claim->call, claim->app);
	char buf[REQUEST_SIZE];
	struct text text;

	claim->race->stats.sent[REQUEST_BID]++;
	claim->app->claims++;
	history_write(&claim->race->history, "bid", now_ns(), claim->call->id, claim->app->name, NULL, 0);
	if (claim->race->workers) {
		workers_ask(claim->race->workers, claim, "bid", (int) score, on_bid_answered);
		return;
	}
	text_init(&text, buf, sizeof(buf));
	if (options->over_websocket) {
		request_bid_uri(&text, claim->call->id, claim->app->name, score);
	} else {
		request_bid(&text, options, claim->call->id, claim->app->name, score);
	}
	send_text(claim, &text, on_bid_answered);
}

static void on_declined(void *data, const struct http_answer *answer)
{
	struct claim *claim = data;
	struct race *race = claim->race;

	stats_answer(&race->stats, REQUEST_DECLINE, answer->status);
	history_write(&race->history, "answer", answer->answered_ns, claim->call->id, claim->app->name, "decline",
		answer->status);
	claim->call->declined += answer->status == 204;
	if (claim->call->declined == race->apps.count) {
		app_behavior_call_over(claim->call); /* everybody has: the dialplan goes on at once */
	}
	claim_destroy(claim);
}

static void send_decline(struct timer *timer)
{
	struct claim *claim = lws_container_of(timer, struct claim, think);

	claim->race->stats.sent[REQUEST_DECLINE]++;
	send_request(claim, "decline", request_decline, request_decline_uri, on_declined);
}

/*! \brief Do what the application does with offers, at once or after it has thought about it. */
static void answer_offer(struct call *call, struct app *app, const struct event *event, uint64_t at_ns)
{
	struct race *race = call->race;
	uint64_t think = chance_think_ns(call, app);
	struct claim *claim;

	if (app->role != ROLE_DECLINER && (app->role != ROLE_CLAIMER || !call_chosen(call, app))) {
		return;
	}
	claim = claim_create(call, app, at_ns);
	if (race->workers) {
		claim_for_offer(claim, event->node, event->offer);
	}
	claim->think.fire = app->role == ROLE_DECLINER ? send_decline : race->options.bid ? send_bid : send_claim;
	if (think) {
		timer_set(&race->loop.timers, &claim->think, at_ns + think);
	} else {
		claim->think.fire(&claim->think);
	}
}

static void measure_offer(struct call *call, struct app *app, uint64_t at_ns)
{
	struct stats *stats = &call->race->stats;
	uint64_t from_ns;

	if (!call->first_offer_ns) {
		call->first_offer_ns = at_ns;
		stats_measure(stats, LATENCY_CALL_TO_OFFER, call->created_ns, at_ns);
	}
	call->last_offer_ns = at_ns;
	call->offers++;
	from_ns = call->created_ns ? call->created_ns : call->first_offer_ns;
	stats_measure(stats, LATENCY_OFFER_DELAY, from_ns, at_ns);
	hist_add(app->delay, (int64_t) (at_ns - from_ns));
}

/*! \brief Whether a call that is offered and not known may be one from elsewhere that begins. */
static bool may_begin(struct race *race)
{
	if (!race->options.elsewhere || race->stage > STAGE_RUN || race_has_enough(race)) {
		return false;
	}
	if (race->calls.open >= CALLS_OPEN_MAX) {
		race_give_up(race, "more than %d calls are on offer at once", CALLS_OPEN_MAX);
		return false;
	}
	return true;
}

/*! \brief The call that an event is about; calls from elsewhere begin with their first offer. */
static struct call *find_call(struct race *race, const struct event *event, uint64_t at_ns)
{
	struct call *call = calls_find(&race->calls, event->channel_id);

	if (!call && event->type == EVENT_CALL_BROADCAST && may_begin(race)) {
		call = calls_add(&race->calls, race, event->channel_id);
		call->node = race->nodes.list[0]; /* over NATS, until it is won */
		race->start_ns = race->start_ns ? race->start_ns : at_ns;
		app_behavior_call_exists(call, at_ns);
	}
	return call;
}

/*! \brief How many claims of an application for a call have no answer yet. */
static unsigned int claims_under_way(const struct call *call, const struct app *app)
{
	unsigned int count = 0;

	for (const struct claim *claim = call->claims; claim; claim = claim->next) {
		count += claim->app == app;
	}
	return count;
}

static void on_offer(struct call *call, struct app *app, const struct event *event, uint64_t at_ns)
{
	struct race *race = call->race;

	race->stats.offers++;
	app->offers++;
	history_write(&race->history, "offer", at_ns, call->id, app->name, NULL, 0);
	if (call_mark_seen(call, app)) {
		measure_offer(call, app, at_ns);
	} else {
		race->stats.repeated++;
		if (claims_under_way(call, app) >= CLAIMS_MAX) {
			return;
		}
	}
	answer_offer(call, app, event, at_ns);
}

static void on_start(struct call *call, struct app *app, uint64_t at_ns)
{
	struct race *race = call->race;
	struct claim *claim = claim_find(call, app);

	race->stats.starts++;
	app->starts++;
	history_write(&race->history, "start", at_ns, call->id, app->name, NULL, 0);
	call->started = app;
	call->started_ns = at_ns;
	if (race->options.bid && claim && call->winner != app) {
		on_won(claim, at_ns); /* nothing else tells who was awarded the call; it notes the start, too */
	} else if (call->winner == app) {
		note_start(call, call->won_offered_ns, call->won_sent_ns);
	} else if (!claim) {
		race->stats.unclaimed_starts++;
	}
	if (call->state == CALL_HANGING || call->state == CALL_STARTED) {
		return; /* --hold counts from the first StasisStart, however many come */
	}
	set_state(call, CALL_STARTED);
	race->stats.scores += chance_score(call, app);
	race->stats.scored++;
	if (race->options.hold_ns) {
		set_call_timer(call, at_ns + (uint64_t) race->options.hold_ns);
	} else {
		app_behavior_hang_up(call);
	}
}

static void on_end(struct call *call, struct app *app, uint64_t at_ns)
{
	history_write(&call->race->history, "end", at_ns, call->id, app->name, NULL, 0);
	if (call->state == CALL_STARTED) {
		app_behavior_call_over(call); /* the caller, or somebody else, has hung up */
	}
}

void app_behavior_on_event(struct race *race, struct app *app, const struct event *event, uint64_t at_ns)
{
	struct call *call;

	if (event->type == EVENT_APPLICATION_REPLACED) {
		race_give_up(race, "another client has connected as %s; choose another --app-prefix", app->name);
		return;
	}
	call = race_is_on(race) ? find_call(race, event, at_ns) : NULL;
	if (!call) {
		race->stats.foreign += event->type == EVENT_CALL_BROADCAST || event->type == EVENT_STASIS_START;
	} else if (event->type == EVENT_CALL_BROADCAST) {
		on_offer(call, app, event, at_ns);
	} else if (event->type == EVENT_STASIS_START) {
		on_start(call, app, at_ns);
	} else if (event->type == EVENT_STASIS_END) {
		on_end(call, app, at_ns);
	} else if (event->type == EVENT_CALL_CLAIMED) {
		race->stats.claimed++;
		history_write(&race->history, "claimed", at_ns, call->id, app->name, NULL, 0);
	}
}
