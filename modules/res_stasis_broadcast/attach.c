/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The tie between a channel and the broadcast of it: a datastore.
 *
 * The channel that a call's thread runs keeps its datastores through a masquerade, while its unique ID becomes
 * another's. The datastores of the other channel, which goes, are moved to it.
 */

#include "asterisk.h"

#include "asterisk/channel.h"
#include "asterisk/datastore.h"
#include "asterisk/lock.h"
#include "asterisk/strings.h"

#include "attach.h"
#include "gate.h"
#include "offer_data.h"

/*! \brief Our datastores that there are, on channels or on their way off one. */
static int datastores;

/*! \brief Whether the run that has made a claimed broadcast is still to end it, whichever channel it is tied to by now (rule 11). */
static int has_run(struct broadcast *broadcast)
{
	struct offer *offer = broadcast_data(broadcast);

	return offer->channel_stays && !atomic_load(&offer->is_lost);
}

/*!
 * \brief The channel is gone, or has a new broadcast: this one goes too (rule 8).
 *
 * A hung-up channel lives on while anybody refers to it: this may be called when we are unloaded, and
 * every broadcast was withdrawn.
 */
static void forget_broadcast(void *data)
{
	struct broadcast *broadcast = data;

	if (!gate_enter()) {
		/* One that is replaced has closed before. */
		if (broadcast_close(broadcast, BROADCAST_HUNG_UP) != BROADCAST_CLAIMED || !has_run(broadcast)) {
			registry_remove(broadcasts, broadcast);
		}
		gate_leave();
	}
	broadcast_unref(broadcast);
	ast_atomic_fetchadd_int(&datastores, -1);
}

/*!
 * \brief A masquerade moves our datastore to another channel: the one that was on offer is about to go, and its thread
 * with it, so that nobody may claim it any more (rule 12). With the locks of both channels.
 */
static void channel_was_taken(
	void *data, struct ast_channel *old_chan attribute_unused, struct ast_channel *new_chan attribute_unused)
{
	if (!gate_enter()) {
		broadcast_close(data, BROADCAST_HUNG_UP);
		gate_leave();
	}
}

static const struct ast_datastore_info broadcast_on_channel = {
	.type = "stasis_broadcast",
	.destroy = forget_broadcast,
	.chan_fixup = channel_was_taken,
};

/*! \brief Take one of our datastores off a channel. \return NULL if there is none. */
static struct ast_datastore *take_off(struct ast_channel *chan)
{
	struct ast_datastore *datastore;

	ast_channel_lock(chan);
	datastore = ast_channel_datastore_find(chan, &broadcast_on_channel, NULL);
	if (datastore) {
		ast_channel_datastore_remove(chan, datastore);
	}
	ast_channel_unlock(chan);
	return datastore;
}

/* There are two datastores if one came by a masquerade. They are freed without the channel's lock. */
void detach(struct ast_channel *chan)
{
	struct ast_datastore *datastore;

	while ((datastore = take_off(chan))) {
		ast_datastore_free(datastore);
	}
}

/*! \brief End a broadcast whose channel is going to be on offer again. */
static void replace(struct broadcast *broadcast, const char *replaced_by)
{
	if (strcmp(broadcast_channel_id(broadcast), replaced_by) != 0 &&
		broadcast_state(broadcast) == BROADCAST_OPEN) {
		broadcast_set_moved(broadcast, replaced_by);
	}
	broadcast_close(broadcast, BROADCAST_REPLACED);
	/* Who closed it may be another thread. Who is offered the channel next would take a late end for that one's. */
	broadcast_await_told(broadcast);
}

void detach_replaced(struct ast_channel *chan, const char *replaced_by)
{
	struct ast_datastore *datastore;

	while ((datastore = take_off(chan))) {
		replace(datastore->data, replaced_by);
		ast_datastore_free(datastore);
	}
}

int attach(struct ast_channel *chan, struct broadcast *broadcast)
{
	struct ast_datastore *datastore = ast_datastore_alloc(&broadcast_on_channel, NULL);

	if (!datastore) {
		return -1;
	}
	detach_replaced(chan, broadcast_channel_id(broadcast));
	datastore->data = broadcast_ref(broadcast);
	ast_atomic_fetchadd_int(&datastores, +1);
	ast_channel_lock(chan);
	ast_channel_datastore_add(chan, datastore);
	ast_channel_unlock(chan);
	return 0;
}

struct broadcast *attached(struct ast_channel *chan)
{
	struct ast_datastore *datastore;
	struct broadcast *broadcast = NULL;

	ast_channel_lock(chan);
	/* New ones are in front of those that a masquerade has brought. */
	datastore = ast_channel_datastore_find(chan, &broadcast_on_channel, NULL);
	if (datastore) {
		broadcast = broadcast_ref(datastore->data);
	}
	ast_channel_unlock(chan);
	return broadcast;
}

/*! \brief Copy a channel's ID if this broadcast was made of it last. \return Whether it was. */
static int copy_id_if_tied(struct ast_channel *chan, struct broadcast *broadcast, char buf[AST_MAX_UNIQUEID])
{
	struct ast_datastore *datastore;
	int tied;

	ast_channel_lock(chan);
	datastore = ast_channel_datastore_find(chan, &broadcast_on_channel, NULL);
	tied = datastore && datastore->data == broadcast;
	if (tied) {
		ast_copy_string(buf, ast_channel_uniqueid(chan), AST_MAX_UNIQUEID);
	}
	ast_channel_unlock(chan);
	return tied;
}

const char *attached_channel_id(struct broadcast *broadcast, char buf[AST_MAX_UNIQUEID])
{
	struct ast_channel_iterator *channels = ast_channel_iterator_all_new();
	struct ast_channel *chan;
	int found = 0;

	if (!channels) {
		return NULL;
	}
	while (!found && (chan = ast_channel_iterator_next(channels))) {
		found = copy_id_if_tied(chan, broadcast, buf);
		ast_channel_unref(chan);
	}
	ast_channel_iterator_destroy(channels);
	return found ? buf : NULL;
}

int detach_all(void)
{
	struct ast_channel_iterator *channels = ast_channel_iterator_all_new();
	struct ast_channel *chan;

	if (!channels) {
		return ast_atomic_fetchadd_int(&datastores, 0);
	}
	while ((chan = ast_channel_iterator_next(channels))) {
		detach(chan);
		ast_channel_unref(chan);
	}
	ast_channel_iterator_destroy(channels);
	return ast_atomic_fetchadd_int(&datastores, 0);
}
