/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The Asterisk that is loaded: takes its URL apart and finds out whether somebody listens.
 */

#include "target.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROBE_MS 2000

static const char *parse_scheme(struct target *target, const char **url)
{
	if (!strncmp(*url, "https://", 8)) {
		return "https is not supported, races are measured over plain http://";
	}
	if (strncmp(*url, "http://", 7)) {
		return "it has to begin with http://";
	}
	*url += 7;
	target->port = 8088;
	return NULL;
}

static const char *parse_port(struct target *target, const char *at, size_t len)
{
	char *end;
	long port = strtol(at, &end, 10);

	/* strtol() takes blanks and signs, which would go into each request's Host. */
	if (end != at + len || !isdigit((unsigned char) *at) || port < 1 || port > 65535) {
		return "the port is not a number from 1 to 65535";
	}
	target->port = (int) port;
	return NULL;
}

/*! \brief Take "name", "name:port" or "[address]:port" apart. */
static const char *parse_authority(struct target *target, const char *at, size_t len)
{
	const char *close = *at == '[' ? memchr(at, ']', len) : NULL;
	const char *name = close ? at + 1 : at;
	const char *after = close ? close + 1 : memchr(at, ':', len);
	size_t name_len = close ? (size_t) (close - name) : after ? (size_t) (after - at) : len;

	if (memchr(at, '@', len)) {
		return "a log-in belongs into --user";
	}
	if (!name_len || name_len >= sizeof(target->name)) {
		return "it has no host name";
	}
	memcpy(target->name, name, name_len);
	target->name[name_len] = '\0';
	if (after && after < at + len) {
		return *after == ':' ? parse_port(target, after + 1, (size_t) (at + len - after - 1))
							 : "there is something between host and port";
	}
	return NULL;
}

static void make_headers(struct target *target, const char *user, const char *password)
{
	bool v6 = strchr(target->name, ':');
	struct text text;
	char login[520];
	int len = snprintf(login, sizeof(login), "%s:%s", user, password);

	snprintf(target->host, sizeof(target->host), "%s%s%s:%d", v6 ? "[" : "", target->name, v6 ? "]" : "",
		target->port);
	text_init(&text, target->authorization, sizeof(target->authorization));
	text_add(&text, "Basic ");
	text_add_base64(&text, login, (size_t) len < sizeof(login) ? (size_t) len : sizeof(login) - 1);
}

const char *target_parse(struct target *target, const char *url, const char *user, const char *password)
{
	const char *wrong;
	size_t len;

	memset(target, 0, sizeof(*target));
	if ((wrong = parse_scheme(target, &url))) {
		return wrong;
	}
	len = strcspn(url, "/");
	if ((wrong = parse_authority(target, url, len))) {
		return wrong;
	}
	url += len;
	len = strlen(url);
	while (len && url[len - 1] == '/') {
		len--;
	}
	if (len >= sizeof(target->prefix) || strcspn(url, "?# ") < len) {
		return "what follows the port is not a path prefix as in http.conf";
	}
	memcpy(target->prefix, url, len);
	make_headers(target, user, password);
	return NULL;
}

/*! \brief Connect within PROBE_MS. \return 0 or an errno */
static int try_address(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t len = sizeof(error);

	if (fd < 0) {
		return errno;
	}
	if (connect(fd, address->ai_addr, address->ai_addrlen) && errno != EINPROGRESS) {
		error = errno;
	} else if (poll(&ready, 1, PROBE_MS) < 1) {
		error = ETIMEDOUT;
	} else {
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	}
	close(fd);
	return error;
}

const char *target_probe(struct target *target)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char port[8];
	int error = 0;

	snprintf(port, sizeof(port), "%d", target->port);
	error = getaddrinfo(target->address[0] ? target->address : target->name, port, &hints, &found);
	if (error) {
		return gai_strerror(error);
	}
	for (const struct addrinfo *address = found; address; address = address->ai_next) {
		error = try_address(address);
		if (!error) {
			getnameinfo(address->ai_addr, address->ai_addrlen, target->address, sizeof(target->address), NULL,
				0, NI_NUMERICHOST);
			break;
		}
	}
	freeaddrinfo(found);
	return error ? strerror(error) : NULL;
}
