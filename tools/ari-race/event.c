/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Reads three fields of an ARI event and skips the rest. A hundred thousand events a second
 * leave no time for a tree of the whole event.
 */

#include "event.h"

#include <string.h>

#define MAX_DEPTH 64

/*! \brief A place in the JSON; \c at never passes \c end. */
struct cursor {
	const char *at;
	const char *end;
};

/*! \brief A string between its quotes, escapes still in it. */
struct raw_string {
	const char *at;
	size_t len;
};

static char skip_space(struct cursor *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\r' || *c->at == '\t')) {
		c->at++;
	}
	return c->at < c->end ? *c->at : '\0';
}

static bool take(struct cursor *c, char wanted)
{
	if (skip_space(c) != wanted) {
		return false;
	}
	c->at++;
	return true;
}

static bool take_string(struct cursor *c, struct raw_string *string)
{
	if (!take(c, '"')) {
		return false;
	}
	string->at = c->at;
	while (c->at < c->end && *c->at != '"') {
		c->at += *c->at == '\\' && c->end - c->at > 1 ? 2 : 1;
	}
	string->len = (size_t) (c->at - string->at);
	return take(c, '"');
}

/*! \brief Skip a number, true, false or null. */
static bool skip_word(struct cursor *c)
{
	const char *start = c->at;

	while (c->at < c->end && !strchr(",]} \n\r\t", *c->at)) {
		c->at++;
	}
	return c->at > start;
}

/*! \brief Skip an object or a list with all that is in it; what is inside need only balance. */
static bool skip_nested(struct cursor *c)
{
	struct raw_string ignored;
	int depth = 0;

	do {
		switch (skip_space(c)) {
		case '\0':
			return false;
		case '"':
			if (!take_string(c, &ignored)) {
				return false;
			}
			break;
		case '{':
		case '[':
			depth++;
			c->at++;
			break;
		case '}':
		case ']':
			depth--;
			c->at++;
			break;
		default:
			c->at++;
		}
	} while (depth > 0 && depth < MAX_DEPTH);
	return !depth;
}

static bool skip_value(struct cursor *c)
{
	struct raw_string ignored;

	switch (skip_space(c)) {
	case '"':
		return take_string(c, &ignored);
	case '{':
	case '[':
		return skip_nested(c);
	default:
		return skip_word(c);
	}
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/*! \brief The character of an escape; \a at is behind the backslash and is moved past it. */
static int unescape(const char **at, const char *end)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found = *at < end ? strchr(from, **at) : NULL;
	int value = 0;

	if (found && *found) {
		(*at)++;
		return to[found - from];
	}
	if (end - *at < 5 || **at != 'u') {
		return -1;
	}
	for (int i = 1; i < 5; i++) {
		int digit = hex_value((*at)[i]);

		if (digit < 0) {
			return -1;
		}
		value = value << 4 | digit;
	}
	*at += 5;
	/* Ids and names in Asterisk are bytes; jansson escapes nothing but control characters. */
	return value < 0x80 ? value : -1;
}

static bool copy_string(const struct raw_string *string, char *to)
{
	const char *at = string->at, *end = string->at + string->len;
	size_t len = 0;

	if (string->len < EVENT_ID_MAX && !memchr(at, '\\', string->len)) {
		memcpy(to, at, string->len);
		to[string->len] = '\0';
		return true;
	}
	while (at < end && len < EVENT_ID_MAX - 1) {
		int c = (unsigned char) *at++;

		if (c == '\\' && (c = unescape(&at, end)) <= 0) {
			to[0] = '\0';
			return false;
		}
		to[len++] = (char) c;
	}
	to[len] = '\0';
	return at == end;
}

static bool is(const struct raw_string *string, const char *literal)
{
	return string->len == strlen(literal) && !memcmp(string->at, literal, string->len);
}

static enum event_type type_of(const struct raw_string *name)
{
	static const struct {
		const char *name;
		enum event_type type;
	} types[] = {
		{ "CallBroadcast", EVENT_CALL_BROADCAST },
		{ "CallClaimed", EVENT_CALL_CLAIMED },
		{ "StasisStart", EVENT_STASIS_START },
		{ "StasisEnd", EVENT_STASIS_END },
		{ "ApplicationReplaced", EVENT_APPLICATION_REPLACED },
		{ "RESTResponse", EVENT_REST_RESPONSE },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (is(name, types[i].name)) {
			return types[i].type;
		}
	}
	return EVENT_OTHER;
}

/*! \brief Whether the rest of the event can tell nothing more. */
static bool known(const struct event *event, bool typed, enum event_wants wants)
{
	if (wants == EVENT_WANTS_ALL) {
		return false;
	}
	if (typed && event->type == EVENT_OTHER) {
		return true;
	}
	if (typed && event->type == EVENT_REST_RESPONSE) {
		return event->request_id[0] && event->status;
	}
	return typed && event->channel_id[0] && (event->application[0] || wants == EVENT_WANTS_NO_MORE);
}

/*! \brief Read the channel object, or no further than its id if that is all that was not known. */
static bool take_channel(struct cursor *c, struct event *event, bool typed, enum event_wants wants)
{
	struct raw_string key, value;

	if (!take(c, '{')) {
		return skip_value(c);
	}
	while (skip_space(c) != '}') {
		if (!take_string(c, &key) || !take(c, ':')) {
			return false;
		}
		if (is(&key, "id") && skip_space(c) == '"') {
			if (!take_string(c, &value) || !copy_string(&value, event->channel_id)) {
				return false;
			}
			if (known(event, typed, wants)) {
				return true; /* inside the object: nothing more is read */
			}
		} else if (!skip_value(c)) {
			return false;
		}
		if (!take(c, ',')) {
			break;
		}
	}
	return take(c, '}');
}

/*! \brief Read an HTTP status: three digits, and no more. */
static bool take_status(struct cursor *c, struct event *event)
{
	const char *start = (skip_space(c), c->at);
	int status = 0;

	if (!skip_value(c)) {
		return false;
	}
	for (const char *at = start; at < c->at && *at >= '0' && *at <= '9' && status < 600; at++) {
		status = status * 10 + (*at - '0');
	}
	event->status = c->at - start == 3 && status >= 100 && status < 600 ? status : 0;
	return true;
}

/*! \brief Read a count; what is none, or more than a million, is 0. */
static bool take_count(struct cursor *c, int *count)
{
	const char *start = (skip_space(c), c->at);

	*count = 0;
	if (!skip_value(c)) {
		return false;
	}
	for (const char *at = start; at < c->at && *at >= '0' && *at <= '9' && *count < 1000000; at++) {
		*count = *count * 10 + (*at - '0');
	}
	return true;
}

/*! \brief The place for a member of the event that is a string; NULL if it is of no interest. */
static char *place_of(const struct raw_string *key, struct event *event)
{
	return is(key, "application") ? event->application
		: is(key, "request_id")   ? event->request_id
		: is(key, "offer")        ? event->offer
		: is(key, "ari")          ? event->ari
								  : NULL;
}

/*! \brief Read one member of the event. */
static bool take_member(struct cursor *c, struct event *event, bool *typed, enum event_wants wants)
{
	struct raw_string key, value;

	if (!take_string(c, &key) || !take(c, ':')) {
		return false;
	}
	if (is(&key, "channel")) {
		return take_channel(c, event, *typed, wants);
	}
	if (skip_space(c) == '"' && is(&key, "type")) {
		*typed = take_string(c, &value);
		event->type = *typed ? type_of(&value) : EVENT_OTHER;
		return *typed;
	}
	if (skip_space(c) == '"' && place_of(&key, event)) {
		return take_string(c, &value) && copy_string(&value, place_of(&key, event));
	}
	if (is(&key, wants == EVENT_WANTS_ALL ? "status" : "status_code")) {
		return take_status(c, event);
	}
	if (is(&key, "hold_ms")) {
		return take_count(c, &event->hold_ms);
	}
	event->ask_hello |= is(&key, "ask_hello") && skip_space(c) == 't';
	return skip_value(c);
}

int event_parse(const char *json, size_t len, enum event_wants wants, struct event *event)
{
	struct cursor c = { json, json + len };
	bool typed = false;

	event->type = EVENT_OTHER;
	event->application[0] = '\0';
	event->channel_id[0] = '\0';
	event->request_id[0] = '\0';
	event->status = 0;
	event->offer[0] = event->node[0] = event->ari[0] = '\0';
	event->hold_ms = 0;
	event->ask_hello = false;
	if (!take(&c, '{')) {
		return -1;
	}
	while (skip_space(&c) != '}') {
		if (!take_member(&c, event, &typed, wants)) {
			return -1;
		}
		if (known(event, typed, wants)) {
			return 0;
		}
		if (!take(&c, ',')) {
			break;
		}
	}
	return take(&c, '}') ? 0 : -1;
}
