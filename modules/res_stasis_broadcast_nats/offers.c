/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The fleet as a source of applications, and its events: serialised once, whoever gets them.
 */

#include "asterisk.h"

#include "asterisk/astobj2.h"
#include "asterisk/json.h"
#include "asterisk/lock.h"
#include "asterisk/utils.h"

#include "awards.h"
#include "config.h"
#include "connection.h"
#include "counters.h"
#include "monotonic.h"
#include "nonce.h"
#include "offers.h"
#include "outbox.h"
#include "pause_point.h"
#include "res_stasis_broadcast/stats_types.h"
#include "workers.h"

/*! So many texts are kept: the events that are on their way at the same time are few. */
#define KEPT 16

/*! \brief A text, and the event that it is of. */
struct kept {
	/*! A reference, so that no other event can be at the same address. */
	struct ast_json *json;
	unsigned long serial;
	struct event_text *text;
};

/*! Protects all that follows. Nothing that takes a lock of others is done under it. */
AST_MUTEX_DEFINE_STATIC(kept_lock);
static struct kept kept[KEPT];
static size_t next_kept;

/*! \brief The event as this node tells it, without the first brace. \return NULL without memory. */
static struct event_text *text_create(const struct stasis_broadcast_event *event)
{
	struct config *config = config_get();
	struct ast_json *copy = config ? ast_json_copy(event->json) : NULL;
	struct event_text *text = NULL;
	char nonce[NONCE_SIZE];
	char eid[20];
	char *dump;

	if (copy) {
		ast_json_object_set(
			copy, "asterisk_id", ast_json_string_create(ast_eid_to_str(eid, sizeof(eid), &ast_eid_default)));
		ast_json_object_set(copy, "node", ast_json_string_create(config->node));
		ast_json_object_set(copy, "offer", ast_json_string_create(nonce_write(event->serial, nonce)));
	}
	dump = copy ? ast_json_dump_string(copy) : NULL;
	if (dump && (text = ast_malloc(sizeof(*text) + strlen(dump)))) {
		atomic_init(&text->references, 1);
		text->length = strlen(dump) - 1;
		memcpy(text->text, dump + 1, text->length + 1);
	}
	ast_json_free(dump);
	ast_json_unref(copy);
	ao2_cleanup(config);
	return text;
}

/*! \brief The text that is kept of an event, a reference; else NULL. */
static struct event_text *find_kept(const struct stasis_broadcast_event *event)
{
	struct event_text *text = NULL;

	ast_mutex_lock(&kept_lock);
	for (size_t i = 0; i < KEPT; i++) {
		if (kept[i].json == event->json && kept[i].serial == event->serial) {
			text = kept[i].text;
			atomic_fetch_add(&text->references, 1);
			break;
		}
	}
	ast_mutex_unlock(&kept_lock);
	return text;
}

static void kept_clear(struct kept *old)
{
	ast_json_unref(old->json);
	event_text_unref(old->text);
	*old = (struct kept){ 0 };
}

/*! \brief Keep a text in the place of the oldest. */
static void keep(const struct stasis_broadcast_event *event, struct event_text *text)
{
	struct kept fresh = { .json = ast_json_ref(event->json), .serial = event->serial, .text = text };
	struct kept old;

	atomic_fetch_add(&text->references, 1);
	ast_mutex_lock(&kept_lock);
	old = kept[next_kept];
	kept[next_kept] = fresh;
	next_kept = (next_kept + 1) % KEPT;
	ast_mutex_unlock(&kept_lock);
	kept_clear(&old);
}

static int send_event(const char *app, const struct stasis_broadcast_event *event)
{
	struct event_text *text;
	struct fleet_app *to;
	int result = -1;

	pause_point("offer_is_sent");
	to = workers_find(app);
	pause_point("offer_has_app");
	text = to ? find_kept(event) : NULL;
	if (to && !text && (text = text_create(event))) {
		keep(event, text);
	}
	if (text) {
		result = outbox_put_event(
			to, text, event->is_offer ? monotonic_ns() + event->remaining_ms * INT64_C(1000000) : 0);
	}
	event_text_unref(text);
	ao2_cleanup(to);
	return result;
}

static int hold_ms(const char *app)
{
	return workers_expects(app) ? config_hold_ms() : 0;
}

static void get_stats(struct stasis_broadcast_fleet_stats *stats)
{
	struct connection_state state;

	connection_get_state(&state);
	*stats = (struct stasis_broadcast_fleet_stats){
		.is_connected = state.is_connected > 0,
		.connections = atomic_load(&counters[COUNTER_CONNECTS]),
		.queued = outbox_count(),
		.published = atomic_load(&counters[COUNTER_PUBLISHED]),
		.expired = atomic_load(&counters[COUNTER_EXPIRED]),
		.overflowed = atomic_load(&counters[COUNTER_OVERFLOWED]),
		.unsent = atomic_load(&counters[COUNTER_UNSENT]),
		.claims = atomic_load(&counters[COUNTER_CLAIMS]),
		.bids = atomic_load(&counters[COUNTER_BIDS]),
		.declines = atomic_load(&counters[COUNTER_DECLINES]),
		.takes = atomic_load(&counters[COUNTER_TAKES]),
		.lists = atomic_load(&counters[COUNTER_LISTS]),
		.hellos = atomic_load(&counters[COUNTER_HELLOS]),
		.garbage = atomic_load(&counters[COUNTER_GARBAGE]),
		.overruns = atomic_load(&counters[COUNTER_OVERRUNS]),
	};
	workers_count(&stats->workers, &stats->apps);
}

const struct stasis_broadcast_source fleet_source = {
	.name = "the fleet",
	.has = workers_has,
	.send = send_event,
	.hold_ms = hold_ms,
	.closed = awards_closed,
	.get_stats = get_stats,
};

void offers_forget(void)
{
	for (size_t i = 0; i < KEPT; i++) {
		kept_clear(&kept[i]);
	}
	next_kept = 0;
}
