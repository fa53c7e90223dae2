/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The applications as workers of a fleet.
 */

#include "workers.h"
#include "bus.h"
#include "clock.h"
#include "event.h"
#include "memory.h"
#include "race.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HELLO_NS (10 * NS_PER_S) /* each says it so often … */
#define HELLO_TTL_MS 30000       /* … and counts as there for so long after it */
#define ASK_AGAIN_NS (20 * NS_PER_MS)
#define CONNECT_AT_ONCE 50 /* in one turn of the loop: libnats waits for each */
#define SUBJECT_MAX 2048
#define BODY_MAX 4096

/*! \brief A request that has no answer yet. */
struct ask {
	struct ask *next;
	uint64_t number;
	uint64_t made_ns;
	http_answer_cb done;
	void *data;
};

/*! \brief One connection, and the applications that share it. */
struct worker_link {
	struct workers *workers;
	struct bus_link *bus;
	struct app *first; /*!< the others follow it */
	size_t count;
	char inbox[64]; /*!< what the subjects of its answers begin with */
	struct ask *asks, **last;
};

/*! \brief What the nodes have answered to who asks whether they know an application. */
struct acquaintance {
	size_t round;
	size_t answers, refusals;
};

struct workers {
	struct race *race;
	event_cb on_event;
	struct worker_link *all;
	size_t count;
	size_t connected;
	size_t next_to_greet;
	struct timer greeter;
	uint64_t last_number;
	struct acquaintance *known; /*!< by the index of the application */
	size_t unknown;             /*!< applications that some node does not know yet */
	struct timer asker;         /*!< asks again */
	bool gone;                  /*!< the good-byes are said */
};

static struct worker_link *link_of(const struct workers *workers, const struct app *app)
{
	return &workers->all[app->index / (size_t) workers->race->options.apps_per_connection];
}

struct workers *workers_create(struct race *race, event_cb on_event)
{
	struct workers *workers = xcalloc(1, sizeof(*workers));
	size_t share = (size_t) race->options.apps_per_connection;

	workers->race = race;
	workers->on_event = on_event;
	workers->count = (race->apps.count + share - 1) / share;
	workers->all = xcalloc(workers->count, sizeof(*workers->all));
	workers->known = xcalloc(race->apps.count, sizeof(*workers->known));
	for (size_t i = 0; i < workers->count; i++) {
		struct worker_link *link = &workers->all[i];
		size_t left = race->apps.count - i * share;

		link->workers = workers;
		link->first = &race->apps.all[i * share];
		link->count = left < share ? left : share;
		link->last = &link->asks;
		snprintf(link->inbox, sizeof(link->inbox), "_INBOX.race-%llx-%lx-%zx",
			(unsigned long long) race->wall_start, (unsigned long) getpid(), i);
	}
	return workers;
}

size_t workers_connections(const struct workers *workers)
{
	return workers ? workers->count : 0;
}

/*! \brief Begin a subject: the prefix, and a word after it. */
static void begin_subject(struct text *subject, char *buf, const struct workers *workers, const char *word)
{
	text_init(subject, buf, SUBJECT_MAX);
	text_addf(subject, "%s.%s.", workers->race->options.nats_prefix, word);
}

/*! \brief The worker's own name: unlike that of any other one, of this run or of another. */
static void add_worker(struct text *body, const struct workers *workers, const struct app *app)
{
	text_addf(body, "\"worker\":\"ari-race-%llx-%lx-%zu\"", (unsigned long long) workers->race->wall_start,
		(unsigned long) getpid(), app->index + 1);
}

static void say_hello(const struct worker_link *link, int ttl_ms)
{
	char subject_buf[SUBJECT_MAX], body_buf[BODY_MAX];
	struct text subject, body;

	for (size_t i = 0; i < link->count; i++) {
		begin_subject(&subject, subject_buf, link->workers, "hello");
		text_add_token(&subject, link->first[i].name);
		text_init(&body, body_buf, sizeof(body_buf));
		text_add(&body, "{");
		add_worker(&body, link->workers, &link->first[i]);
		text_addf(&body, ",\"ttl_ms\":%d}", ttl_ms);
		bus_publish(link->bus, subject.buf, NULL, body.buf);
	}
}

/*! \brief One connection after the other, evenly, so that nodes do not hear all of them at once. */
static void greet(struct timer *timer)
{
	struct workers *workers = lws_container_of(timer, struct workers, greeter);

	if (!workers->gone) {
		say_hello(&workers->all[workers->next_to_greet], HELLO_TTL_MS);
		workers->next_to_greet = (workers->next_to_greet + 1) % workers->count;
		timer_set(&workers->race->loop.timers, timer, now_ns() + HELLO_NS / workers->count);
	}
}

/*! \brief Take out a request. */
static void take_ask(struct worker_link *link, struct ask **at)
{
	struct ask *ask = *at;

	*at = ask->next;
	if (!*at) {
		link->last = at;
	}
}

static void finish(struct ask *ask, const struct http_answer *answer)
{
	ask->done(ask->data, answer);
	free(ask);
}

static void ask_if_known(struct workers *workers, const struct app *app)
{
	const struct worker_link *link = link_of(workers, app);
	struct acquaintance *known = &workers->known[app->index];
	char subject_buf[SUBJECT_MAX], reply[128];
	struct text subject;

	known->answers = known->refusals = 0;
	begin_subject(&subject, subject_buf, workers, "list");
	text_add_token(&subject, app->name);
	snprintf(reply, sizeof(reply), "%s.known-%zu-%zu", link->inbox, app->index, ++known->round);
	bus_publish(link->bus, subject.buf, reply, "{\"limit\":1}");
}

/*! \brief Ask again for those that a node did not know: it may hear of the hello later than of the question. */
static void ask_again(struct timer *timer)
{
	struct workers *workers = lws_container_of(timer, struct workers, asker);

	for (size_t i = 0; i < workers->race->apps.count && !workers->gone; i++) {
		const struct acquaintance *known = &workers->known[i];

		if (known->refusals && known->answers >= workers->race->nodes.count) {
			ask_if_known(workers, &workers->race->apps.all[i]);
		}
	}
}

void workers_make_known(struct workers *workers)
{
	workers->asker.fire = ask_again;
	workers->unknown = workers->race->apps.count;
	for (size_t i = 0; i < workers->race->apps.count; i++) {
		ask_if_known(workers, &workers->race->apps.all[i]);
	}
}

bool workers_known(const struct workers *workers)
{
	return !workers->unknown;
}

/*! \brief A node has listed what an application may claim: then it knows it; or not. \a which is ours. */
static void on_known(struct workers *workers, const char *which, const struct event *event)
{
	struct acquaintance *known;
	size_t index, round;

	if (sscanf(which, "%zu-%zu", &index, &round) != 2 || index >= workers->race->apps.count ||
		round != workers->known[index].round) {
		return;
	}
	known = &workers->known[index];
	known->answers++;
	known->refusals += event->status != 0;
	if (known->answers != workers->race->nodes.count) {
		return;
	}
	if (!known->refusals) {
		workers->unknown--;
	} else if (!workers->asker.place) {
		timer_set(&workers->race->loop.timers, &workers->asker, now_ns() + ASK_AGAIN_NS);
	}
}

static void on_answer(struct worker_link *link, const char *token, const struct event *event)
{
	struct race *race = link->workers->race;
	struct http_answer answer = { .status = event->status, .answered_ns = now_ns(), .body = "" };
	uint64_t number = strtoull(token, NULL, 10);

	race->last_answer_ns = answer.answered_ns;
	answer.ari = event->ari[0] ? event->ari : NULL;
	answer.hold_ns = (uint64_t) event->hold_ms * NS_PER_MS;
	if (!event->status) {
		race->stats.unreadable++;
		return;
	}
	/* They are answered in their order, mostly. */
	for (struct ask **at = &link->asks; *at; at = &(*at)->next) {
		if ((*at)->number == number) {
			struct ask *ask = *at;

			take_ask(link, at);
			finish(ask, &answer);
			return;
		}
	}
}

/*! \brief NATS says that nobody listens to a request, and libnats does not say to which. */
static void on_nobody(struct worker_link *link)
{
	struct workers *workers = link->workers;
	struct http_answer answer = { .status = 503, .answered_ns = now_ns(), .body = "the node is not on NATS" };
	struct ask *ask = link->asks;

	if (workers->unknown) {
		race_give_up(workers->race,
			"no Asterisk is on NATS under %s: \"broadcast show nats\" tells whether it is connected, "
			"stasis_broadcast_nats.conf has its prefix",
			workers->race->options.nats_prefix);
	} else if (ask && !ask->next) {
		take_ask(link, &link->asks);
		finish(ask, &answer);
	}
}

static void on_offer(struct worker_link *link, const char *words, struct event *event)
{
	struct race *race = link->workers->race;
	const char *node = strrchr(words, '.');
	struct app *app = link->count == 1 ? link->first : apps_find(&race->apps, event->application);

	if (!app || !node || strlen(node + 1) >= sizeof(event->node)) {
		race->stats.unreadable++;
		return;
	}
	strcpy(event->node, node + 1);
	race->last_event_ns = now_ns();
	link->workers->on_event(race, app, event, race->last_event_ns);
}

static void on_message(void *data, const struct bus_message *message)
{
	struct worker_link *link = data;
	struct workers *workers = link->workers;
	size_t prefix = strlen(workers->race->options.nats_prefix), inbox = strlen(link->inbox);
	const char *subject = message->subject;
	struct event event;

	if (message->nobody) {
		on_nobody(link);
		return;
	}
	if (event_parse(message->body, message->len, EVENT_WANTS_ALL, &event)) {
		workers->race->stats.unreadable++;
	} else if (!strncmp(subject, link->inbox, inbox) && !strncmp(subject + inbox, ".known-", 7)) {
		on_known(workers, subject + inbox + 7, &event);
	} else if (!strncmp(subject, link->inbox, inbox)) {
		on_answer(link, subject + inbox + 1, &event);
	} else if (!strncmp(subject + prefix, ".offer.", 7)) {
		workers->race->stats.events++;
		workers->race->stats.event_bytes += message->len;
		on_offer(link, subject + prefix + 7, &event);
	} else if (event.ask_hello) {
		say_hello(link, HELLO_TTL_MS);
	}
}

static void on_gone(void *data, const char *why)
{
	struct worker_link *link = data;

	race_give_up(link->workers->race, "NATS went away: %s: %s", link->first->name, why);
}

/*! \brief Hear of offers, of nodes, and of answers. */
static bool subscribe(struct worker_link *link)
{
	char subject_buf[SUBJECT_MAX];
	struct text subject;
	bool ok = true;

	for (size_t i = 0; i < link->count; i++) {
		begin_subject(&subject, subject_buf, link->workers, "offer");
		text_add_token(&subject, link->first[i].name);
		text_add(&subject, ".*");
		ok = ok && bus_subscribe(link->bus, subject.buf);
	}
	begin_subject(&subject, subject_buf, link->workers, "node");
	text_add(&subject, "*");
	ok = ok && bus_subscribe(link->bus, subject.buf);
	text_init(&subject, subject_buf, sizeof(subject_buf));
	text_addf(&subject, "%s.*", link->inbox);
	return ok && bus_subscribe(link->bus, subject.buf);
}

static bool connect_link(struct worker_link *link)
{
	struct race *race = link->workers->race;
	struct bus_owner owner = { .on_message = on_message, .on_gone = on_gone, .data = link };
	const char *why = "a subject is too long";

	link->bus = bus_open(race->options.nats, link->first->name, race->loop.ev, &owner, &why);
	if (!link->bus || !subscribe(link)) {
		/* Not the URL itself: a password may be in it. */
		race_give_up(race, "--nats: %s could not connect: %s", link->first->name, why);
		return false;
	}
	say_hello(link, HELLO_TTL_MS);
	return true;
}

bool workers_connect(struct workers *workers)
{
	for (int i = 0; i < CONNECT_AT_ONCE && workers->connected < workers->count; i++) {
		if (!connect_link(&workers->all[workers->connected])) {
			return false;
		}
		workers->connected++;
	}
	if (workers->connected < workers->count) {
		return false;
	}
	workers->greeter.fire = greet;
	timer_set(&workers->race->loop.timers, &workers->greeter, now_ns() + HELLO_NS / workers->count);
	return true;
}

void workers_ask(
	struct workers *workers, struct claim *claim, const char *verb, int score, http_answer_cb done)
{
	struct worker_link *link = link_of(workers, claim->app);
	char subject_buf[SUBJECT_MAX], body_buf[BODY_MAX], reply[128];
	struct ask *ask = xcalloc(1, sizeof(*ask));
	struct text subject, body;

	*ask = (struct ask){ .number = ++workers->last_number, .made_ns = now_ns(), .done = done, .data = claim };
	*link->last = ask;
	link->last = &ask->next;
	begin_subject(&subject, subject_buf, workers, verb);
	text_addf(&subject, "%s.", claim->node);
	text_add_token(&subject, claim->app->name);
	snprintf(reply, sizeof(reply), "%s.%" PRIu64, link->inbox, ask->number);
	text_init(&body, body_buf, sizeof(body_buf));
	text_add(&body, "{\"channel_id\":\"");
	text_add_json(&body, claim->call->id);
	text_add(&body, "\",");
	if (claim->offer[0]) {
		text_add(&body, "\"offer\":\"");
		text_add_json(&body, claim->offer);
		text_add(&body, "\",");
	}
	add_worker(&body, workers, claim->app);
	if (score >= 0) {
		text_addf(&body, ",\"score\":%d", score);
	}
	text_add(&body, "}");
	claim->sent_ns = now_ns();
	bus_publish(link->bus, subject.buf, reply, body.buf);
}

size_t workers_give_up(struct workers *workers, uint64_t oldest_ns)
{
	size_t count = 0;

	for (size_t i = 0; workers && i < workers->count; i++) {
		struct worker_link *link = &workers->all[i];

		for (; link->asks && link->asks->made_ns < oldest_ns; count++) {
			struct http_answer answer = { .answered_ns = now_ns(), .body = "no answer in time" };
			struct ask *ask = link->asks;

			take_ask(link, &link->asks);
			finish(ask, &answer);
		}
	}
	return count;
}

void workers_leave(struct workers *workers)
{
	if (!workers || workers->gone) {
		return;
	}
	workers->gone = true;
	timer_cancel(&workers->race->loop.timers, &workers->greeter);
	timer_cancel(&workers->race->loop.timers, &workers->asker);
	for (size_t i = 0; i < workers->count; i++) {
		struct worker_link *link = &workers->all[i];

		if (link->bus) {
			say_hello(link, 0);
			bus_close(link->bus);
			link->bus = NULL;
		}
	}
}

void workers_destroy(struct workers *workers)
{
	if (!workers) {
		return;
	}
	workers_leave(workers);
	for (size_t i = 0; i < workers->count; i++) {
		while (workers->all[i].asks) {
			struct ask *ask = workers->all[i].asks;

			take_ask(&workers->all[i], &workers->all[i].asks);
			free(ask);
		}
	}
	bus_end();
	free(workers->known);
	free(workers->all);
	free(workers);
}
