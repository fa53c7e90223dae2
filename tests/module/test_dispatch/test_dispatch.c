/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The directory and the dispatcher by themselves, with sources of applications of the tests' own.
 *
 * What the public API does not reach: several sources, one that goes, recipients that become more. The module is linked
 * with the objects of res_stasis_broadcast, so that it has a dispatcher and a directory of its own.
 */

#include "asterisk.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

#include "asterisk/json.h"
#include "asterisk/module.h"
#include "asterisk/paths.h"
#include "asterisk/strings.h"
#include "asterisk/test.h"
#include "asterisk/utils.h"
#include "broadcast.h"
#include "res_stasis_broadcast/directory.h"
#include "res_stasis_broadcast/dispatch/dispatch_private.h"
#include "res_stasis_broadcast/source_types.h"
#include "res_stasis_broadcast/stats.h"

#define CATEGORY "/stasis_broadcast/"

/*! How long to wait for what must happen at once, in seconds; only a failure waits so long. */
#define PATIENCE_S 10

/*! \brief Protects all below. */
AST_MUTEX_DEFINE_STATIC(lock);
/*! Signalled when any of it changes; its timed waits go by the monotonic clock. */
static ast_cond_t changed;

/*! What was sent: "application event;", in its order. */
static char sent[4096];
static size_t sent_count;
/*! Whether sending waits, and how many threads wait. */
static int held;
static int inside;

/*! How long sending works, in nanoseconds of the clock, if it is to do only that: without a lock to wait for. */
static _Atomic int64_t work_ns;
/*! How often it did so. */
static atomic_int worked;

/*! What the sources say. */
static struct names *first_names;
static struct names *second_names;

/*! \brief Fill in what Asterisk wants to know of a case. */
static enum ast_test_result_state describe(struct ast_test_info *info, const char *name, const char *summary)
{
	info->name = name;
	info->category = CATEGORY;
	info->summary = summary;
	info->description = summary;
	return AST_TEST_NOT_RUN;
}

/*! \brief Use CPU time for as long as \c work_ns says. */
static int work(void)
{
	const int64_t until_ns = broadcast_clock_ns() + atomic_load(&work_ns);

	while (broadcast_clock_ns() < until_ns) {
	}
	atomic_fetch_add(&worked, 1);
	return 0;
}

static int send_as(const char *source, const char *app, const struct stasis_broadcast_event *event)
{
	const char *type = ast_json_string_get(ast_json_object_get(event->json, "type"));
	size_t length;

	if (atomic_load(&work_ns)) {
		return work();
	}
	ast_mutex_lock(&lock);
	inside++;
	ast_cond_broadcast(&changed);
	while (held) {
		ast_cond_wait(&changed, &lock);
	}
	inside--;
	length = strlen(sent);
	snprintf(sent + length, sizeof(sent) - length, "%s%s %s;", source, app, S_OR(type, "?"));
	sent_count++;
	ast_cond_broadcast(&changed);
	ast_mutex_unlock(&lock);
	return 0;
}

static struct names *get_first(void)
{
	return names_ref(first_names);
}

static struct names *get_second(void)
{
	return names_ref(second_names);
}

static int first_has(const char *app)
{
	return names_find(first_names, app) >= 0;
}

static int second_has(const char *app)
{
	return names_find(second_names, app) >= 0;
}

static int send_first(const char *app, const struct stasis_broadcast_event *event)
{
	return send_as("", app, event);
}

static int send_second(const char *app, const struct stasis_broadcast_event *event)
{
	/* The last source is sent to without being asked whether the application is its own. */
	return second_has(app) ? send_as("second:", app, event) : -1;
}

static const struct directory_source first = { "first", get_first, first_has, send_first, NULL, NULL };
static const struct directory_source second = { "second", get_second, second_has, send_second, NULL, NULL };

/*! \brief Wait until a number is at least \a count. \return Whether it is. */
static int reaches(const size_t *number, size_t count)
{
	struct timespec end;
	int late = 0;
	int reached;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += PATIENCE_S;
	ast_mutex_lock(&lock);
	while (*number < count && !late) {
		late = ast_cond_timedwait(&changed, &lock, &end);
	}
	reached = *number >= count;
	ast_mutex_unlock(&lock);
	return reached;
}

/*! \brief Wait until so many threads are in a source's send. \return Whether they are. */
static int are_inside(int count)
{
	struct timespec end;
	int late = 0;
	int reached;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += PATIENCE_S;
	ast_mutex_lock(&lock);
	while (inside < count && !late) {
		late = ast_cond_timedwait(&changed, &lock, &end);
	}
	reached = inside >= count;
	ast_mutex_unlock(&lock);
	return reached;
}

static void hold(int on)
{
	ast_mutex_lock(&lock);
	held = on;
	ast_cond_broadcast(&changed);
	ast_mutex_unlock(&lock);
}

/*! \brief Whether an application was sent just these events. */
static int was_sent(const char *app, const char *events)
{
	char copy[sizeof(sent)];
	char got[sizeof(sent)] = "";
	char *rest = copy;
	char *one;
	size_t length = strlen(app);

	ast_mutex_lock(&lock);
	ast_copy_string(copy, sent, sizeof(copy));
	ast_mutex_unlock(&lock);
	while ((one = strsep(&rest, ";"))) {
		if (!strncmp(one, app, length) && one[length] == ' ') {
			strncat(got, one + length, sizeof(got) - strlen(got) - 1);
		}
	}
	return !strcmp(got, events);
}

static struct names *list(const char *a, const char *b, const char *c)
{
	const char *names[] = { a, b, c };

	return names_create(names, !a ? 0 : !b ? 1 : !c ? 2 : 3);
}

/*! \brief Whether all threads that there shall be are there, and idle. */
static int are_all_idle(void)
{
	int idle;

	ast_mutex_lock(&dispatcher.lock);
	idle =
		dispatcher.worker_count >= dispatcher.base_count && dispatcher.idle_count == dispatcher.worker_count;
	ast_mutex_unlock(&dispatcher.lock);
	return idle;
}

/*! \brief Wait until something is so. \return Whether it is. */
static int becomes(int (*is_so)(void))
{
	int tries = 1000 * PATIENCE_S;

	while (!is_so() && --tries) {
		usleep(1000);
	}
	return tries > 0;
}

/*! \brief Begin a case: a dispatcher, and one source with three applications. \retval 0 on success, else -1. */
static int begin(void)
{
	sent[0] = '\0';
	sent_count = 0;
	held = 0;
	atomic_store(&work_ns, 0);
	atomic_store(&worked, 0);
	first_names = list("a", "b", "c");
	second_names = list("c", "d", NULL);
	return first_names && second_names && !dispatch_start(2) && becomes(are_all_idle) &&
			!directory_add(&first)
		? 0
		: -1;
}

/*! \brief End a case. */
static void end(void)
{
	hold(0);
	dispatch_stop();
	directory_remove(&first);
	directory_remove(&second);
	directory_forget();
	names_unref(first_names);
	names_unref(second_names);
}

static struct ast_json *event(const char *type)
{
	return ast_json_pack("{s: s}", "type", type);
}

/*! \brief Offer to up to two applications. \return What delivery_offer() does. */
static int offer(struct delivery *delivery, const char *a, const char *b, const char *type)
{
	struct names *names = list(a, b, NULL);
	int result = delivery_offer(delivery, names, event(type));

	names_unref(names);
	return result;
}

/*! \brief Wait until nothing waits or is being sent. \return Whether that came. */
static int comes_to_rest(void)
{
	struct stasis_broadcast_stats stats;
	int tries = 1000 * PATIENCE_S;

	do {
		dispatch_get_stats(&stats);
		usleep(1000);
	} while (stats.queues && --tries);
	return !stats.queues;
}

/*! \brief A broadcast with a delivery; both are the case's. */
static struct broadcast *make(struct delivery **delivery)
{
	struct broadcast_terms terms = { .channel_id = "1", .timeout_ms = 60000, .recipients = first_names };
	struct broadcast *broadcast = broadcast_create(&terms);

	*delivery = broadcast ? delivery_create(broadcast) : NULL;
	return broadcast;
}

AST_TEST_DEFINE(dispatch_to_more_recipients)
{
	struct delivery *delivery;
	struct broadcast *broadcast;
	int as_meant;

	if (cmd == TEST_INIT) {
		return describe(info, "dispatch_to_more_recipients",
			"Recipients that come later are sent their own event once, and all are sent the end");
	}
	ast_test_validate(test, !begin() && (broadcast = make(&delivery)) && delivery);
	as_meant = !offer(delivery, "a", "b", "one") && reaches(&sent_count, 2);
	/* Some are new while the one before is still being sent. */
	hold(1);
	as_meant &= !offer(delivery, "b", "c", "two") && !offer(delivery, "c", "a", "three");
	delivery_end(delivery, event("end"));
	as_meant &= !offer(delivery, "d", NULL, "late");
	hold(0);
	as_meant &= reaches(&sent_count, 6) && comes_to_rest();
	ast_test_status_update(test, "sent: %s\n", sent);
	as_meant &= was_sent("a", " one end") && was_sent("b", " one end") && was_sent("c", " two end") &&
		was_sent("d", "");
	delivery_unref(delivery);
	broadcast_unref(broadcast);
	end();
	ast_test_validate(test, as_meant);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(dispatch_tells_watchers_late)
{
	struct delivery *ordinary;
	struct delivery *watching;
	struct broadcast *broadcast;
	int told;

	if (cmd == TEST_INIT) {
		return describe(info, "dispatch_tells_watchers_late",
			"What waits when a broadcast closes is not sent, but to watchers it is, and how it ended");
	}
	ast_test_validate(test, !begin() && (broadcast = make(&ordinary)) && ordinary);
	ast_test_validate(test, (watching = delivery_create(broadcast)));
	delivery_keep_late(watching);
	/* Neither reads: what comes after the first event waits behind it. */
	hold(1);
	told = !offer(ordinary, "a", NULL, "first") && !offer(watching, "b", NULL, "first") && are_inside(2);
	delivery_unref(ordinary);
	delivery_unref(watching);
	ordinary = delivery_create(broadcast);
	watching = delivery_create(broadcast);
	told &= ordinary && watching;
	delivery_keep_late(watching);
	told &= !offer(ordinary, "a", NULL, "offer") && !offer(watching, "b", NULL, "offer");
	broadcast_close(broadcast, BROADCAST_WITHDRAWN);
	delivery_end(ordinary, event("end"));
	delivery_end(watching, event("end"));
	hold(0);
	told &= comes_to_rest();
	ast_test_status_update(test, "sent: %s\n", sent);
	/* Whether the first one waited still, or was being written, does not matter. */
	told &= (was_sent("a", " first") || was_sent("a", "")) && was_sent("b", " first offer end");
	delivery_unref(ordinary);
	delivery_unref(watching);
	broadcast_unref(broadcast);
	end();
	ast_test_validate(test, told);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(dispatch_keeps_what_is_queued)
{
	struct delivery *delivery;
	struct broadcast *broadcast;
	size_t before = broadcast_open_count();
	int as_meant;

	if (cmd == TEST_INIT) {
		return describe(info, "dispatch_keeps_what_is_queued",
			"A delivery that nobody refers to keeps its broadcast until its events are sent or dropped");
	}
	ast_test_validate(test, !begin() && (broadcast = make(&delivery)) && delivery);
	hold(1);
	as_meant = !offer(delivery, "a", "b", "one") && !offer(delivery, "c", NULL, "two");
	delivery_unref(delivery);
	broadcast_unref(broadcast);
	as_meant &= broadcast_open_count() > before;
	hold(0);
	as_meant &= comes_to_rest() && broadcast_open_count() == before;
	end();
	ast_test_validate(test, as_meant);
	return AST_TEST_PASS;
}

/*! \brief A removal in a thread of its own. */
static size_t removed;

static void *remove_main(void *data attribute_unused)
{
	directory_remove(&first);
	ast_mutex_lock(&lock);
	removed = 1;
	ast_cond_broadcast(&changed);
	ast_mutex_unlock(&lock);
	return NULL;
}

AST_TEST_DEFINE(directory_removal_waits)
{
	struct delivery *delivery;
	struct broadcast *broadcast;
	struct ast_json *none;
	pthread_t thread;
	int waits;
	int tries = 1000 * PATIENCE_S;

	if (cmd == TEST_INIT) {
		return describe(info, "directory_removal_waits",
			"A source that is removed is not asked any more, and the removal waits for who is inside it");
	}
	ast_test_validate(test, !begin() && (broadcast = make(&delivery)) && delivery);
	removed = 0;
	hold(1);
	waits = !offer(delivery, "a", NULL, "one");
	while (tries-- && !inside) {
		usleep(1000);
	}
	ast_test_validate(test, !ast_pthread_create(&thread, NULL, remove_main, NULL));
	/* From some moment on nobody enters, and the one inside is still waited for. */
	while (tries-- > 0 && directory_has("b")) {
		usleep(1000);
	}
	waits &= inside == 1 && !directory_has("b") && !removed;
	hold(0);
	waits &= reaches(&removed, 1) && !inside;
	pthread_join(thread, NULL);
	none = event("none");
	waits &= directory_send("b", &(struct stasis_broadcast_event){ .json = none }) == -1;
	ast_json_unref(none);
	delivery_unref(delivery);
	broadcast_unref(broadcast);
	end();
	ast_test_validate(test, waits);
	return AST_TEST_PASS;
}

/*! \brief Whether the directory has just these names, separated by blanks. */
static int has_names(const char *expected)
{
	struct names *names = directory_names();
	char got[256] = "";

	for (size_t i = 0; i < names_count(names); i++) {
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "", names_at(names, i));
	}
	names_unref(names);
	return !strcmp(got, expected);
}

AST_TEST_DEFINE(directory_of_two_sources)
{
	struct stasis_broadcast_event told = { 0 };
	struct ast_json *one;
	int as_told;

	if (cmd == TEST_INIT) {
		return describe(info, "directory_of_two_sources",
			"Two sources: every name once, an event goes to the source of its name, and what goes is forgotten");
	}
	ast_test_validate(test, !begin() && (one = event("one")));
	as_told = has_names("a b c") && !directory_has("d") && !directory_add(&second);
	as_told &= has_names("a b c d") && directory_has("d") && directory_has("c") && !directory_has("e");
	told.json = one;
	as_told &= !directory_send("c", &told) && !directory_send("d", &told) && directory_send("e", &told) == -1;
	as_told &= was_sent("c", " one") && was_sent("second:d", " one");
	as_told &= !directory_set_exclude("^[ad]$") && has_names("b c") && !directory_has("d") &&
		directory_excludes("a");
	as_told &= directory_set_exclude("^(") == -1 && has_names("b c");
	directory_remove(&first);
	as_told &= has_names("c") && !directory_set_exclude("") && has_names("c d") && !directory_has("b");
	ast_json_unref(one);
	end();
	ast_test_validate(test, as_told);
	return AST_TEST_PASS;
}

/*! \brief Whether the watchers are just these, with a blank between them; "" if the setting names none. */
static int has_watchers(const char *expected)
{
	struct names *names = directory_watchers();
	char got[64] = "";

	for (size_t i = 0; i < names_count(names); i++) {
		size_t length = strlen(got);

		snprintf(got + length, sizeof(got) - length, "%s%s", i ? " " : "", names_at(names, i));
	}
	names_unref(names);
	return !strcmp(got, expected);
}

AST_TEST_DEFINE(directory_of_watchers)
{
	int as_told;

	if (cmd == TEST_INIT) {
		return describe(info, "directory_of_watchers",
			"Watchers are there and are offered nothing; who is excluded is none; of two sources each is one once");
	}
	ast_test_validate(test, !begin() && !directory_add(&second));
	as_told = has_watchers("") && has_names("a b c d");
	as_told &= !directory_set_watchers("^[bc]$") && has_watchers("b c") && has_names("a d");
	as_told &=
		!directory_has("b") && directory_excludes("b") && directory_is_there("b") && directory_has("a");
	as_told &= !directory_set_exclude("^[cd]$") && has_watchers("b") && has_names("a") && !directory_has("c");
	as_told &= directory_set_watchers("^(") == -1 && has_watchers("b");
	as_told &= !directory_set_watchers(".") && has_watchers("a b") && has_names("");
	as_told &= !directory_set_watchers("") && has_watchers("") && has_names("a b") && directory_has("b");
	end();
	ast_test_validate(test, as_told);
	return AST_TEST_PASS;
}

/*! \brief What a list of the directory costs, in nanoseconds: the mean of many. \return -1 if it was another one. */
static int64_t list_cost(void)
{
	struct names *names = directory_names();
	const int64_t began = broadcast_clock_ns();
	int same = 1;

	for (int i = 0; i < 10000; i++) {
		struct names *again = directory_names();

		same &= again == names;
		names_unref(again);
	}
	names_unref(names);
	return same ? (broadcast_clock_ns() - began) / 10000 : -1;
}

AST_TEST_DEFINE(directory_list_is_shared)
{
	const char *names[1000];
	int64_t plain;
	int64_t excluding;

	if (cmd == TEST_INIT) {
		return describe(info, "directory_list_is_shared",
			"1000 applications: while none comes or goes it is the same list, and costs the same with exclude");
	}
	ast_test_validate(test, !begin());
	names_unref(first_names);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		names[i] = i % 2 ? "odd-application-of-some-length" : "even-application-of-some-length";
	}
	first_names = names_create(names, ARRAY_LEN(names));
	plain = list_cost();
	ast_test_validate(test, !directory_set_exclude("^(odd|none)-.*length$"));
	excluding = list_cost();
	end();
	ast_test_status_update(
		test, "a list: %lld ns, with exclude %lld ns\n", (long long) plain, (long long) excluding);
	/* A thousand matches would be 100 µs, and a thousand checks of UTF-8 more than 10. */
	ast_test_validate(test, plain >= 0 && excluding >= 0 && excluding < 10000);
	return AST_TEST_PASS;
}

/*! \brief A thread that sleeps until it may go, and one that takes CPU time until then. */
struct sleeper {
	pthread_t thread;
	_Atomic pid_t tid;
	int is_busy;
	atomic_int may_go;
};

static void *sleep_or_work(void *data)
{
	struct sleeper *sleeper = data;

	atomic_store(&sleeper->tid, ast_get_tid());
	while (sleeper->is_busy && !atomic_load(&sleeper->may_go)) {
	}
	ast_mutex_lock(&lock);
	while (!atomic_load(&sleeper->may_go)) {
		ast_cond_wait(&changed, &lock);
	}
	ast_mutex_unlock(&lock);
	return NULL;
}

static void let_go(struct sleeper *sleeper)
{
	ast_mutex_lock(&lock);
	atomic_store(&sleeper->may_go, 1);
	ast_cond_broadcast(&changed);
	ast_mutex_unlock(&lock);
	pthread_join(sleeper->thread, NULL);
}

/*! \brief Whether a thread comes to be blocked, or takes CPU time, as it shall. */
static int is_told_apart(int is_busy)
{
	struct sleeper sleeper = { .is_busy = is_busy };
	int tries = 1000 * PATIENCE_S;
	int wrong = 0;
	int64_t before;
	int64_t after;

	if (ast_pthread_create(&sleeper.thread, NULL, sleep_or_work, &sleeper)) {
		return 0;
	}
	while (
		--tries && (!atomic_load(&sleeper.tid) || thread_is_blocked(atomic_load(&sleeper.tid)) != !is_busy)) {
		usleep(1000);
	}
	before = thread_cpu_ns(sleeper.thread);
	for (int i = 0; i < 50; i++) {
		usleep(1000);
		wrong += thread_is_blocked(atomic_load(&sleeper.tid)) != !is_busy;
	}
	after = thread_cpu_ns(sleeper.thread);
	let_go(&sleeper);
	return tries && !wrong && before >= 0 && (after > before) == is_busy;
}

AST_TEST_DEFINE(dispatch_tells_blocked_from_busy)
{
	if (cmd == TEST_INIT) {
		return describe(info, "dispatch_tells_blocked_from_busy",
			"A thread that sleeps is blocked and uses no CPU time; one that works is not, also while it waits for a CPU");
	}
	ast_test_validate(test, is_told_apart(0));
	ast_test_validate(test, is_told_apart(1));
	ast_test_validate(test, thread_is_blocked(0x7ffffff0) == -1);
	return AST_TEST_PASS;
}

/*! \brief The numbers of threads, and of those that are stuck. */
static void count_threads(size_t *threads, size_t *stuck)
{
	ast_mutex_lock(&dispatcher.lock);
	*threads = dispatcher.worker_count;
	*stuck = dispatcher.stuck_count;
	ast_mutex_unlock(&dispatcher.lock);
}

/*! \brief More applications than the two threads can serve while nobody reads. */
static void make_ten_apps(void)
{
	const char *names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" };

	names_unref(first_names);
	first_names = names_create(names, ARRAY_LEN(names));
}

AST_TEST_DEFINE(dispatch_busy_threads_are_not_replaced)
{
	struct delivery *delivery;
	struct broadcast *broadcast;
	size_t threads;
	size_t stuck;
	int served;

	if (cmd == TEST_INIT) {
		return describe(info, "dispatch_busy_threads_are_not_replaced",
			"Threads that work on an event for long, as all do on a busy machine, are neither stuck nor replaced");
	}
	ast_test_validate(test, !begin() && (broadcast = make(&delivery)) && delivery);
	make_ten_apps();
	/* The watchdog checks who has been writing for 1 ms, every 2 ms. */
	atomic_store(&work_ns, INT64_C(20000000));
	served =
		!delivery_offer(delivery, first_names, event("one")) && comes_to_rest() && atomic_load(&worked) == 10;
	count_threads(&threads, &stuck);
	ast_test_status_update(test, "threads: %zu, stuck: %zu\n", threads, stuck);
	delivery_unref(delivery);
	broadcast_unref(broadcast);
	end();
	ast_test_validate(test, served && threads == 2 && !stuck);
	return AST_TEST_PASS;
}

#ifdef PAUSE_POINTS

/*! \brief A file of the point "relief" in watchdog.c: \a kind is "pause" or "held" (pause_point.h). */
static const char *relief_file(const char *kind, char *path, size_t size)
{
	snprintf(path, size, "%s/%s.relief", ast_config_AST_LOG_DIR, kind);
	return path;
}

/*! \brief Hold the watchdog after the next thread that it starts, with the lock released; or let it go. */
static void hold_watchdog(int on)
{
	char path[PATH_MAX];

	if (on) {
		close(open(relief_file("pause", path, sizeof(path)), O_CREAT | O_CLOEXEC, 0600));
	} else {
		unlink(relief_file("pause", path, sizeof(path)));
		unlink(relief_file("held", path, sizeof(path)));
	}
}

static int is_watchdog_held(void)
{
	char path[PATH_MAX];

	return !access(relief_file("held", path, sizeof(path)), F_OK);
}

/*! \brief Whether the two threads are blocked, and the watchdog has been told of nothing that it still has to check. */
static int are_both_stuck(void)
{
	struct worker *worker;
	int blocked = 0;
	int armed;

	ast_mutex_lock(&dispatcher.lock);
	AST_LIST_TRAVERSE(&dispatcher.workers, worker, list)
	{
		blocked += atomic_load(&worker->writing_ns) && thread_is_blocked(atomic_load(&worker->tid)) == 1;
	}
	armed = dispatcher.timer_armed;
	ast_mutex_unlock(&dispatcher.lock);
	return blocked == 2 && !armed;
}

/*! \brief Whether the watchdog has come back to its timer since it was kicked, when all threads idled. */
static int is_watchdog_through(void)
{
	int through;

	ast_mutex_lock(&dispatcher.lock);
	through = !dispatcher.timer_armed;
	ast_mutex_unlock(&dispatcher.lock);
	return through;
}

/*!
 * \brief Two threads are stuck, and the watchdog starts others; it is held after the first one, without the lock, until
 * all has been served.
 *
 * \return Whether it came so.
 */
static int relieve_while_all_are_served(struct delivery *delivery)
{
	size_t threads;
	size_t stuck;
	int as_meant;

	hold(1);
	as_meant = !offer(delivery, "a", "b", "one") && are_inside(2) && becomes(are_both_stuck);
	hold_watchdog(1);
	as_meant &= !delivery_offer(delivery, first_names, event("two")) && becomes(is_watchdog_held);
	count_threads(&threads, &stuck);
	as_meant &= threads == 3 && stuck >= 2;
	hold(0);
	as_meant &= reaches(&sent_count, 10) && becomes(are_all_idle);
	count_threads(&threads, &stuck);
	as_meant &= threads == 3 && !stuck;
	ast_mutex_lock(&dispatcher.lock);
	watchdog_kick();
	ast_mutex_unlock(&dispatcher.lock);
	hold_watchdog(0);
	return as_meant && becomes(is_watchdog_through);
}

AST_TEST_DEFINE(dispatch_relief_is_counted_again)
{
	struct delivery *delivery;
	struct broadcast *broadcast;
	size_t threads;
	size_t stuck;
	int as_meant;

	if (cmd == TEST_INIT) {
		return describe(info, "dispatch_relief_is_counted_again",
			"Threads that go on while the watchdog starts others, and has released the lock, are not replaced");
	}
	ast_test_validate(test, !begin() && (broadcast = make(&delivery)) && delivery);
	make_ten_apps();
	as_meant = relieve_while_all_are_served(delivery);
	count_threads(&threads, &stuck);
	ast_test_status_update(test, "threads: %zu, stuck: %zu\n", threads, stuck);
	hold_watchdog(0);
	delivery_unref(delivery);
	broadcast_unref(broadcast);
	end();
	ast_test_validate(test, as_meant);
	ast_test_validate(test, threads == 3 && !stuck);
	return AST_TEST_PASS;
}

#endif

static ast_test_cb_t *const cases[] = {
#ifdef PAUSE_POINTS
	dispatch_relief_is_counted_again,
#endif
	dispatch_tells_blocked_from_busy, dispatch_busy_threads_are_not_replaced, dispatch_to_more_recipients,
	dispatch_tells_watchers_late, dispatch_keeps_what_is_queued, directory_removal_waits,
	directory_of_two_sources, directory_of_watchers, directory_list_is_shared
};

static int unload_module(void)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ast_test_unregister(cases[i]);
	}
	ast_cond_destroy(&changed);
	app_filter_forget_all();
	return 0;
}

static int load_module(void)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	ast_cond_init(&changed, &attributes);
	pthread_condattr_destroy(&attributes);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ast_test_register(cases[i]);
	}
	return AST_MODULE_LOAD_SUCCESS;
}

AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_DEFAULT, "Tests of the directory and the dispatcher",
	.support_level = AST_MODULE_SUPPORT_EXTENDED, .load = load_module, .unload = unload_module,
	.requires = "res_stasis", );
