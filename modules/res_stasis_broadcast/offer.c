/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Offering a channel: whom it reaches, what they are told, and what the channel keeps of it.
 */

#include "directory.h"
#include "dispatch/dispatch.h"
#include "private.h"

#include <errno.h>
#include <stdatomic.h>

#include "asterisk/datastore.h"
#include "channel_text.h"
#include "printable.h"

/*! So often the log tells that calls are refused, in nanoseconds. */
#define COMPLAINT_NS INT64_C(10000000000)

/*! \brief Why a channel was not offered. */
enum refusal {
	OFFERED,
	/*! As many broadcasts are open as there may be. */
	FULL,
	/*! No memory, or the channel cannot be described. */
	BROKEN,
};

/*! \brief Our datastores that there are, on channels or on their way off one. */
static int datastores;

/*!
 * \brief The channel is gone, or has a new broadcast: this one goes too (rule 8).
 *
 * A hung-up channel lives on while anybody refers to it: this may be called when we are unloaded, and
 * every broadcast was withdrawn.
 */
static void forget_broadcast(void *data)
{
	struct broadcast *broadcast = data;

	if (!api_enter()) {
		registry_remove(broadcasts, broadcast);
		api_leave();
	}
	broadcast_unref(broadcast);
	ast_atomic_fetchadd_int(&datastores, -1);
}

static const struct ast_datastore_info broadcast_on_channel = {
	.type = "stasis_broadcast",
	.destroy = forget_broadcast,
};

/*!
 * \brief Take our datastore off a channel. It is freed without the channel's lock.
 *
 * \param followed Whether the channel is on offer again.
 */
static void leave_channel(struct ast_channel *chan, int followed)
{
	struct ast_datastore *datastore;

	ast_channel_lock(chan);
	datastore = ast_channel_datastore_find(chan, &broadcast_on_channel, NULL);
	if (datastore) {
		ast_channel_datastore_remove(chan, datastore);
	}
	ast_channel_unlock(chan);
	if (datastore) {
		if (followed) {
			broadcast_set_followed(datastore->data);
		}
		ast_datastore_free(datastore);
	}
}

int offer_leave_channels(void)
{
	struct ast_channel_iterator *channels = ast_channel_iterator_all_new();
	struct ast_channel *chan;

	if (!channels) {
		return ast_atomic_fetchadd_int(&datastores, 0);
	}
	while ((chan = ast_channel_iterator_next(channels))) {
		leave_channel(chan, 0);
		ast_channel_unref(chan);
	}
	ast_channel_iterator_destroy(channels);
	return ast_atomic_fetchadd_int(&datastores, 0);
}

/*! \brief Tie a broadcast to its channel, so that it does not outlive it. \retval 0 on success, else -1. */
static int enter_channel(struct ast_channel *chan, struct broadcast *broadcast)
{
	struct ast_datastore *datastore;

	leave_channel(chan, 1);
	datastore = ast_datastore_alloc(&broadcast_on_channel, NULL);
	if (!datastore) {
		return -1;
	}
	datastore->data = broadcast_ref(broadcast);
	ast_atomic_fetchadd_int(&datastores, +1);
	ast_channel_lock(chan);
	ast_channel_datastore_add(chan, datastore);
	ast_channel_unlock(chan);
	return 0;
}

/*!
 * \brief The filter with a text.
 *
 * \param invalid_is_none Whether a text that cannot be used is as good as an empty one.
 * \param[out] filter A reference; NULL for an empty text, which everybody passes.
 * \retval 0 on success, -1 if the text cannot be used; the log then says why.
 */
static int find_filter(
	struct ast_channel *chan, const char *text, int invalid_is_none, struct app_filter **filter)
{
	char reason[192];
	char shown[PRINTABLE_SIZE];
	char where[PRINTABLE_SIZE];

	*filter = NULL;
	if (ast_strlen_zero(text)) {
		return 0;
	}
	*filter = app_filter_get(text, reason, sizeof(reason));
	if (*filter) {
		return 0;
	}
	ast_log(LOG_WARNING,
		"%s: application filter '%s' cannot be used: %s. The call is offered to %s; correct the filter\n",
		channel_text(chan, where), printable(text, shown, sizeof(shown)), reason,
		invalid_is_none ? "all applications (invalid_filter = broadcast)" : "nobody");
	return invalid_is_none ? 0 : -1;
}

/*! \brief \a names but for those that are also in \a without; NULL without memory. */
static struct names *leave_out(struct names *names, const struct names *without)
{
	const char **list = ast_malloc((names_count(names) + 1) * sizeof(*list));
	struct names *left = NULL;
	size_t count = 0;

	if (list) {
		for (size_t i = 0; i < names_count(names); i++) {
			if (names_find(without, names_at(names, i)) < 0) {
				list[count++] = names_at(names, i);
			}
		}
		left = names_create(list, count);
	}
	ast_free(list);
	return left;
}

/*! \brief The applications that are registered now and that the filter matches; NULL without memory. */
static struct names *find_recipients(struct app_filter *filter, const struct names *without)
{
	struct names *registered = directory_names();
	struct names *recipients = registered ? app_filter_select(filter, registered) : NULL;

	names_unref(registered);
	if (recipients && without) {
		struct names *left = leave_out(recipients, without);

		names_unref(recipients);
		return left;
	}
	return recipients;
}

/*!
 * \brief Make the broadcast.
 *
 * \param[out] broadcast A reference, if it is offered.
 */
static enum refusal make_broadcast(const struct broadcast_terms *terms, struct broadcast **broadcast)
{
	*broadcast = broadcast_create(terms);
	if (*broadcast) {
		return OFFERED;
	}
	return errno == EBUSY ? FULL : BROKEN;
}

/*! \brief Put a broadcast where claims and the channel find it; else it is closed and gone. */
static enum refusal open_broadcast(struct ast_channel *chan, struct broadcast *broadcast)
{
	if (enter_channel(chan, broadcast) || registry_put(broadcasts, broadcast)) {
		broadcast_close(broadcast, BROADCAST_WITHDRAWN);
		broadcast_unref(broadcast);
		return BROKEN;
	}
	return OFFERED;
}

void offered_free(void *data)
{
	struct offered *offered = data;

	delivery_unref(offered->delivery);
	ast_json_unref(offered->channel);
	ast_free(offered);
}

/*! \brief Have a broadcast that was made offered to its recipients. It takes the event over. */
static enum refusal deliver(struct ast_channel *chan, const struct broadcast_terms *terms,
	struct broadcast *broadcast, struct ast_json *event)
{
	struct delivery *delivery = delivery_create(broadcast);
	struct offered *offered = terms->cargo;
	enum refusal refusal = BROKEN;

	if (!delivery) {
		ast_json_unref(event);
		broadcast_unref(broadcast);
		return BROKEN;
	}
	if (offered) {
		offered->delivery = delivery_ref(delivery);
		offered->channel = ast_json_ref(ast_json_object_get(event, "channel"));
	}
	refusal = open_broadcast(chan, broadcast);
	if (refusal == OFFERED) {
		delivery_offer(delivery, terms->recipients, event);
		broadcast_unref(broadcast);
	} else {
		ast_json_unref(event);
	}
	delivery_unref(delivery);
	return refusal;
}

/*! \brief Offer a channel to recipients that are known. */
static enum refusal offer_to(struct ast_channel *chan, struct broadcast_terms *terms, int tell_claimed)
{
	struct ast_json *event = events_call_broadcast(chan, terms->timeout_ms);
	struct broadcast *broadcast;
	enum refusal refusal = BROKEN;

	if (event && tell_claimed) {
		terms->cargo = ast_calloc(1, sizeof(struct offered));
		terms->release = offered_free;
	}
	if (event && (!tell_claimed || terms->cargo)) {
		refusal = make_broadcast(terms, &broadcast);
	}
	if (refusal == OFFERED) {
		return deliver(chan, terms, broadcast, event);
	}
	if (terms->cargo) {
		offered_free(terms->cargo);
	}
	ast_json_unref(event);
	return refusal;
}

/*! \brief Nobody is there: a broadcast that is closed from the start, so that a wait ends at once. */
static enum refusal offer_to_nobody(struct ast_channel *chan, struct broadcast_terms *terms)
{
	struct broadcast *broadcast;
	enum refusal refusal = make_broadcast(terms, &broadcast);

	if (refusal == OFFERED) {
		refusal = open_broadcast(chan, broadcast);
	}
	if (refusal == OFFERED) {
		broadcast_unref(broadcast);
	}
	return refusal;
}

/*! \brief Offer a channel on terms that lack only the recipients. */
static enum refusal offer_on(
	struct ast_channel *chan, struct broadcast_terms *terms, int tell_claimed, struct names *without)
{
	enum refusal refusal = BROKEN;

	if (terms->max_open) {
		/* The broadcast that this one replaces makes room for it. */
		leave_channel(chan, 1);
		/* Looked at again when the broadcast is made: this saves those that are too many the work before. */
		if (broadcast_open_count() >= terms->max_open) {
			return FULL;
		}
	}
	terms->barred = without;
	terms->recipients = find_recipients(terms->filter, without);
	if (names_count(terms->recipients)) {
		refusal = offer_to(chan, terms, tell_claimed);
	} else if (terms->recipients) {
		refusal = offer_to_nobody(chan, terms);
	}
	names_unref(terms->recipients);
	return refusal;
}

/*! \brief Tell the log of calls that are too many: in a rush, one line for many of them. */
static void complain_full(const struct ast_channel *chan, size_t max_open)
{
	static _Atomic int64_t told_ns;
	static atomic_uint untold;
	int64_t now = broadcast_clock_ns();
	int64_t last = atomic_load(&told_ns);
	unsigned int count = atomic_fetch_add(&untold, 1) + 1;
	char where[PRINTABLE_SIZE];

	if ((!last || now - last > COMPLAINT_NS) && atomic_compare_exchange_strong(&told_ns, &last, now)) {
		atomic_fetch_sub(&untold, count);
		ast_log(LOG_WARNING,
			"%s: not offered, as %zu calls are (%u refused since the last such line). Raise max_open in "
			"stasis_broadcast.conf, or see why they are not claimed\n",
			channel_text(chan, where), max_open, count);
	}
}

int offer_channel(
	struct ast_channel *chan, int timeout_ms, const char *app_filter, int tell_claimed, struct names *without)
{
	struct broadcast_terms terms = { 0 };
	struct settings settings;
	char where[PRINTABLE_SIZE];
	enum refusal refusal;

	settings_get(&settings);
	terms.channel_id = ast_channel_uniqueid(chan);
	terms.timeout_ms = MIN(MAX(timeout_ms, 0), BROADCAST_MAX_TIMEOUT_MS);
	terms.any_claimant = settings.any_claimant;
	terms.max_open = settings.max_open;
	if (find_filter(chan, app_filter, settings.invalid_is_none, &terms.filter)) {
		describe_status(chan, "INVALIDFILTER");
		return -1;
	}
	refusal = offer_on(chan, &terms, tell_claimed, without);
	app_filter_unref(terms.filter);
	if (refusal == FULL) {
		complain_full(chan, terms.max_open);
		describe_status(chan, "CONGESTION");
	} else if (refusal == BROKEN) {
		ast_log(LOG_ERROR,
			"%s: cannot be offered to applications: out of memory, or the channel is internal\n",
			channel_text(chan, where));
		describe_status(chan, "ERROR");
	}
	return refusal == OFFERED ? 0 : -1;
}
