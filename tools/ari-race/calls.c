/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The calls of a run: a table by channel id.
 */

#include "calls.h"
#include "apps.h"
#include "memory.h"
#include "options.h"
#include "random.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 256

static uint64_t hash_of(const char *id)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *id; id++) {
		hash = (hash ^ (unsigned char) *id) * UINT64_C(0x100000001b3);
	}
	return random_mix(hash);
}

/*! \brief Where an id is in the table, or where it belongs. */
static struct call **slot_of(const struct calls *calls, const char *id)
{
	size_t at = (size_t) hash_of(id) & (calls->table_size - 1);

	while (calls->table[at] && strcmp(calls->table[at]->id, id)) {
		at = (at + 1) & (calls->table_size - 1);
	}
	return &calls->table[at];
}

static void grow(struct calls *calls)
{
	calls->list_size *= 2;
	calls->table_size *= 2;
	calls->list = xrealloc(calls->list, calls->list_size * sizeof(*calls->list));
	free(calls->table);
	calls->table = xcalloc(calls->table_size, sizeof(*calls->table));
	for (size_t i = 0; i < calls->count; i++) {
		*slot_of(calls, calls->list[i]->id) = calls->list[i];
	}
}

void calls_open(struct calls *calls, const struct options *options, const struct apps *apps)
{
	*calls = (struct calls){ .options = options, .apps = apps->count, .claimers = apps->claimers };
	calls->list_size = FIRST_SIZE;
	calls->table_size = FIRST_SIZE * 2;
	calls->list = xcalloc(calls->list_size, sizeof(*calls->list));
	calls->table = xcalloc(calls->table_size, sizeof(*calls->table));
}

static void free_call(struct call *call)
{
	while (call->claims) {
		claim_destroy(call->claims);
	}
	free(call->chosen);
	free(call->id);
	free(call);
}

void calls_close(struct calls *calls)
{
	for (size_t i = 0; i < calls->count; i++) {
		free_call(calls->list[i]);
	}
	free(calls->list);
	free(calls->table);
}

struct call *calls_find(const struct calls *calls, const char *id)
{
	return *slot_of(calls, id);
}

static bool bit(const uint64_t *bitmap, size_t at)
{
	return bitmap[at / 64] >> at % 64 & 1;
}

static void set_bit(uint64_t *bitmap, size_t at)
{
	bitmap[at / 64] |= UINT64_C(1) << at % 64;
}

/*! \brief Choose K of the claimers, each set as likely as any other (Floyd's algorithm). */
static uint64_t *choose(const struct calls *calls, size_t number)
{
	size_t wanted = (size_t) calls->options->claimers;
	uint64_t *bitmap = xcalloc((calls->claimers + 63) / 64 + 1, sizeof(*bitmap));

	for (size_t i = calls->claimers - wanted; i < calls->claimers; i++) {
		size_t pick = (size_t) (random_for((uint64_t) calls->options->seed, number, i) % (i + 1));

		set_bit(bitmap, bit(bitmap, pick) ? i : pick);
	}
	return bitmap;
}

struct call *calls_add(struct calls *calls, struct race *race, const char *id)
{
	struct call *call = xcalloc(1, sizeof(*call) + (calls->apps + 63) / 64 * sizeof(call->seen[0]));

	if (calls->count == calls->list_size) {
		grow(calls);
	}
	call->race = race;
	call->id = xstrdup(id);
	*slot_of(calls, id) = call;
	calls->list[calls->count++] = call;
	call->number = calls->count;
	calls->open++;
	if (calls->options->claim_mode == CLAIM_RANDOM) {
		call->chosen = choose(calls, call->number);
	}
	return call;
}

bool call_chosen(const struct call *call, const struct app *app)
{
	return !call->chosen || bit(call->chosen, app->index);
}

bool call_mark_seen(struct call *call, const struct app *app)
{
	if (bit(call->seen, app->index)) {
		return false;
	}
	set_bit(call->seen, app->index);
	return true;
}

struct claim *claim_create(struct call *call, struct app *app, uint64_t offered_ns)
{
	struct claim *claim = xcalloc(1, sizeof(*claim));

	claim->race = call->race;
	claim->call = call;
	claim->app = app;
	claim->offered_ns = offered_ns;
	claim->next = call->claims;
	call->claims = claim;
	return claim;
}

void claim_for_offer(struct claim *claim, const char *node, const char *offer)
{
	claim->node = xstrdup(node);
	claim->offer = xstrdup(offer);
}

struct claim *claim_find(const struct call *call, const struct app *app)
{
	struct claim *claim = call->claims;

	while (claim && claim->app != app) {
		claim = claim->next;
	}
	return claim;
}

void claim_destroy(struct claim *claim)
{
	struct claim **at = &claim->call->claims;

	while (*at != claim) {
		at = &(*at)->next;
	}
	*at = claim->next;
	free(claim->node);
	free(claim->offer);
	free(claim);
}
