/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The text of the ARI requests that ari-race sends.
 */

#include "requests.h"
#include "clock.h"
#include "options.h"

#include <string.h>

static void begin(struct text *text, const struct target *target, const char *method, const char *path)
{
	text_add(text, method);
	text_add(text, " ");
	text_add(text, target->prefix);
	text_add(text, path);
}

/*! \brief Append a parameter of the query; \a mark is '?' for the first and '&' for the others. */
static void add_parameter(struct text *text, char mark, const char *name, const char *value)
{
	text_add_bytes(text, &mark, 1);
	text_add(text, name);
	text_add(text, "=");
	text_add_url(text, value);
}

/*! \brief End the request; \a body may be NULL. */
static void finish(struct text *text, const struct target *target, const char *body)
{
	text_add(text, " HTTP/1.1\r\nHost: ");
	text_add(text, target->host);
	text_add(text, "\r\nAuthorization: ");
	text_add(text, target->authorization);
	if (body) {
		text_add(text, "\r\nContent-Type: application/json");
	}
	text_addf(text, "\r\nContent-Length: %zu\r\n\r\n", body ? strlen(body) : 0);
	text_add(text, body ? body : "");
}

void request_info(struct text *text, const struct target *target)
{
	begin(text, target, "GET", "/ari/asterisk/info?only=system");
	finish(text, target, NULL);
}

void request_ping(struct text *text, const struct target *target)
{
	begin(text, target, "GET", "/ari/asterisk/ping");
	finish(text, target, NULL);
}

void request_application(struct text *text, const struct target *target, const char *app)
{
	begin(text, target, "GET", "/ari/applications/");
	text_add_url(text, app);
	finish(text, target, NULL);
}

static void add_variable(struct text *body, const char *name, size_t name_len, const char *value)
{
	char name_buf[256];
	struct text key;

	text_init(&key, name_buf, sizeof(name_buf));
	text_add_bytes(&key, name, name_len);
	text_add(body, body->buf[body->len - 1] == '{' ? "\"" : ",\"");
	text_add_json(body, key.buf);
	text_add(body, "\":\"");
	text_add_json(body, value);
	text_add(body, "\"");
}

/*! \brief The variables that the sample dialplan reads, and the user's own. */
static void add_variables(struct text *body, const struct options *options)
{
	char timeout_buf[32];
	struct text timeout;

	text_init(&timeout, timeout_buf, sizeof(timeout_buf));
	text_addf(&timeout, "%lld", (long long) options->timeout_ns / (long long) NS_PER_MS);
	text_add(body, "{\"variables\":{");
	add_variable(body, "RACE_TIMEOUT", 12, timeout.buf);
	add_variable(body, "RACE_FILTER", 11, options->filter);
	add_variable(body, "RACE_ARGS", 9, options->args);
	add_variable(body, "RACE_NOTIFY", 11, options->notify ? "yes" : "no");
	for (size_t i = 0; i < options->variable_count; i++) {
		const char *equals = strchr(options->variables[i], '=');

		add_variable(body, options->variables[i], (size_t) (equals - options->variables[i]), equals + 1);
	}
	text_add(body, "}}");
}

void request_originate(
	struct text *text, const struct options *options, const struct target *target, const char *id)
{
	const char *at = strchr(options->other, '@');
	char exten_buf[256], far_buf[256], body_buf[REQUEST_SIZE / 2];
	struct text exten, far, body;

	text_init(&exten, exten_buf, sizeof(exten_buf));
	text_add_bytes(&exten, options->other, (size_t) (at - options->other));
	text_init(&far, far_buf, sizeof(far_buf));
	text_addf(&far, "far-%s", id);
	text_init(&body, body_buf, sizeof(body_buf));
	add_variables(&body, options);

	begin(text, target, "POST", "/ari/channels");
	add_parameter(text, '?', "endpoint", options->endpoint);
	add_parameter(text, '&', "extension", exten.buf);
	add_parameter(text, '&', "context", at + 1);
	add_parameter(text, '&', "timeout", "-1");
	add_parameter(text, '&', "channelId", far.buf);
	add_parameter(text, '&', "otherChannelId", id);
	finish(text, target, body.buf);
	text->truncated |= exten.truncated || far.truncated || body.truncated;
}

void request_claim_uri(struct text *text, const char *id, const char *app)
{
	text_add(text, "events/claim");
	add_parameter(text, '?', "channelId", id);
	add_parameter(text, '&', "application", app);
}

void request_decline_uri(struct text *text, const char *id, const char *app)
{
	text_add(text, "broadcasts/");
	text_add_url(text, id);
	add_parameter(text, '/', "decline?application", app);
}

void request_bid_uri(struct text *text, const char *id, const char *app, unsigned int score)
{
	text_add(text, "broadcasts/");
	text_add_url(text, id);
	add_parameter(text, '/', "bid?application", app);
	text_addf(text, "&score=%u", score);
}

void request_claim(struct text *text, const struct options *options, const char *id, const char *app)
{
	begin(text, &options->targets[0], "POST", "/ari/");
	request_claim_uri(text, id, app);
	finish(text, &options->targets[0], NULL);
}

void request_decline(struct text *text, const struct options *options, const char *id, const char *app)
{
	begin(text, &options->targets[0], "POST", "/ari/");
	request_decline_uri(text, id, app);
	finish(text, &options->targets[0], NULL);
}

void request_bid(
	struct text *text, const struct options *options, const char *id, const char *app, unsigned int score)
{
	begin(text, &options->targets[0], "POST", "/ari/");
	request_bid_uri(text, id, app, score);
	finish(text, &options->targets[0], NULL);
}

void request_hangup(struct text *text, const struct target *target, const char *id, const char *prefix)
{
	begin(text, target, "DELETE", "/ari/channels/");
	text_add_url(text, prefix);
	text_add_url(text, id);
	finish(text, target, NULL);
}
