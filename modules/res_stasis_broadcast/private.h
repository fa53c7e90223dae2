/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the files of res_stasis_broadcast know of each other.
 *
 * The way of a call: api.c -> offer.c (who, and with which event) -> dispatcher.c (sending), then
 * wait.c. The way of a claim: api.c -> core -> dispatcher.c.
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

struct stasis_broadcast_figures;

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
 * \brief Read the file again.
 *
 * \retval 0 on success, -1 if something in it is wrong: the log says which line, and nothing has changed.
 *
 * \note One thread at a time, as Asterisk does for a module's reload.
 */
int settings_read(void);

/*! \brief The settings as they are now. Any thread; takes the read side of a lock of Asterisk's. */
void settings_get(struct settings *settings);

/*
 * apps.c
 */

/*!
 * \brief The names of all registered applications, as one list that is shared while none comes or goes.
 *
 * \return A list to give back with names_unref(); NULL if memory ran out.
 *
 * \note Any thread. Takes the lock of Asterisk's applications, then, after it, one of its own.
 */
struct names *apps_registered(void);

/*! \brief Forget the shared list. */
void apps_forget(void);

/*
 * dispatcher.c
 */

/*! \brief The events of one broadcast on their way to its recipients. */
struct delivery;

/*!
 * \brief Start the threads that send events.
 *
 * \param threads How many while none is stuck; 0: one a core, 2 to 8.
 * \retval 0 on success, -1 if that failed.
 */
int dispatcher_start(int threads);

/*! \brief Have another number of threads, as in dispatcher_start(). Any thread; takes the dispatcher's lock. */
void dispatcher_set_threads(int threads);

/*!
 * \brief Drop what is queued and end the threads; waits for an event that is being written.
 *
 * \note Called by the thread that unloads the module, after api_close().
 */
void dispatcher_stop(void);

/*!
 * \brief Prepare the delivery of a broadcast's events.
 *
 * \param recipients Who gets them; a reference is taken. They are shuffled for this broadcast.
 * \param event The CallBroadcast event; the reference is taken over, also on failure.
 *
 * \return A delivery with one hold, to give back with delivery_done(); NULL if memory ran out.
 *
 * \note Any thread; takes no lock.
 */
struct delivery *delivery_create(struct names *recipients, struct ast_json *event);

/*!
 * \brief Take one more hold of a delivery, before it is offered.
 *
 * \return \a delivery. Each hold is given back with delivery_done().
 *
 * \note The thread that made it; takes no lock.
 */
struct delivery *delivery_hold(struct delivery *delivery);

/*!
 * \brief Queue the CallBroadcast event for every recipient.
 *
 * Returns at once: nothing is written to an application in the calling thread.
 *
 * \param delivery The delivery.
 * \param broadcast Its broadcast, of which a reference is kept while events of it are queued.
 *
 * \note Any thread. Takes the dispatcher's lock.
 */
void delivery_offer(struct delivery *delivery, struct broadcast *broadcast);

/*!
 * \brief Queue the CallClaimed event for every recipient that got, or is still going to get, the
 *        CallBroadcast event; it never overtakes that one (SPEC section 4).
 *
 * For none if the channel is on offer again: its winner can be lost before the claiming thread comes to tell of it,
 * and who was offered it anew would take it for claimed.
 *
 * \param delivery The delivery.
 * \param broadcast Its broadcast.
 * \param event The event; the reference is taken over.
 *
 * \note Any thread. Takes the dispatcher's lock, and under it that of a part of the registry.
 */
void delivery_claimed(struct delivery *delivery, struct broadcast *broadcast, struct ast_json *event);

/*! \brief The \c channel of the CallBroadcast event, borrowed from the delivery. Any thread; no lock. */
struct ast_json *delivery_channel(struct delivery *delivery);

/*!
 * \brief Give a delivery back; what is queued is sent all the same.
 *
 * \note Any thread. Takes the dispatcher's lock.
 */
void delivery_done(void *delivery);

/*! \brief Look at what the dispatcher has done and is doing. Any thread; takes its lock. */
void dispatcher_look(struct stasis_broadcast_figures *figures);

/*
 * offer.c
 */

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
