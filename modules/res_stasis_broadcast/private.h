/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the files of res_stasis_broadcast know of each other.
 *
 * The way of a call: api.c -> offer.c (who, and with which event) -> dispatch/ (sending), then
 * wait.c. The way of a claim: api.c -> core -> dispatch/.
 */

#ifndef RES_STASIS_BROADCAST_PRIVATE_H
#define RES_STASIS_BROADCAST_PRIVATE_H

#include "asterisk.h"

#include "asterisk/channel.h"
#include "asterisk/json.h"

#include "broadcast.h"
#include "names.h"
#include "registry.h"
#include "settings_values.h"

/*! \brief All broadcasts. NULL before the module is loaded and after it is unloaded. */
extern struct registry *broadcasts;

/*
 * api.c
 */

/*!
 * \brief Enter what api_close() waits for: what is needed stays as it is until api_leave().
 *
 * \retval 0 if the caller is in and has to leave again, -1 if it may not enter: the module is unloaded,
 *         and if it stays mapped, it answers as if it were not there.
 *
 * \note Any thread; takes no lock. A thread that is inside may enter once more.
 */
int api_enter(void);

/*! \brief The other half of api_enter(). Any thread; takes a lock for a moment if it is the last one. */
void api_leave(void);

/*! \brief Let API calls in. Called once, when everything they need is there. */
void api_open(void);

/*!
 * \brief Let no API call in any more, withdraw every broadcast, and wait until nobody is inside.
 *
 * \return Whether somebody was inside when it was called.
 *
 * \note Called by the thread that unloads the module. Waits without holding a lock.
 */
int api_close(void);

/*
 * settings.c
 */

/*!
 * \brief Make the settings, from the file or, if there is none or it is wrong, from the defaults.
 *
 * \retval 0 on success, -1 if memory ran out.
 *
 * \note Called by the thread that loads the module. What is wrong with the file is in the log then.
 */
int settings_start(void);

/*! \brief Forget them. Called by the thread that unloads the module, after api_close(). */
void settings_stop(void);

/*!
 * \brief Read the file anew.
 *
 * \retval 0 on success, -1 if something in it is wrong: the log says which line, and nothing has changed.
 *
 * \note One thread at a time, as Asterisk does for a module's reload.
 */
int settings_read(void);

/*! \brief The settings as they are now. Any thread; takes the read side of a lock of Asterisk's. */
void settings_get(struct settings *settings);

/*
 * events.c
 */

/*!
 * \brief Build the \c CallBroadcast event of a channel.
 *
 * \param chan The channel; must not be locked by the caller.
 * \param timeout_ms For the event's \c timeout.
 *
 * \return The event without \c application, which each recipient's copy gets; NULL on failure.
 *
 * \note Any thread. Locks the channel for a moment.
 */
struct ast_json *events_call_broadcast(struct ast_channel *chan, int timeout_ms);

/*!
 * \brief Build the \c CallClaimed event of a channel.
 *
 * \param channel_id The unique ID of the channel.
 * \param winner The winner's name.
 * \param offered The \c channel of the CallBroadcast event, for the case that the channel is gone.
 *
 * \return The event without \c application; NULL on failure.
 *
 * \note Any thread. Takes no lock of a channel.
 */
struct ast_json *events_call_claimed(const char *channel_id, const char *winner, struct ast_json *offered);

/*
 * offer.c
 */

/*! \brief What the CallClaimed event of a broadcast needs. */
struct offered {
	struct delivery *delivery;
	/*! The channel of the CallBroadcast event; a reference. */
	struct ast_json *channel;
};

/*! \brief Give back what \a offered refers to, and itself. Any thread; takes the dispatcher's lock. */
void offered_free(void *offered);

/*!
 * \brief Offer a channel: stasis_app_broadcast_channel() without the checks of its arguments.
 *
 * \param tell_claimed Whether the recipients get a CallClaimed event as well.
 * \param without Applications that neither get it nor may claim it; NULL: none. Borrowed.
 *
 * \note The channel's thread. Locks the channel for a moment.
 */
int offer_channel(struct ast_channel *chan, int timeout_ms, const char *app_filter, int tell_claimed,
	struct names *without);

/*!
 * \brief Take our datastore off every channel, so that none calls into a module that is gone.
 *
 * \return How many are still there: those of channels that are being destroyed, which cannot be found.
 *
 * \note Called by the thread that unloads the module, after api_close().
 */
int offer_leave_channels(void);

/*
 * wait.c
 */

/*!
 * \brief Wait on a broadcast of a channel: stasis_app_broadcast_wait() once the broadcast is found.
 *
 * \note The channel's thread.
 */
int wait_on_channel(struct ast_channel *chan, struct broadcast *broadcast, int timeout_ms);

/*
 * describe.c
 */

/*!
 * \brief A text as JSON can carry it: what is not UTF-8 is written as \c \\xNN, and would else make the whole
 *        object fail.
 *
 * \return A JSON string, or NULL.
 */
struct ast_json *describe_text(const char *text);

/*! \brief A broadcast with the fields of SPEC section 5. \return A JSON object, or NULL. */
struct ast_json *describe_broadcast(struct broadcast *broadcast);

/*!
 * \brief Tell the dialplan how a broadcast went, in \c BROADCASTSTATUS.
 *
 * The public return codes cannot tell a decline from a timeout; the variable does.
 */
void describe_status(struct ast_channel *chan, const char *status);

#endif /* RES_STASIS_BROADCAST_PRIVATE_H */
