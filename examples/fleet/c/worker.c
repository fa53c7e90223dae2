/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A worker of a fleet in C: one connection to NATS, and WebSockets only to Asterisks where it has won calls.
 */

#include "bus.h"
#include "calls.h"
#include "node.h"
#include "text.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PREFIX_MAX 200
#define HELLO_US (10 * LWS_US_PER_SEC)

static const char usage[] =
	"usage: worker --app NAME [option ...]\n"
	"\n"
	"Claim calls that a fleet of Asterisks offers over NATS: answer, play a sound, hang up.\n"
	"\n"
	"  --app NAME            the name of this ARI application; each worker should have one of its own\n"
	"  --nats URL[,URL...]   servers of NATS (nats://127.0.0.1:4222)\n"
	"  --nats-user USER      user of NATS, if it wants one; its password is in the environment, NATS_PASSWORD\n"
	"  --prefix PREFIX       what all subjects begin with (sb.v1)\n"
	"  --user USER           ARI user, on all nodes (ari); its password is in the environment, ARI_PASSWORD (ari)\n"
	"  --capacity N          hold so many calls at once (1)\n"
	"  --play MEDIA          an ARI media URI (sound:beep)\n"
	"\n"
	"Writes what happens as lines of JSON.\n";

static struct bus *bus;
static struct node_owner owner;
static volatile sig_atomic_t signals;
static lws_sorted_usec_list_t greeter;

static void on_signal(int number)
{
	(void) number;
	signals++;
	lws_cancel_service(owner.lws);
}

static void wake(void *data)
{
	(void) data;
	lws_cancel_service(owner.lws);
}

static void greet(lws_sorted_usec_list_t *timer)
{
	if (!signals) {
		bus_hello(bus, HELLO_TTL_MS);
		lws_sul_schedule(owner.lws, 0, timer, greet, HELLO_US);
	}
}

/*! \brief A whole number from 1 to 1000; 0 if a text is none. */
static int read_capacity(const char *text)
{
	char *end;
	const long number = strtol(text, &end, 10);

	return *end || number < 1 || number > 1000 ? 0 : (int) number;
}

/*! \brief The options. Ends the program when they are wrong. */
static void read_options(int argc, char *argv[], struct bus_options *options, struct calls_options *calls)
{
	static const struct option known[] = { { "app", 1, NULL, 'a' }, { "nats", 1, NULL, 'n' },
		{ "nats-user", 1, NULL, 'U' }, { "prefix", 1, NULL, 'p' }, { "user", 1, NULL, 'u' },
		{ "capacity", 1, NULL, 'c' }, { "play", 1, NULL, 'P' }, { "help", 0, NULL, 'h' },
		{ NULL, 0, NULL, 0 } };
	const char **texts[128] = { ['a'] = &options->app,
		['n'] = &options->servers,
		['U'] = &options->user,
		['p'] = &options->prefix,
		['P'] = &calls->play,
		['u'] = &owner.user };
	int letter;

	while ((letter = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		if (letter == 'h') {
			fputs(usage, stdout);
			exit(0);
		} else if (letter == 'c') {
			calls->capacity = read_capacity(optarg);
		} else if (letter == '?') {
			exit(2);
		} else {
			*texts[letter] = optarg;
		}
	}
	if (!options->app || !*options->app || !calls->capacity || optind < argc) {
		fputs(
			"worker: --app NAME is missing, --capacity is no number from 1 to 1000, or there is a word too many; see --help\n",
			stderr);
		exit(2);
	}
}

/*! \brief Whether a prefix is words of what a token may have, with dots between them: no wildcards of NATS's. */
static bool is_prefix(const char *text)
{
	size_t length;

	do {
		length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:-");
		text += length;
	} while (length && *text++ == '.');
	return length && !text[-1];
}

static struct lws_context *create_lws(void)
{
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = node_protocols,
		.gid = (gid_t) -1,
		.uid = (uid_t) -1,
	};

	lws_set_log_level(0, NULL);
	unsetenv("http_proxy"); /* libwebsockets would go through it */
	return lws_create_context(&info);
}

/*! \brief Until we have been told to stop and the last call has ended. A second signal does not wait for that. */
static void run(void)
{
	struct bus_message *message;
	bool said_good_bye = false;

	while (signals < 2 && !(signals && !calls_count())) {
		lws_service(owner.lws, 0);
		while ((message = bus_next(bus))) {
			calls_on_message(message);
			bus_free(message);
		}
		if (signals && !said_good_bye) {
			tell("stopping", "{s:i}", "calls", calls_held());
			bus_hello(bus, 0);
			calls_stop();
			said_good_bye = true;
		}
	}
}

int main(int argc, char *argv[])
{
	static char worker[64];
	struct bus_options options = { .servers = "nats://127.0.0.1:4222",
		.prefix = "sb.v1",
		.worker = worker,
		.password = getenv("NATS_PASSWORD") };
	struct calls_options calls = { .capacity = 1, .play = "sound:beep" };
	const char *password = getenv("ARI_PASSWORD");

	srandom((unsigned) time(NULL) ^ (unsigned) getpid() << 16);
	snprintf(worker, sizeof(worker), "c-%ld-%ld", (long) getpid(), random());
	owner.user = "ari";
	owner.password = password ? password : "ari";
	read_options(argc, argv, &options, &calls);
	if (!is_prefix(options.prefix) || strlen(options.prefix) > PREFIX_MAX) {
		fprintf(stderr,
			"worker: --prefix %s is not a subject of NATS: letters, digits and _ : - between dots\n",
			options.prefix);
		return 2;
	}
	owner.app = options.app;
	tell_as(options.app, worker);
	owner.lws = create_lws();
	bus = owner.lws ? bus_open(&options, wake, NULL) : NULL;
	if (!bus) {
		return 1;
	}
	calls_init(bus, &owner, &calls);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	lws_sul_schedule(owner.lws, 0, &greeter, greet, HELLO_US);
	run();
	bus_close(bus);
	lws_context_destroy(owner.lws);
	tell("stopped", "{}");
	return 0;
}
