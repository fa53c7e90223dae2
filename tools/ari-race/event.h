/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_EVENT_H
#define ARI_RACE_EVENT_H

/*! \file
 * \brief What ari-race wants to know of an ARI event, read from its JSON in one pass without
 * allocating.
 */

#include <stdbool.h>
#include <stddef.h>

#define EVENT_ID_MAX 256 /* Asterisk's own limit for a unique ID is 150 */

enum event_type {
	EVENT_OTHER,
	EVENT_CALL_BROADCAST,
	EVENT_CALL_CLAIMED,
	EVENT_STASIS_START,
	EVENT_STASIS_END,
	EVENT_APPLICATION_REPLACED,
	EVENT_REST_RESPONSE,
};

struct event {
	enum event_type type;
	char application[EVENT_ID_MAX]; /*!< empty if the event does not say */
	char channel_id[EVENT_ID_MAX];  /*!< empty if the event does not say */
	char request_id[EVENT_ID_MAX];  /*!< of an answer to a request over the WebSocket */
	int status;                     /*!< of that answer; 0 if it is none from 100 to 599 */
	/* What only messages over NATS have; see docs/FLEET.md. */
	char offer[EVENT_ID_MAX]; /*!< what names an offer */
	char node
		[EVENT_ID_MAX]; /*!< where it is, as the token of a subject: not in the JSON, its reader sets it */
	char ari[EVENT_ID_MAX]; /*!< where a node's ARI is */
	int hold_ms;            /*!< how long a call waits for who has won it */
	bool ask_hello;         /*!< a node wants to hear from all workers */
};

/*! \brief What an event is read for, besides type and channel.id: then reading may stop sooner. */
enum event_wants {
	EVENT_WANTS_NO_MORE,
	EVENT_WANTS_APPLICATION,
	EVENT_WANTS_ALL,
};

/*!
 * \brief Read type, application and channel.id of an event.
 *
 * \param json The event; need not end in a NUL.
 * \param len Its length in bytes.
 * \param wants What has to be known before reading may stop.
 * \param[out] event What was found.
 *
 * \retval 0 on success, also for types of events that are of no interest.
 * \retval -1 if it is no JSON object, or a name in it is too long.
 */
int event_parse(const char *json, size_t len, enum event_wants wants, struct event *event);

#endif /* ARI_RACE_EVENT_H */
