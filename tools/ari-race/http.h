/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_HTTP_H
#define ARI_RACE_HTTP_H

/*! \file
 * \brief Pools of HTTP connections that stay open: a request takes the connection that has been idle
 * longest, and never shares one that is busy.
 */

#include "text.h"

#include <libwebsockets.h>
#include <stdint.h>

struct target;
struct http_pool;

/*! \brief How a request ended. */
struct http_answer {
	int status;           /*!< 0: no answer came */
	uint64_t answered_ns; /*!< when it was complete, or given up */
	const char *body;     /*!< its beginning; for status 0, the reason */
	const char *ari;      /*!< over NATS: where the call waits that was won; else NULL */
	uint64_t hold_ns;     /*!< and how long */
};

typedef void (*http_answer_cb)(void *data, const struct http_answer *answer);

struct http_counters {
	uint64_t opened;     /*!< connections */
	uint64_t waited;     /*!< requests for which all connections were busy */
	uint64_t waited_max; /*!< the longest such wait in nanoseconds */
	uint64_t cut;        /*!< requests that lost their connection before the answer */
	uint64_t late;       /*!< requests that were given up after the answer timeout */
};

/*! \brief What is wrong with a pool's server. */
enum http_trouble {
	HTTP_FINE,
	HTTP_REFUSED, /*!< a connection could not be made at all */
	HTTP_WRONG,   /*!< it sent what is no answer of Asterisk's */
};

/*!
 * \brief Create a pool.
 *
 * \param lws Where its sockets live; borrowed.
 * \param target Where they go; borrowed.
 * \param max The most connections at once.
 * \return to free with http_pool_destroy() after the libwebsockets context is gone.
 */
struct http_pool *http_pool_create(struct lws_context *lws, const struct target *target, size_t max);

/*! \brief From now on no \c done is called and no connection is opened. NULL is harmless. */
void http_pool_close(struct http_pool *pool);

/*! \brief Free it and all requests that are still in it, after http_pool_close(). NULL is harmless. */
void http_pool_destroy(struct http_pool *pool);

/*!
 * \brief Send a request.
 *
 * \param request The whole request, headers and body; copied.
 * \param[out] sent_ns Where to put the time when it goes out; may be NULL. Borrowed until the answer.
 * \param done Called once, in the loop; never from within this function.
 */
void http_send(
	struct http_pool *pool, const struct text *request, uint64_t *sent_ns, http_answer_cb done, void *data);

/*!
 * \brief Open connections before they are needed, and let each carry one request to prove that the
 * server serves it: it may have a limit on sessions and close what is over it.
 *
 * \param count How many, at least 1; the pool must be new.
 * \param request The request; copied.
 */
void http_pool_warm_up(struct http_pool *pool, size_t count, const struct text *request);

/*!
 * \brief How many connections of http_pool_warm_up() have neither been answered nor cut yet.
 * \param[out] failed How many were cut.
 */
size_t http_pool_cold(const struct http_pool *pool, size_t *failed);

/*!
 * \brief The first trouble that the pool has met, or HTTP_FINE.
 * \param[out] why What happened; the server may have a hand in the text. The pool's.
 */
enum http_trouble http_pool_trouble(const struct http_pool *pool, const char **why);

/*! \brief Give up requests that were sent before \a oldest_ns. Call it now and then. */
void http_pool_give_up(struct http_pool *pool, uint64_t oldest_ns);

/*!
 * \brief Send a request on every connection that has been idle since before \a idle_ns, so that the
 * server does not close it.
 */
void http_pool_keep_alive(struct http_pool *pool, const struct text *request, uint64_t idle_ns);

/*! \brief When the last byte came from the server; 0: never. */
uint64_t http_pool_heard(const struct http_pool *pool);

/*! \brief What happened so far; nothing if \a pool is NULL. */
const struct http_counters *http_pool_counters(const struct http_pool *pool);

/*! \brief libwebsockets' callback for the raw sockets of all pools. */
int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

#endif /* ARI_RACE_HTTP_H */
