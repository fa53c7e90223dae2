/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The API: who may come in, and the checks of their arguments.
 *
 * Every function is entered and left through a gate, so that the module can be unloaded in order.
 */

#include "asterisk.h"

/* Whoever includes these two with this definition provides the functions: one file in the module. */
#define AST_API_MODULE
#include "asterisk/stasis_app_broadcast.h"
#define AST_API_MODULE
#include "offers.h"

#include "directory.h"
#include "dispatch/dispatch.h"
#include "private.h"

#include <stdatomic.h>

#include "asterisk/lock.h"
#include "asterisk/module.h"
#include "asterisk/strings.h"

struct registry *broadcasts;

_Static_assert((int) STASIS_BROADCAST_UNKNOWN == BROADCAST_CLOSED &&
		(int) STASIS_BROADCAST_TAKEN == BROADCAST_TAKEN && (int) STASIS_BROADCAST_BARRED == BROADCAST_BARRED,
	"the answers of the core are those of the API");

/*! How many threads are inside a function of the API, and \c GATE_SHUT while no more may enter. */
static atomic_uint gate = 1u << 31;
#define GATE_SHUT (1u << 31)

/*! Protects nothing but the wait for the last thread to leave. */
AST_MUTEX_DEFINE_STATIC(left_lock);
/*! Never destroyed: the last thread may signal it after the wait has ended. */
static ast_cond_t left = PTHREAD_COND_INITIALIZER;

int api_enter(void)
{
	unsigned int inside = atomic_load_explicit(&gate, memory_order_relaxed);

	do {
		if (inside & GATE_SHUT) {
			return -1;
		}
	} while (!atomic_compare_exchange_weak_explicit(
		&gate, &inside, inside + 1, memory_order_acquire, memory_order_relaxed));
	return 0;
}

void api_leave(void)
{
	if (atomic_fetch_sub_explicit(&gate, 1, memory_order_release) == (GATE_SHUT | 1)) {
		ast_mutex_lock(&left_lock);
		ast_cond_signal(&left);
		ast_mutex_unlock(&left_lock);
	}
}

void api_open(void)
{
	atomic_store_explicit(&gate, 0, memory_order_release);
}

int api_close(void)
{
	unsigned int inside = atomic_fetch_or_explicit(&gate, GATE_SHUT, memory_order_acq_rel);

	registry_withdraw_all(broadcasts);
	ast_mutex_lock(&left_lock);
	while (atomic_load_explicit(&gate, memory_order_acquire) != GATE_SHUT) {
		ast_cond_wait(&left, &left_lock);
	}
	ast_mutex_unlock(&left_lock);
	/* One that was being made while the others were withdrawn. */
	registry_withdraw_all(broadcasts);
	return inside != 0;
}

/*! \brief Offer a channel; \a without may be NULL. */
static int offer(struct ast_channel *chan, int timeout_ms, const char *app_filter, unsigned int flags,
	struct names *without)
{
	int result;

	if (!chan) {
		return -1;
	}
	if (api_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	result = offer_channel(
		chan, timeout_ms, app_filter, !(flags & STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED), without);
	api_leave();
	return result;
}

int AST_OPTIONAL_API_NAME(stasis_app_broadcast_channel)(
	struct ast_channel *chan, int timeout_ms, const char *app_filter, unsigned int flags)
{
	return offer(chan, timeout_ms, app_filter, flags, NULL);
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_channel_without)(struct ast_channel *chan, int timeout_ms,
	const char *app_filter, unsigned int flags, const char *const *without, size_t count)
{
	struct names *names = names_create(without, count);
	int result = names ? offer(chan, timeout_ms, app_filter, flags, names) : -1;

	names_unref(names);
	return result;
}

int AST_OPTIONAL_API_NAME(stasis_app_broadcast_wait)(struct ast_channel *chan, int timeout_ms)
{
	struct broadcast *broadcast;
	int result = -1;

	if (!chan) {
		return -1;
	}
	if (api_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	/* A polite unload is refused while a call waits; a forced one withdraws its broadcast. */
	ast_module_ref(AST_MODULE_SELF);
	broadcast = registry_get(broadcasts, ast_channel_uniqueid(chan));
	if (broadcast) {
		result = wait_on_channel(chan, broadcast, timeout_ms);
		broadcast_unref(broadcast);
	}
	ast_module_unref(AST_MODULE_SELF);
	api_leave();
	return result;
}

/*! \brief Tell the recipients of a claimed broadcast who the winner is, if they are to be told. */
static void tell_claimed(struct broadcast *broadcast, const char *winner)
{
	struct offered *offered = broadcast_take_cargo(broadcast);
	struct ast_json *event;

	if (!offered) {
		return;
	}
	event = events_call_claimed(broadcast_channel_id(broadcast), winner, offered->channel);
	if (event) {
		delivery_end(offered->delivery, event);
	}
	offered_free(offered);
}

/*! \brief Whether an application may have no say whatever the policy is; who has won still hears that it has. */
static int is_refused(struct broadcast *broadcast, const char *app_name)
{
	return directory_excludes(app_name) && broadcast_state(broadcast) == BROADCAST_OPEN;
}

/*! \brief A claim by someone who is inside. */
static enum stasis_broadcast_answer claim(const char *channel_id, const char *app_name)
{
	struct broadcast *broadcast;
	char spelt[DIRECTORY_NAME_SIZE];
	enum broadcast_answer answer;
	int first;

	broadcast = registry_get(broadcasts, channel_id);
	if (!broadcast) {
		return STASIS_BROADCAST_UNKNOWN;
	}
	app_name = directory_spell(app_name, spelt);
	if (is_refused(broadcast, app_name)) {
		broadcast_unref(broadcast);
		return STASIS_BROADCAST_BARRED;
	}
	answer = broadcast_claim(broadcast, app_name, directory_has, &first);
	if (first) {
		tell_claimed(broadcast, app_name);
	}
	broadcast_unref(broadcast);
	return (enum stasis_broadcast_answer) answer;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_claim)(const char *channel_id, const char *app_name)
{
	int answer;

	if (ast_strlen_zero(channel_id) || ast_strlen_zero(app_name)) {
		return STASIS_BROADCAST_UNKNOWN;
	}
	if (api_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	answer = claim(channel_id, app_name);
	api_leave();
	return answer;
}

int AST_OPTIONAL_API_NAME(stasis_app_claim_channel)(const char *channel_id, const char *app_name)
{
	int answer = stasis_broadcast_claim(channel_id, app_name);

	return answer == STASIS_BROADCAST_BARRED ? STASIS_BROADCAST_UNKNOWN : answer;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_decline)(const char *channel_id, const char *app_name)
{
	struct broadcast *broadcast;
	char spelt[DIRECTORY_NAME_SIZE];
	int answer = STASIS_BROADCAST_UNKNOWN;

	if (ast_strlen_zero(channel_id) || ast_strlen_zero(app_name)) {
		return STASIS_BROADCAST_UNKNOWN;
	}
	if (api_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	broadcast = registry_get(broadcasts, channel_id);
	if (broadcast) {
		app_name = directory_spell(app_name, spelt);
		answer = is_refused(broadcast, app_name)
			? STASIS_BROADCAST_BARRED
			: (enum stasis_broadcast_answer) broadcast_decline(broadcast, app_name, directory_has);
		broadcast_unref(broadcast);
	}
	api_leave();
	return answer;
}

char *AST_OPTIONAL_API_NAME(stasis_app_broadcast_winner)(const char *channel_id)
{
	struct broadcast *broadcast;
	char *winner = NULL;
	char *copy = NULL;

	if (ast_strlen_zero(channel_id) || api_enter()) {
		return NULL;
	}
	broadcast = registry_get(broadcasts, channel_id);
	if (broadcast) {
		winner = broadcast_winner(broadcast);
		broadcast_unref(broadcast);
	}
	api_leave();
	/* The caller frees it with Asterisk's allocator, which need not be the core's. */
	copy = ast_strdup(winner);
	ast_std_free(winner);
	return copy;
}

void AST_OPTIONAL_API_NAME(stasis_app_broadcast_cleanup)(const char *channel_id)
{
	if (ast_strlen_zero(channel_id) || api_enter()) {
		return;
	}
	broadcast_unref(registry_take(broadcasts, channel_id));
	api_leave();
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_describe)(const char *channel_id, struct ast_json **json)
{
	struct broadcast *broadcast;

	*json = NULL;
	if (ast_strlen_zero(channel_id)) {
		return STASIS_BROADCAST_UNKNOWN;
	}
	if (api_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	broadcast = registry_get(broadcasts, channel_id);
	if (broadcast) {
		*json = describe_broadcast(broadcast);
		broadcast_unref(broadcast);
	}
	api_leave();
	return *json ? 0 : STASIS_BROADCAST_UNKNOWN;
}

/*! \brief Whether a broadcast is listed for an application: all are for none. */
static int is_listed_for(struct broadcast *broadcast, const char *app_name)
{
	return ast_strlen_zero(app_name) ||
		(!directory_excludes(app_name) && broadcast_may_claim(broadcast, app_name, directory_has));
}

/*! \brief Every broadcast that is listed for an application, as a JSON array. */
static struct ast_json *describe_for(const char *app_name)
{
	size_t count;
	struct broadcast **list = registry_list(broadcasts, &count);
	struct ast_json *array = ast_json_array_create();

	for (size_t i = 0; i < count; i++) {
		if (array && is_listed_for(list[i], app_name)) {
			ast_json_array_append(array, describe_broadcast(list[i]));
		}
		broadcast_unref(list[i]);
	}
	ast_std_free(list);
	return array;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_describe_all)(const char *app_name, struct ast_json **json)
{
	char spelt[DIRECTORY_NAME_SIZE];

	*json = NULL;
	if (api_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	*json = describe_for(ast_strlen_zero(app_name) ? NULL : directory_spell(app_name, spelt));
	api_leave();
	return *json ? 0 : -1;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_get_stats)(struct stasis_broadcast_stats *stats)
{
	if (api_enter()) {
		return -1;
	}
	dispatch_get_stats(stats);
	stats->broadcasts = registry_count(broadcasts);
	api_leave();
	return 0;
}

int AST_OPTIONAL_API_NAME(stasis_broadcast_settings)(struct settings *settings)
{
	if (api_enter()) {
		return AST_OPTIONAL_API_UNAVAILABLE;
	}
	settings_get(settings);
	api_leave();
	return 0;
}
