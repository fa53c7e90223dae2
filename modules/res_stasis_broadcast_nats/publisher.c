/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The one thread that talks to the bus: it publishes what is in the outbox, and attends to all that has its time.
 */

#include "asterisk.h"

#include "asterisk/lock.h"
#include "asterisk/utils.h"

#include "awards.h"
#include "connection.h"
#include "counters.h"
#include "monotonic.h"
#include "outbox.h"
#include "presence.h"
#include "publisher.h"
#include "subjects.h"
#include "take.h"
#include "workers.h"

/*! Only for the thread that loads and unloads the module. */
static pthread_t thread = AST_PTHREADT_NULL;

static const struct connection_user user = {
	.subscribe = subjects_subscribe,
	.connected = presence_connected,
};

/*! \brief Publish one, or drop it. */
static void publish(const struct outgoing *outgoing)
{
	const int64_t now_ns = outgoing->until_ns ? monotonic_ns() : 0;

	if (!outgoing->app) {
		connection_publish(outgoing->data, outgoing->data + outgoing->subject_length + 1, outgoing->length);
	} else if (outgoing->until_ns && outgoing->until_ns <= now_ns) {
		count(COUNTER_EXPIRED);
	} else {
		connection_publish_event(outgoing->app, outgoing->text, outgoing->until_ns, now_ns);
	}
}

/*! \brief One turn: wait, and do what is due. \retval 0 to go on, -1 at the end. */
static int turn(int64_t until_ns)
{
	struct outbox_work work;
	struct outgoing *outgoing;
	int must_flush;

	outbox_wait(until_ns, &work);
	if (work.reconnect && !work.stop) {
		connection_renew(&user);
	}
	must_flush = !AST_LIST_EMPTY(&work.batch);
	while ((outgoing = AST_LIST_REMOVE_HEAD(&work.batch, list))) {
		publish(outgoing);
		outgoing_free(outgoing);
	}
	if (must_flush) {
		connection_flush();
	}
	return work.stop ? -1 : 0;
}

static void *publisher_main(void *data attribute_unused)
{
	int64_t next_ns;

	do {
		next_ns = workers_update();
		next_ns = MIN(next_ns, connection_attend());
		next_ns = MIN(next_ns, presence_attend());
		awards_attend(take_goes_on);
	} while (!turn(next_ns));
	connection_end();
	return NULL;
}

int publisher_start(void)
{
	outbox_open();
	if (ast_pthread_create_background(&thread, NULL, publisher_main, NULL)) {
		thread = AST_PTHREADT_NULL;
		return -1;
	}
	return 0;
}

void publisher_stop(void)
{
	if (thread == AST_PTHREADT_NULL) {
		return;
	}
	outbox_shut();
	pthread_join(thread, NULL);
	thread = AST_PTHREADT_NULL;
	outbox_clear();
}
