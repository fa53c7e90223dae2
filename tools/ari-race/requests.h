/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_REQUESTS_H
#define ARI_RACE_REQUESTS_H

/*! \file
 * \brief The text of the ARI requests that ari-race sends.
 */

#include "text.h"

struct options;
struct target;

#define REQUEST_SIZE 32768 /* room for the longest: an originate with all its variables */

/*! \brief GET what Asterisk says of itself. */
void request_info(struct text *text, const struct target *target);

/*! \brief GET that costs Asterisk next to nothing. */
void request_ping(struct text *text, const struct target *target);

/*! \brief GET that asks whether an application is registered. */
void request_application(struct text *text, const struct target *target, const char *app);

/*!
 * \brief POST that makes a call.
 * \param id For the channel that runs the dialplan and is offered; the other half of the Local channel
 *        has the same with "far-" before it.
 */
void request_originate(
	struct text *text, const struct options *options, const struct target *target, const char *id);

/*! \brief The path below ARI's root, and query, that claim a channel with POST. */
void request_claim_uri(struct text *text, const char *id, const char *app);

/*! \brief The same for declining a broadcast. */
void request_decline_uri(struct text *text, const char *id, const char *app);

/*! \brief The same for a bid. */
void request_bid_uri(struct text *text, const char *id, const char *app, unsigned int score);

/*! \brief POST that claims a channel. */
void request_claim(struct text *text, const struct options *options, const char *id, const char *app);

/*! \brief POST that declines a broadcast. */
void request_decline(struct text *text, const struct options *options, const char *id, const char *app);

/*! \brief POST that bids for a channel. */
void request_bid(
	struct text *text, const struct options *options, const char *id, const char *app, unsigned int score);

/*! \brief DELETE that hangs up a channel; \a prefix ("" or "far-") is put before the id. */
void request_hangup(struct text *text, const struct target *target, const char *id, const char *prefix);

#endif /* ARI_RACE_REQUESTS_H */
