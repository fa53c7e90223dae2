/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A call that waits for its winner, which is not registered with Asterisk yet: the hand-over of the fleet.
 *
 * Asterisk has no event for an application that is registered. But a new application subscribes to the topic of all
 * bridges, and each subscription to a topic is told on that topic. It is told while Asterisk holds the lock of its
 * applications, which who asks for the application then waits for.
 */

#include "asterisk.h"

#include <errno.h>
#include <sys/eventfd.h>

#include "asterisk/channel.h"
#include "asterisk/linkedlists.h"
#include "asterisk/lock.h"
#include "asterisk/stasis.h"
#include "asterisk/stasis_bridges.h"

#include "broadcast.h"
#include "channel_text.h"
#include "compat.h"
#include "hold.h"
#include "servicing.h"

/*! \brief A call that waits. */
struct hold {
	/*! Readable when there is something new. */
	int fd;
	AST_LIST_ENTRY(hold) list;
};

/*! Protects all that follows. */
AST_MUTEX_DEFINE_STATIC(holds_lock);
static AST_LIST_HEAD_NOLOCK_STATIC(holds, hold);
/*! From the first call that waits until the module is unloaded. */
static struct stasis_subscription *subscription;
static int is_stopped;

static void wake_all(void)
{
	struct hold *hold;

	ast_mutex_lock(&holds_lock);
	AST_LIST_TRAVERSE(&holds, hold, list)
	{
		/* It cannot block, and it is readable already if it fails. */
		eventfd_write(hold->fd, 1);
	}
	ast_mutex_unlock(&holds_lock);
}

static void told(void *data attribute_unused, struct stasis_subscription *sub attribute_unused,
	struct stasis_message *message)
{
	if (stasis_message_type(message) == stasis_subscription_change_type()) {
		wake_all();
	}
}

/*! \brief Subscribe, if that was not done yet. Without the lock: to subscribe takes locks of Asterisk's. */
static int subscribe(void)
{
	struct stasis_subscription *fresh;
	int is_there;

	ast_mutex_lock(&holds_lock);
	is_there = subscription != NULL;
	ast_mutex_unlock(&holds_lock);
	if (is_there) {
		return 0;
	}
	fresh = stasis_subscribe_pool(ast_bridge_topic_all(), told, NULL);
	if (!fresh) {
		return -1;
	}
	stasis_subscription_accept_message_type(fresh, stasis_subscription_change_type());
	stasis_subscription_set_filter(fresh, STASIS_SUBSCRIPTION_FILTER_SELECTIVE);
	ast_mutex_lock(&holds_lock);
	if (!subscription) {
		subscription = fresh;
		fresh = NULL;
	}
	ast_mutex_unlock(&holds_lock);
	stasis_unsubscribe(fresh);
	return 0;
}

static int begin(struct hold *hold)
{
	hold->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (hold->fd < 0) {
		return -1;
	}
	if (subscribe()) {
		errno = ENOMEM;
		return -1;
	}
	ast_mutex_lock(&holds_lock);
	AST_LIST_INSERT_TAIL(&holds, hold, list);
	ast_mutex_unlock(&holds_lock);
	return 0;
}

static void end(struct hold *hold)
{
	ast_mutex_lock(&holds_lock);
	AST_LIST_REMOVE(&holds, hold, list);
	ast_mutex_unlock(&holds_lock);
	if (hold->fd >= 0) {
		close(hold->fd);
	}
}

/*! \brief Whether the wait is over: the application is there, or nobody may wait any more. */
static int is_over(struct hold *hold, const char *app)
{
	eventfd_t count;
	int over;

	/* First, so that what comes after the question wakes. */
	eventfd_read(hold->fd, &count);
	ast_mutex_lock(&holds_lock);
	over = is_stopped;
	ast_mutex_unlock(&holds_lock);
	return over || compat_app_is_registered(app);
}

/*! \brief Sleep until there is something new. \retval 0 if the channel goes on, 1 if it has hung up, -1 if nobody can sleep. */
static int sleep_once(struct hold *hold, struct servicing *servicing, int ms)
{
	int awake;

	if (ast_waitfor_nandfds(&servicing->chan, 1, &hold->fd, 1, NULL, &awake, &ms)) {
		return servicing_read(servicing) ? 1 : 0;
	}
	return ms < 0 ? -1 : 0;
}

/*! \brief Wait, as hold_for() does. */
static int wait_for(struct hold *hold, struct servicing *servicing, const char *app, int64_t end_ns)
{
	int64_t left_ns;
	int result = 0;

	while (!result && !is_over(hold, app)) {
		left_ns = end_ns - broadcast_clock_ns();
		if (left_ns <= 0) {
			result = -1;
		} else if (ast_check_hangup(servicing->chan)) {
			result = 1;
		} else {
			result = sleep_once(hold, servicing, (int) ((left_ns + 999999) / 1000000));
		}
	}
	return result;
}

int hold_for(struct ast_channel *chan, const char *app, int hold_ms)
{
	const int64_t begin_ns = broadcast_clock_ns();
	struct servicing servicing;
	char where[PRINTABLE_SIZE];
	char who[PRINTABLE_SIZE];
	struct hold hold = { .fd = -1 };
	int result = -1;

	if (compat_app_is_registered(app)) {
		return 0;
	}
	if (begin(&hold)) {
		ast_log(LOG_ERROR, "%s: cannot wait for application '%s': %s\n", channel_text(chan, where),
			printable(app, who, sizeof(who)), strerror(errno));
	} else {
		servicing_begin(&servicing, chan);
		result = wait_for(&hold, &servicing, app, begin_ns + hold_ms * INT64_C(1000000));
		servicing_end(&servicing);
	}
	end(&hold);
	ast_debug(1, "%s: waited %lld ms for application '%s': %s\n", channel_text(chan, where),
		(long long) (broadcast_clock_ns() - begin_ns) / 1000000, printable(app, who, sizeof(who)),
		!result          ? "it is there"
			: result < 0 ? "it did not come"
						 : "the caller has hung up");
	return result;
}

void hold_start(void)
{
	ast_mutex_lock(&holds_lock);
	is_stopped = 0;
	ast_mutex_unlock(&holds_lock);
}

void hold_stop(void)
{
	ast_mutex_lock(&holds_lock);
	is_stopped = 1;
	ast_mutex_unlock(&holds_lock);
	wake_all();
}

void hold_forget(void)
{
	/* Returns when its callback is over for good. */
	subscription = stasis_unsubscribe_and_join(subscription);
}
