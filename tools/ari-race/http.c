/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Pools of HTTP connections, as raw sockets of libwebsockets: its HTTP client gives a new
 * connection object to each request, which costs more than a whole claim.
 */

#include "http.h"
#include "clock.h"
#include "http_response.h"
#include "memory.h"
#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTING_MAX 8 /* Asterisk's listen backlog is 10: more at once wait a second for a second SYN */

struct request {
	struct request *next;
	http_answer_cb done;
	void *data;
	uint64_t queued_ns;
	uint64_t sent_ns;
	uint64_t *sent_to;
	size_t len;
	unsigned char *text; /*!< LWS_PRE bytes into the memory behind this struct */
};

struct request_queue {
	struct request *first;
	struct request **last;
};

struct connection {
	struct connection *next;      /*!< of the pool */
	struct connection *next_idle; /*!< behind this one, idle for less long */
	struct http_pool *pool;
	struct lws *wsi;
	enum {
		CONNECTING,
		IDLE,
		BUSY
	} state;
	uint64_t idle_since_ns;
	struct request *request;
	struct http_response response;
};

/*! \brief The request that opens every connection while the pool is warmed up. */
struct warm_up {
	char *text; /*!< NULL: no warm-up under way */
	size_t len;
	size_t left; /*!< connections that have not got their answer */
	size_t failed;
};

struct http_pool {
	struct lws_context *lws;
	const struct target *target;
	size_t max;
	size_t count;
	size_t connecting;
	size_t planned; /*!< connections still to be opened though nobody waits for them */
	bool closing;   /*!< nobody waits for answers any more */
	struct connection *all;
	struct connection *idle_first;
	struct connection *idle_last;
	struct request_queue waiting;
	size_t waiting_count;
	struct warm_up warm_up;
	enum http_trouble trouble;
	char why[256]; /*!< what the trouble is */
	uint64_t heard_ns;
	struct http_counters counters;
};

/*! \brief Note what is wrong with the server; the first fault tells most. */
static void note_trouble(struct http_pool *pool, enum http_trouble trouble, const char *why)
{
	if (pool->trouble == HTTP_FINE) {
		pool->trouble = trouble;
		snprintf(pool->why, sizeof(pool->why), "%s", why);
	}
}

static void waiting_add(struct http_pool *pool, struct request *request)
{
	struct request_queue *queue = &pool->waiting;

	request->next = NULL;
	*queue->last = request;
	queue->last = &request->next;
	pool->waiting_count++;
}

static struct request *waiting_take(struct http_pool *pool)
{
	struct request_queue *queue = &pool->waiting;
	struct request *request = queue->first;

	if (!request) {
		return NULL;
	}
	queue->first = request->next;
	if (!queue->first) {
		queue->last = &queue->first;
	}
	pool->waiting_count--;
	return request;
}

static struct request *create_request(const char *text, size_t len, http_answer_cb done, void *data)
{
	struct request *request = xcalloc(1, sizeof(*request) + LWS_PRE + len);

	request->done = done;
	request->data = data;
	request->len = len;
	request->text = (unsigned char *) (request + 1) + LWS_PRE;
	memcpy(request->text, text, len);
	return request;
}

static void finish_request(struct request *request, int status, const char *body)
{
	struct http_answer answer = { .status = status, .answered_ns = now_ns(), .body = body };

	request->done(request->data, &answer);
	free(request);
}

static void idle_add(struct connection *connection)
{
	struct http_pool *pool = connection->pool;

	connection->state = IDLE;
	connection->idle_since_ns = now_ns();
	connection->next_idle = NULL;
	if (pool->idle_last) {
		pool->idle_last->next_idle = connection;
	} else {
		pool->idle_first = connection;
	}
	pool->idle_last = connection;
}

static struct connection *idle_take(struct http_pool *pool)
{
	struct connection *connection = pool->idle_first;

	if (connection && !(pool->idle_first = connection->next_idle)) {
		pool->idle_last = NULL;
	}
	return connection;
}

static void idle_remove(struct connection *connection)
{
	struct http_pool *pool = connection->pool;
	struct connection *before = NULL;

	for (struct connection **at = &pool->idle_first; *at; before = *at, at = &(*at)->next_idle) {
		if (*at == connection) {
			*at = connection->next_idle;
			if (pool->idle_last == connection) {
				pool->idle_last = before;
			}
			return;
		}
	}
}

/*! \brief Write a request to an idle connection. The socket is empty, so this is one send(). */
static void start_request(struct connection *connection, struct request *request)
{
	struct http_counters *counters = &connection->pool->counters;
	uint64_t now = now_ns();

	if (request->queued_ns != 0) {
		uint64_t waited = now - request->queued_ns;

		counters->waited++;
		counters->waited_max = waited > counters->waited_max ? waited : counters->waited_max;
	}
	connection->state = BUSY;
	connection->request = request;
	http_response_init(&connection->response);
	request->sent_ns = now;
	if (request->sent_to) {
		*request->sent_to = now;
	}
	if (lws_write(connection->wsi, request->text, request->len, LWS_WRITE_RAW) < 0) {
		lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
	}
}

static bool open_connection(struct http_pool *pool)
{
	const struct target *target = pool->target;
	struct connection *connection = xcalloc(1, sizeof(*connection));
	struct lws_client_connect_info info = {
		.context = pool->lws,
		.address = target->address,
		.port = target->port,
		.host = target->name,
		.path = "/",
		.method = "RAW",
		.local_protocol_name = "http",
		.userdata = connection,
	};

	connection->pool = pool;
	connection->next = pool->all;
	pool->all = connection;
	pool->count++;
	pool->connecting++;
	pool->counters.opened++;
	connection->wsi = lws_client_connect_via_info(&info);
	if (!connection->wsi) {
		/* Then libwebsockets has not called back, and does not. */
		pool->all = connection->next;
		pool->count--;
		pool->connecting--;
		free(connection);
		note_trouble(pool, HTTP_REFUSED, "connection failed");
		return false;
	}
	return true;
}

/*! \brief Open as many connections as are planned and as waiting requests ask for. */
static void open_wanted(struct http_pool *pool)
{
	while (!pool->closing && pool->count < pool->max && pool->connecting < CONNECTING_MAX &&
		(pool->planned || pool->connecting < pool->waiting_count)) {
		pool->planned -= pool->planned > 0;
		if (!open_connection(pool)) {
			break;
		}
	}
}

/*! \brief A connection has nothing to do: give it the request that has waited longest, or rest. */
static void next_request(struct connection *connection)
{
	struct request *request = waiting_take(connection->pool);

	if (request) {
		start_request(connection, request);
	} else {
		idle_add(connection);
	}
}

static void on_warm(void *data, const struct http_answer *answer)
{
	struct http_pool *pool = data;
	struct warm_up *warm_up = &pool->warm_up;

	warm_up->failed += !answer->status;
	if (--warm_up->left == 0) {
		free(warm_up->text);
		warm_up->text = NULL;
	}
}

static void on_connected(struct connection *connection)
{
	struct http_pool *pool = connection->pool;
	struct warm_up *warm_up = &pool->warm_up;

	pool->connecting--;
	if (warm_up->text) {
		start_request(connection, create_request(warm_up->text, warm_up->len, on_warm, pool));
	} else {
		next_request(connection);
	}
	open_wanted(pool);
}

static void forget_connection(struct connection *connection)
{
	struct http_pool *pool = connection->pool;
	struct connection **at = &pool->all;

	while (*at != connection) {
		at = &(*at)->next;
	}
	*at = connection->next;
	pool->count--;
	if (connection->state == CONNECTING) {
		pool->connecting--;
	} else if (connection->state == IDLE) {
		idle_remove(connection);
	}
	free(connection);
}

/*! \brief The socket is gone. What it carried gets no answer; what waits gets another connection. */
static void on_closed(struct connection *connection, const char *why)
{
	struct http_pool *pool = connection->pool;
	struct request *request = connection->request;
	bool refused = connection->state == CONNECTING;
	bool complete = request && connection->response.state == HTTP_IN_BODY &&
		connection->response.until_close && !connection->response.wrong;

	if (pool->closing) {
		free(request);
		free(connection);
		return;
	}
	if (request && complete) {
		finish_request(request, connection->response.status, connection->response.body);
	} else if (request) {
		pool->counters.cut++;
		finish_request(request, 0, why);
	}
	forget_connection(connection);
	if (refused) {
		note_trouble(pool, HTTP_REFUSED, why);
	} else if (pool->waiting_count) {
		open_wanted(pool);
	}
}

/*! \retval -1 to close the connection */
static int on_bytes(struct connection *connection, const char *bytes, size_t len)
{
	struct http_response *response = &connection->response;
	struct request *request = connection->request;
	long used;

	connection->pool->heard_ns = now_ns();
	if (!request) {
		return -1; /* nobody has asked */
	}
	used = http_response_feed(response, bytes, len);
	if (used < 0) {
		note_trouble(connection->pool, HTTP_WRONG, response->wrong);
		return -1;
	}
	if (response->state != HTTP_DONE) {
		return 0;
	}
	connection->request = NULL;
	finish_request(request, response->status, response->body);
	if (response->close || (size_t) used < len) {
		return -1;
	}
	next_request(connection);
	return 0;
}

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct connection *connection = user;

	switch (reason) {
	case LWS_CALLBACK_RAW_CONNECTED:
		connection->wsi = wsi;
		on_connected(connection);
		return 0;
	case LWS_CALLBACK_RAW_RX:
		return on_bytes(connection, in, len);
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		on_closed(connection, in ? in : "connection failed");
		return 0;
	case LWS_CALLBACK_RAW_CLOSE:
		on_closed(connection,
			connection->response.wrong ? connection->response.wrong : "connection closed before the answer");
		return 0;
	default:
		return 0;
	}
}

struct http_pool *http_pool_create(struct lws_context *lws, const struct target *target, size_t max)
{
	struct http_pool *pool = xcalloc(1, sizeof(*pool));

	pool->lws = lws;
	pool->target = target;
	pool->max = max;
	pool->waiting.last = &pool->waiting.first;
	return pool;
}

void http_pool_close(struct http_pool *pool)
{
	if (pool) {
		pool->closing = true;
	}
}

void http_pool_destroy(struct http_pool *pool)
{
	struct request *request;

	if (!pool) {
		return;
	}
	while ((request = waiting_take(pool))) {
		free(request);
	}
	free(pool->warm_up.text);
	free(pool);
}

void http_send(
	struct http_pool *pool, const struct text *text, uint64_t *sent_ns, http_answer_cb done, void *data)
{
	struct request *request = create_request(text->buf, text->len, done, data);
	struct connection *connection = idle_take(pool);

	request->sent_to = sent_ns;
	if (connection) {
		start_request(connection, request);
		return;
	}
	request->queued_ns = now_ns();
	waiting_add(pool, request);
	open_wanted(pool);
}

void http_pool_warm_up(struct http_pool *pool, size_t count, const struct text *request)
{
	pool->planned = count > pool->max ? pool->max : count;
	pool->warm_up = (struct warm_up){ .len = request->len, .left = pool->planned };
	pool->warm_up.text = xcalloc(1, request->len);
	memcpy(pool->warm_up.text, request->buf, request->len);
	open_wanted(pool);
	pool->counters = (struct http_counters){ .opened = pool->counters.opened };
}

size_t http_pool_cold(const struct http_pool *pool, size_t *failed)
{
	*failed = pool->warm_up.failed;
	return pool->warm_up.left;
}

enum http_trouble http_pool_trouble(const struct http_pool *pool, const char **why)
{
	*why = pool->why;
	return pool->trouble;
}

void http_pool_give_up(struct http_pool *pool, uint64_t oldest_ns)
{
	for (struct connection *connection = pool->all; connection; connection = connection->next) {
		struct request *request = connection->request;

		if (request && request->sent_ns < oldest_ns) {
			connection->request = NULL;
			pool->counters.late++;
			finish_request(request, 0, "no answer in time");
			lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
		}
	}
}

static void ignore_answer(void *data, const struct http_answer *answer)
{
	(void) data;
	(void) answer;
}

void http_pool_keep_alive(struct http_pool *pool, const struct text *request, uint64_t idle_ns)
{
	while (pool->idle_first && pool->idle_first->idle_since_ns < idle_ns) {
		http_send(pool, request, NULL, ignore_answer, NULL);
	}
}

uint64_t http_pool_heard(const struct http_pool *pool)
{
	return pool->heard_ns;
}

const struct http_counters *http_pool_counters(const struct http_pool *pool)
{
	static const struct http_counters none;

	return pool ? &pool->counters : &none;
}
