/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Which workers are there, by what they say: the applications of the fleet.
 */

#ifndef RES_STASIS_BROADCAST_NATS_WORKERS_H
#define RES_STASIS_BROADCAST_NATS_WORKERS_H

#include <stddef.h>
#include <stdint.h>

/*! \brief The longest name of a worker, in bytes. */
#define WORKERS_MAX_ID 128

/*! \brief An application that has a worker: an ao2 object. What is in it does not change. */
struct fleet_app;

/*! \brief The application's name in JSON, with its quotes. \param[out] length In bytes. */
const char *fleet_app_json(const struct fleet_app *app, size_t *length);
/*! \brief The application's name as a token. \param[out] length In bytes. */
const char *fleet_app_token(const struct fleet_app *app, size_t *length);

/*! \brief Make room for workers. \retval 0 on success, -1 without memory. The thread that loads the module. */
int workers_start(void);

/*! \brief Forget all. The thread that unloads the module, when nobody else is in any of these functions. */
void workers_stop(void);

/*!
 * \brief Note that a worker has said hello.
 *
 * \param app Its application.
 * \param worker Its name.
 * \param ttl_ms How long to believe it, in milliseconds; 0: it has said good-bye.
 *
 * \retval 0 on success, -1 if there are too many workers, or memory ran out.
 *
 * \note Any thread; takes a lock for a moment.
 */
int workers_hello(const char *app, const char *worker, int64_t ttl_ms);

/*!
 * \brief Say whether there is a connection: without it no worker is there, but those that are believed are kept.
 *
 * The directory is told at once when it goes.
 *
 * \note Any thread; takes a lock for a moment.
 */
void workers_set_connected(int is_connected);

/*! \brief Have the directory told, though nothing has changed: it may be another one. Any thread; takes a lock for a moment. */
void workers_tell_again(void);

/*!
 * \brief Whether an application has a worker now, and the directory knows it: what it is told it may have, it is also
 *        offered.
 *
 * \note Any thread; takes a lock for a moment.
 */
int workers_has(const char *app);

/*! \brief Whether an application has a worker, whether there is a connection or not, and the directory knows it or not. */
int workers_expects(const char *app);

/*! \brief The application, a reference for ao2_cleanup(), if it has a worker now and there is a connection; else NULL. */
struct fleet_app *workers_find(const char *app);

/*!
 * \brief Tell the directory which applications there are, if that has changed, and forget workers whose time is over.
 *
 * \return When to call it again at the latest, on the monotonic clock in nanoseconds; INT64_MAX: not before something
 *         changes, which outbox_wake() tells of.
 *
 * \note The thread that publishes.
 */
int64_t workers_update(void);

/*! \brief Forget all workers: they belong to another fleet than ours is now. Any thread; takes a lock for a moment. */
void workers_forget(void);

/*! \brief How many there are. \param[out] workers \param[out] apps Any thread; takes a lock for a moment. */
void workers_count(size_t *workers, size_t *apps);

#endif /* RES_STASIS_BROADCAST_NATS_WORKERS_H */
