/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_APP_BEHAVIOR_H
#define ARI_RACE_APP_BEHAVIOR_H

/*! \file
 * \brief What the applications do about events: claim, decline, hang up; and what that tells about the
 * rules.
 */

#include <stdbool.h>
#include <stdint.h>

struct app;
struct call;
struct event;
struct race;

/*! \brief An application got an event. */
void app_behavior_on_event(struct race *race, struct app *app, const struct event *event, uint64_t at_ns);

/*! \brief Asterisk has the call: wait until its time on offer is over at the latest. */
void app_behavior_call_exists(struct call *call, uint64_t since_ns);

/*! \brief Nothing more is to be done about a call; it may still be won by a late answer. */
void app_behavior_call_over(struct call *call);

/*!
 * \brief Whether the claim of a call's winner, which got 204, is no longer one that forbids others: its application
 * lost its WebSocket before StasisStart came, or over NATS was too late with it, and then the dialplan may offer the
 * call again.
 */
bool app_behavior_winner_is_lost(const struct call *call);

/*! \brief Hang up the channel that was offered. */
void app_behavior_hang_up(struct call *call);

#endif /* ARI_RACE_APP_BEHAVIOR_H */
