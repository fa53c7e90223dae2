/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The one event loop. libwebsockets' own loop polls every socket in every turn, which with a
 * thousand WebSockets costs more than the events themselves; libev's epoll does not.
 */

#include "loop.h"
#include "clock.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>

#define SPARE_FILES 64
#define READ_SIZE 32768

static void on_wake(struct ev_loop *ev, ev_check *watcher, int events)
{
	struct loop *loop = watcher->data;

	(void) ev;
	(void) events;
	loop->woke_ns = now_ns();
}

static void before_sleep(struct ev_loop *ev, ev_prepare *watcher, int events)
{
	struct loop *loop = watcher->data;
	uint64_t turn;

	(void) ev;
	(void) events;
	loop->on_turn(loop->data);
	turn = loop->woke_ns ? now_ns() - loop->woke_ns : 0;
	if (turn > loop->longest_ns) {
		loop->longest_ns = turn;
	}
}

static void on_signal(struct ev_loop *ev, ev_signal *watcher, int events)
{
	struct loop *loop = watcher->data;

	(void) ev;
	(void) events;
	loop->on_signal(loop->data);
}

/*! \brief Whether nohup has said so. */
static bool hang_up_is_ignored(void)
{
	struct sigaction action;

	return !sigaction(SIGHUP, NULL, &action) && action.sa_handler == SIG_IGN;
}

static void start_watchers(struct loop *loop)
{
	ev_check_init(&loop->check, on_wake);
	ev_prepare_init(&loop->prepare, before_sleep);
	ev_signal_init(&loop->interrupt, on_signal, SIGINT);
	ev_signal_init(&loop->terminate, on_signal, SIGTERM);
	ev_signal_init(&loop->hang_up, on_signal, SIGHUP);
	loop->check.data = loop->prepare.data = loop;
	loop->interrupt.data = loop->terminate.data = loop->hang_up.data = loop;
	ev_set_priority(&loop->check, EV_MAXPRI);
	ev_set_priority(&loop->prepare, EV_MINPRI);
	ev_check_start(loop->ev, &loop->check);
	ev_prepare_start(loop->ev, &loop->prepare);
	ev_signal_start(loop->ev, &loop->interrupt);
	ev_signal_start(loop->ev, &loop->terminate);
	if (!hang_up_is_ignored()) {
		ev_signal_start(loop->ev, &loop->hang_up);
	}
}

static bool raise_file_limit(int files)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit)) {
		return false;
	}
	if (limit.rlim_cur >= (rlim_t) files) {
		return true;
	}
	if (limit.rlim_max < (rlim_t) files) {
		limit.rlim_max = (rlim_t) files; /* allowed to root only */
	}
	limit.rlim_cur = (rlim_t) files;
	return !setrlimit(RLIMIT_NOFILE, &limit);
}

static struct lws_context *create_lws(struct loop *loop, const struct lws_protocols *protocols, int files)
{
	/* No hang-up without it: nobody asks whether a peer is still there, and gives up on one that stalls. */
	static const lws_retry_bo_t patient = { .secs_since_valid_ping = 1, .secs_since_valid_hangup = 0 };
	void *loops[] = { loop->ev };
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.options = LWS_SERVER_OPTION_LIBEV,
		.foreign_loops = loops,
		.fd_limit_per_thread = (unsigned int) files,
		.max_http_header_pool = 16,
		.pt_serv_buf_size = READ_SIZE,
		.retry_and_idle_policy = &patient,
		.gid = (gid_t) -1,
		.uid = (uid_t) -1,
	};

	lws_set_log_level(0, NULL);
	unsetenv("http_proxy"); /* libwebsockets would go through it */
	return lws_create_context(&info);
}

const char *loop_open(struct loop *loop, int sockets, const struct lws_protocols *protocols,
	void (*on_turn)(void *data), void (*on_signal_cb)(void *data), void *data)
{
	int files = sockets + SPARE_FILES;

	*loop = (struct loop){ .on_turn = on_turn, .on_signal = on_signal_cb, .data = data };
	if (!raise_file_limit(files)) {
		return "too few open files are allowed for so many connections: raise the limit (ulimit -n)";
	}
	signal(SIGPIPE, SIG_IGN);
	loop->ev = ev_loop_new(EVBACKEND_EPOLL);
	if (!loop->ev || timers_open(&loop->timers, loop->ev)) {
		return "the kernel gives no epoll or no timerfd";
	}
	start_watchers(loop);
	loop->lws = create_lws(loop, protocols, files);
	return loop->lws
		? NULL
		: "libwebsockets does not start; is its libev plugin (libwebsockets-evlib-ev) installed?";
}

void loop_run(struct loop *loop)
{
	ev_run(loop->ev, 0);
}

void loop_stop(struct loop *loop)
{
	ev_break(loop->ev, EVBREAK_ALL);
}

uint64_t loop_take_longest_turn(struct loop *loop)
{
	uint64_t longest = loop->longest_ns;

	loop->longest_ns = 0;
	return longest;
}

void loop_close(struct loop *loop)
{
	if (loop->lws) {
		lws_context_destroy(loop->lws);
	}
	if (loop->timers.heap) {
		timers_close(&loop->timers);
	}
	if (loop->ev) {
		ev_check_stop(loop->ev, &loop->check);
		ev_prepare_stop(loop->ev, &loop->prepare);
		ev_signal_stop(loop->ev, &loop->interrupt);
		ev_signal_stop(loop->ev, &loop->terminate);
		ev_signal_stop(loop->ev, &loop->hang_up);
		ev_loop_destroy(loop->ev);
	}
}
