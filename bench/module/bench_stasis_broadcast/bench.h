/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the measurements share: channels, applications, clocks.
 *
 * Nothing but the public API is used, so that they measure any provider of it in the same way.
 */

#ifndef BENCH_STASIS_BROADCAST_H
#define BENCH_STASIS_BROADCAST_H

#include "asterisk.h"

#include "asterisk/channel.h"
#include "asterisk/json.h"
#include "asterisk/stasis_app.h"
#include "asterisk/stasis_app_broadcast.h"
#include "asterisk/utils.h"

/*! \brief How long to wait for applications to be told, in milliseconds. */
#define PATIENCE_MS 20000

/*
 * The measurements. Each returns a JSON object, also about what went wrong; NULL without memory.
 */

/*! \brief Claims per second of \a threads threads, on \a count broadcasts that are claimed already. */
struct ast_json *measure_claims(int threads, int count, int seconds);

/*! \brief Bytes for each of \a count broadcasts that are claimed and alive. */
struct ast_json *measure_memory(int count, const char *filter);

/*! \brief The calling thread's time for offering a channel to \a apps applications. */
struct ast_json *measure_offer(int apps, int rounds, const char *filter);

/*! \brief Have \a count more calls on offer, for all to take, until line_close(). */
struct ast_json *line_open(int count, const char *filter);

/*! \brief End them. None is harmless. */
void line_close(void);

/*! \brief A JSON object that says what went wrong. */
struct ast_json *measure_failed(const char *what);

/*
 * setting.c
 */

int setting_init(void);
void setting_cleanup(void);

/*! \brief The monotonic clock in nanoseconds. */
int64_t now_ns(void);

/*! \brief CPU time of the calling thread in nanoseconds. */
int64_t cpu_ns(void);

/*! \brief Make \a count channels of a technology that does nothing. \return An array for channels_free(), or NULL. */
struct ast_channel **channels_new(int count);

/*! \brief Hang them all up. NULL is none. */
void channels_free(struct ast_channel **channels, int count);

/*!
 * \brief Offer all channels, claim them and wait for that, as the dialplan application does.
 *
 * \param app The claimant.
 * \param apps How many applications hear of each.
 * \param[in,out] told What they were told since they were registered.
 *
 * \retval 0 if all were claimed, else -1.
 */
int channels_claim(
	struct ast_channel **channels, int count, const char *filter, const char *app, int apps, size_t *told);

/*! \brief Register applications \a prefix 0, 1, 2 ... that count what they are told. \retval 0 on success. */
int apps_register(const char *prefix, int count);

/*! \brief Unregister them. */
void apps_unregister(const char *prefix, int count);

/*! \brief Say how many things the applications are going to be told since they were registered. Before that. */
void apps_expect(size_t count);

/*!
 * \brief Wait until they have been told as many things as were expected.
 *
 * \return When the last of them was told, in nanoseconds of now_ns(); 0 if that did not happen in time.
 */
int64_t apps_told(void);

#endif /* BENCH_STASIS_BROADCAST_H */
