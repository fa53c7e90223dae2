/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What a module that brings applications of its own exchanges with this one. Apart from source_api.h, which a
 * provider must not include as a user.
 */

#ifndef STASIS_BROADCAST_SOURCE_TYPES_H
#define STASIS_BROADCAST_SOURCE_TYPES_H

#include <stddef.h>

struct ast_json;
struct stasis_broadcast_fleet_stats;

/*! \brief An event on its way to an application. All of it is borrowed for the call. */
struct stasis_broadcast_event {
	/*! The event without \c application. Others are sent the same one meanwhile: it is not to be changed. */
	struct ast_json *json;
	/*! Which broadcast it is about: no two of one load of the module have the same. */
	unsigned long serial;
	/*! Whether it is CallBroadcast. */
	int is_offer;
	/*! How long a claim can succeed from now on, in milliseconds. */
	int remaining_ms;
};

/*!
 * \brief Who brings applications that are not registered with Asterisk.
 *
 * Its functions are called from any thread, by several threads at a time, without a lock of ours. They do not block.
 */
struct stasis_broadcast_source {
	/*! For the log. */
	const char *name;
	/*! Whether an application is one of its now. */
	int (*has)(const char *app);
	/*! Take an event for an application. \retval 0 on success, -1 if it will not be sent, or the application is not its own. */
	int (*send)(const char *app, const struct stasis_broadcast_event *event);
	/*!
	 * How long to wait for an application that has won a call to be registered with Asterisk, in milliseconds;
	 * 0: it is none of this source's, or is not coming.
	 */
	int (*hold_ms)(const char *app);
	/*!
	 * A broadcast has closed. \a winner is NULL if nobody has claimed it. As an observer (observers.h): locks of
	 * channels may be held.
	 */
	void (*closed)(unsigned long serial, const char *winner);
	/*! Fill in what is counted. */
	void (*get_stats)(struct stasis_broadcast_fleet_stats *stats);
};

/*! \brief The answer of stasis_broadcast_ask() to a bid that is noted: \c closed will tell what has come of it. */
#define STASIS_BROADCAST_NOTED 1

/*! \brief What somebody asks for in an application's name. */
enum stasis_broadcast_demand {
	STASIS_BROADCAST_DEMAND_CLAIM,
	STASIS_BROADCAST_DEMAND_BID,
	STASIS_BROADCAST_DEMAND_DECLINE,
	/*! A call that the application has got already: the worker shall have it. No claim, and not counted as one. */
	STASIS_BROADCAST_DEMAND_KEEP,
	/*! As DECLINE, for an application that may have gone already. */
	STASIS_BROADCAST_DEMAND_LEAVE,
	/*! As CLAIM, for what is news: what the application has or has bid for is TAKEN. */
	STASIS_BROADCAST_DEMAND_TAKE,
};

/*! \brief A claim, a bid or a decline that does not wait. All of it is borrowed for the call. */
struct stasis_broadcast_ask {
	enum stasis_broadcast_demand demand;
	const char *channel_id;
	/*! Which broadcast of that channel is meant; 0: the one that there is. */
	unsigned long serial;
	const char *app;
	/*! Who of the application asks: of several, the first one has the call. */
	const char *worker;
	/*! For a bid, from 0 to STASIS_BROADCAST_MAX_SCORE. */
	int score;
};

#endif /* STASIS_BROADCAST_SOURCE_TYPES_H */
