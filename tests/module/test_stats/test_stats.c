/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is counted, and the commands, with more calls than a test can place: as other modules see them.
 */

#include "asterisk.h"

#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "asterisk/channel.h"
#include "asterisk/cli.h"
#include "asterisk/format_cache.h"
#include "asterisk/format_cap.h"
#include "asterisk/json.h"
#include "asterisk/module.h"
#include "asterisk/stasis_app.h"
#include "asterisk/stasis_app_broadcast.h"
#include "asterisk/test.h"
#include "asterisk/utils.h"

#include "res_stasis_broadcast/internal_api.h"
#include "res_stasis_broadcast/stats_api.h"

#define CATEGORY "/stasis_broadcast/"

/*!
 * Open broadcasts of the largest case: their channels take a second for 4000. STATS_MANY=100000 in Asterisk's
 * environment is the case of the issue, by hand; Asterisk tells of too many references then, to what all channels share.
 */
#define MANY 15000

/*! Applications of the largest case. */
#define MANY_APPS 10000

/*! Those that come when so many are counted. */
#define MORE_APPS 100

/*! A day, in milliseconds. */
#define DAY_MS (24 * 60 * 60 * 1000)

/*! The longest that a command may take, in milliseconds. */
#define MOST_MS 1000

static const struct ast_channel_tech technology = { .type = "StatsTest", .description = "for tests" };

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static enum ast_test_result_state describe(struct ast_test_info *info, const char *name, const char *summary)
{
	info->name = name;
	info->category = CATEGORY;
	info->summary = summary;
	info->description = summary;
	return AST_TEST_NOT_RUN;
}

static void ignore(
	void *data attribute_unused, const char *name attribute_unused, struct ast_json *event attribute_unused)
{
}

static struct ast_channel *channel_new(void)
{
	struct ast_channel *chan =
		ast_channel_alloc(0, AST_STATE_UP, "4711", "Caller", NULL, "200", NULL, NULL, NULL, 0, "StatsTest/1");

	if (chan) {
		ast_channel_tech_set(chan, &technology);
		ast_channel_unlock(chan);
	}
	return chan;
}

/*! \brief A file for what commands print. \return -1 if it cannot be made. */
static int output_open(void)
{
	char path[] = "/tmp/stats-XXXXXX";
	const int fd = mkstemp(path);

	if (fd >= 0) {
		unlink(path);
	}
	return fd;
}

/*! \brief Run a command. \param[out] text The end of what it printed. \return How long it took, in milliseconds. */
static int64_t command(int fd, const char *line, char *text, size_t size)
{
	const int64_t began = now_ms();
	int64_t took = INT64_MAX;
	ssize_t length = 0;
	off_t end;

	if (fd >= 0 && !ftruncate(fd, 0)) {
		lseek(fd, 0, SEEK_SET);
		ast_cli_command(fd, line);
		took = now_ms() - began;
		end = lseek(fd, 0, SEEK_END);
		length = pread(fd, text, size - 1, end > (off_t) size - 1 ? end - (off_t) size + 1 : 0);
	}
	text[MAX(length, 0)] = '\0';
	return took;
}

/*! \brief Stats of one application or queue, by name. */
struct found {
	const char *name;
	size_t count;
	struct stasis_broadcast_app_stats app;
	struct stasis_broadcast_queue_stats queue;
};

static void find_app(const struct stasis_broadcast_app_stats *app, void *data)
{
	struct found *found = data;

	found->count++;
	if (!strcmp(app->name, found->name)) {
		found->app = *app;
	}
}

static void find_queue(const struct stasis_broadcast_queue_stats *queue, void *data)
{
	struct found *found = data;

	found->count++;
	if (!strcmp(queue->name, found->name)) {
		found->queue = *queue;
	}
}

/*! \brief A run of a call in a queue, in a thread of its own. */
struct run {
	struct ast_channel *chan;
	const char *queue;
	int timeout_ms;
	int priority;
	/*! Whether it is offered again after a winner was lost. */
	int is_again;
	struct stasis_broadcast_outcome outcome;
	pthread_t thread;
};

static void *run_call(void *data)
{
	static const char *const gone[] = { "gone" };
	struct run *run = data;
	const struct stasis_broadcast_request request = {
		.timeout_ms = run->timeout_ms,
		.queue = run->queue,
		.priority = run->priority,
		.flags = STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED,
		.excluded = gone,
		.excluded_count = run->is_again,
	};

	stasis_broadcast_run(run->chan, &request, &run->outcome);
	return NULL;
}

/*! \brief Wait until a queue has a call that is open. */
static struct stasis_broadcast_queue_stats queue_with_call(const char *name)
{
	struct found found = { .name = name };

	for (int i = 0; i < 1000 && !found.queue.open; i++) {
		usleep(10000);
		found = (struct found){ .name = name };
		stasis_broadcast_each_queue(find_queue, &found);
	}
	return found.queue;
}

/*! \brief Offer a call in a queue and do something to it. \retval 0 if its status is \a status. */
static int in_queue(const char *queue, int timeout_ms, int is_again, void (*act)(struct ast_channel *chan),
	const char *status, struct stasis_broadcast_queue_stats *now)
{
	struct run run = {
		.queue = queue, .timeout_ms = timeout_ms, .is_again = is_again, .chan = channel_new()
	};
	int result;

	if (!run.chan || ast_pthread_create(&run.thread, NULL, run_call, &run)) {
		return -1;
	}
	if (act) {
		*now = queue_with_call(queue);
		act(run.chan);
	}
	pthread_join(run.thread, NULL);
	result = strcmp(run.outcome.status, status);
	stasis_broadcast_end(&run.outcome, &(struct stasis_broadcast_session){ 0 });
	ast_free(run.outcome.winner);
	ast_channel_release(run.chan);
	return result;
}

static void claim(struct ast_channel *chan)
{
	stasis_broadcast_claim(ast_channel_uniqueid(chan), "stats-app");
}

static void hang_up(struct ast_channel *chan)
{
	ast_softhangup(chan, AST_SOFTHANGUP_DEV);
}

static void withdraw(struct ast_channel *chan)
{
	stasis_broadcast_withdraw(ast_channel_uniqueid(chan));
}

AST_TEST_DEFINE(stats_queues)
{
	struct stasis_broadcast_queue_stats now;
	struct found found = { .name = "sales\x1b" };
	char text[8192];
	int fd;

	if (cmd == TEST_INIT) {
		return describe(info, "stats_queues",
			"Calls of a queue by how they ended; one that is offered again is one call; the table is escaped");
	}
	stasis_broadcast_reset_stats();
	stasis_app_register("stats-app", ignore, NULL);
	ast_test_validate(test, !in_queue(found.name, DAY_MS, 0, claim, "CLAIMED", &now) && now.open == 1);
	ast_test_validate(test, !in_queue(found.name, DAY_MS, 1, claim, "CLAIMED", &now));
	ast_test_validate(test, !in_queue(found.name, DAY_MS, 0, hang_up, "HANGUP", &now));
	ast_test_validate(test, !in_queue(found.name, 1, 0, NULL, "TIMEOUT", &now));
	ast_test_validate(test, !in_queue(found.name, DAY_MS, 0, withdraw, "WITHDRAWN", &now));
	ast_test_validate(test, !in_queue("other", 1, 0, NULL, "TIMEOUT", &now));
	ast_test_validate(test, !stasis_broadcast_each_queue(find_queue, &found) && found.count == 2);
	ast_test_validate(test,
		found.queue.offered == 4 && found.queue.claimed == 2 && found.queue.abandoned == 1 &&
			found.queue.timed_out == 1 && found.queue.within_service_level == 2 && !found.queue.open);
	fd = output_open();
	command(fd, "broadcast show stats", text, sizeof(text));
	close(fd);
	ast_test_validate(test, strstr(text, "sales\\x1b\n") && !strchr(text, '\x1b'));
	ast_test_validate(test, strstr(text, "50.0%") != NULL);
	stasis_app_unregister("stats-app");
	return AST_TEST_PASS;
}

/*! \brief End a run by hanging up. */
static void run_end(struct run *run)
{
	hang_up(run->chan);
	pthread_join(run->thread, NULL);
	stasis_broadcast_end(&run->outcome, &(struct stasis_broadcast_session){ 0 });
	ast_free(run->outcome.winner);
	ast_channel_release(run->chan);
}

AST_TEST_DEFINE(stats_first_in_line)
{
	struct run runs[3] = {
		{ .queue = "line-0", .timeout_ms = DAY_MS },
		{ .queue = "line-1", .timeout_ms = DAY_MS },
		{ .queue = "line-2", .timeout_ms = DAY_MS, .priority = 5 },
	};
	char *rows[ARRAY_LEN(runs)];
	char text[4096];
	int fd;

	if (cmd == TEST_INIT) {
		return describe(
			info, "stats_first_in_line", "broadcast show: higher priority first, then who has waited longer");
	}
	stasis_app_register("stats-app", ignore, NULL);
	for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
		runs[i].chan = channel_new();
		ast_pthread_create(&runs[i].thread, NULL, run_call, &runs[i]);
		queue_with_call(runs[i].queue);
	}
	fd = output_open();
	command(fd, "broadcast show", text, sizeof(text));
	close(fd);
	for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
		rows[i] = strstr(text, runs[i].queue);
		run_end(&runs[i]);
	}
	stasis_app_unregister("stats-app");
	ast_test_validate(test, rows[0] && rows[1] && rows[2]);
	ast_test_validate(test, rows[2] < rows[0] && rows[0] < rows[1]);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(stats_totals)
{
	struct stasis_broadcast_totals totals;
	struct stasis_broadcast_queue_stats now;
	struct found found = { .name = "stats-app" };
	uint64_t sum = 0;

	if (cmd == TEST_INIT) {
		return describe(
			info, "stats_totals", "A claim is in the histograms, the answers and its application");
	}
	stasis_broadcast_reset_stats();
	stasis_app_register("stats-app", ignore, NULL);
	ast_test_validate(test, !in_queue("q", DAY_MS, 0, claim, "CLAIMED", &now));
	ast_test_validate(test, !stasis_broadcast_get_totals(&totals));
	for (size_t i = 0; i < STASIS_BROADCAST_BUCKETS; i++) {
		sum += totals.claim_time.buckets[i];
	}
	ast_test_validate(test, sum == 1 && totals.claim_time.count == 1 && totals.claim_time.sum_ns > 0);
	ast_test_validate(test, totals.claim_p50_ms > 0 && totals.claim_p99_ms >= totals.claim_p50_ms);
	ast_test_validate(test, totals.outcomes[STASIS_BROADCAST_ENDED_CLAIMED] == 1 && totals.opened == 1);
	ast_test_validate(test, totals.claims[STASIS_BROADCAST_ANSWER_OK] == 1 && !totals.open);
	ast_test_validate(test, totals.delivery_time.count > 0);
	ast_test_validate(test, !stasis_broadcast_each_app(find_app, &found));
	ast_test_validate(test,
		found.app.offers == 1 && found.app.won == 1 && found.app.connections == 1 && found.app.last_heard);
	stasis_app_unregister("stats-app");
	return AST_TEST_PASS;
}

/*! \brief An application that does not read: its first event holds up a thread until it may go on. */
static struct {
	ast_mutex_t lock;
	ast_cond_t changed;
	int events;
	int may_read;
} slow = { .lock = AST_MUTEX_INIT_VALUE };

static void read_slowly(
	void *data attribute_unused, const char *name attribute_unused, struct ast_json *event attribute_unused)
{
	ast_mutex_lock(&slow.lock);
	slow.events++;
	ast_cond_broadcast(&slow.changed);
	while (!slow.may_read) {
		ast_cond_wait(&slow.changed, &slow.lock);
	}
	ast_mutex_unlock(&slow.lock);
}

/*! \brief Wait until an application that reads slowly was given an event. */
static void wait_for_event(void)
{
	ast_mutex_lock(&slow.lock);
	while (!slow.events) {
		ast_cond_wait(&slow.changed, &slow.lock);
	}
	ast_mutex_unlock(&slow.lock);
}

static void withdraw_when_told(struct ast_channel *chan)
{
	wait_for_event();
	withdraw(chan);
}

/*! \brief Have it read all. */
static void let_read(void)
{
	ast_mutex_lock(&slow.lock);
	slow.may_read = 1;
	ast_cond_broadcast(&slow.changed);
	ast_mutex_unlock(&slow.lock);
}

AST_TEST_DEFINE(stats_silent_is_who_was_told)
{
	struct stasis_broadcast_queue_stats now;
	struct found found = { .name = "stats-slow" };
	int ended;

	if (cmd == TEST_INIT) {
		return describe(info, "stats_silent_is_who_was_told",
			"Of three calls that nobody takes, the first is being written, and two wait behind it: one is in the row");
	}
	ast_cond_init(&slow.changed, NULL);
	slow.events = slow.may_read = 0;
	stasis_app_register("stats-slow", read_slowly, NULL);
	ended = !in_queue("silent", DAY_MS, 0, withdraw_when_told, "WITHDRAWN", &now);
	ended += !in_queue("silent", 1, 0, NULL, "TIMEOUT", &now);
	ended += !in_queue("silent", 1, 0, NULL, "TIMEOUT", &now);
	stasis_broadcast_each_app(find_app, &found);
	let_read();
	stasis_app_unregister("stats-slow");
	ast_test_validate(test, ended == 3 && found.app.offers == 3);
	ast_test_validate(test, found.app.silent_in_row == 1);
	return AST_TEST_PASS;
}

/*! \brief Offer many calls at once. \return How many are on offer. */
static size_t offer_many(struct ast_channel **channels, size_t many)
{
	size_t count = 0;

	while (channels && count < many && (channels[count] = channel_new()) &&
		!stasis_app_broadcast_channel(
			channels[count], DAY_MS, NULL, STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED)) {
		count++;
	}
	return count;
}

AST_TEST_DEFINE(stats_many_open)
{
	struct ast_channel **channels;
	size_t many;
	char expected[128];
	char text[4096];
	int64_t took[3];
	size_t count;
	int is_right;
	int fd;

	if (cmd == TEST_INIT) {
		return describe(
			info, "stats_many_open", "15000 calls on offer: broadcast show answers within a second");
	}
	fd = output_open();
	many = getenv("STATS_MANY") ? strtoul(getenv("STATS_MANY"), NULL, 10) : MANY;
	channels = ast_calloc(many, sizeof(*channels));
	stasis_app_register("stats-app", ignore, NULL);
	count = offer_many(channels, many);
	took[0] = command(fd, "broadcast show", text, sizeof(text));
	snprintf(expected, sizeof(expected),
		"\n%zu more: broadcast show from 101\n%zu calls on offer, 0 claimed or ended\n", many - 100, many);
	is_right = strstr(text, expected) != NULL;
	took[1] = command(fd, "broadcast show from 14001 1000", text, sizeof(text));
	took[2] = command(fd, "broadcast show stats", text, sizeof(text));
	for (size_t i = 0; i < count; i++) {
		ast_channel_release(channels[i]);
	}
	ast_free(channels);
	close(fd);
	stasis_app_unregister("stats-app");
	ast_test_status_update(test, "%zu open: show %d ms, a page of 1000 %d ms, stats %d ms\n", count,
		(int) took[0], (int) took[1], (int) took[2]);
	ast_test_validate(test, count == many && is_right);
	ast_test_validate(test, took[0] < MOST_MS && took[1] < MOST_MS && took[2] < MOST_MS);
	return AST_TEST_PASS;
}

/*! \brief Applications that come, are offered a call and go, one after the other. \retval 0 on success. */
static int come_and_go(const char *pattern)
{
	struct ast_channel *chan = channel_new();
	char name[80];
	int failed = !chan;

	for (int i = 0; i < MANY_APPS + MORE_APPS && !failed; i++) {
		snprintf(name, sizeof(name), "stats-many-%05d-%044d", i, i);
		failed = stasis_app_register(name, ignore, NULL) ||
			stasis_app_broadcast_channel(chan, DAY_MS, pattern, STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED);
		stasis_app_unregister(name);
	}
	if (chan) {
		ast_channel_release(chan);
	}
	return failed;
}

AST_TEST_DEFINE(stats_many_applications)
{
	struct stasis_broadcast_totals totals;
	char text[4096];
	int64_t took;
	int failed;
	int fd;

	if (cmd == TEST_INIT) {
		return describe(info, "stats_many_applications",
			"10000 applications are counted, and no more: broadcast show apps answers within a second");
	}
	fd = output_open();
	failed = come_and_go("^stats-many-");
	took = command(fd, "broadcast show apps like ^stats-many-", text, sizeof(text));
	close(fd);
	ast_test_status_update(test, "%d ms\n", (int) took);
	ast_test_validate(test, !failed && took < MOST_MS);
	ast_test_validate(
		test, strstr(text, "\n9000 more: broadcast show apps like <regex>\n10000 applications, ") != NULL);
	ast_test_validate(test, !stasis_broadcast_get_totals(&totals) && totals.apps == MANY_APPS);
	return AST_TEST_PASS;
}

/*! Threads that claim what is somebody else's, and how often each does. */
#define LATE_THREADS 8
#define LATE_CLAIMS 20000

/*! Applications that come meanwhile. */
#define MEANWHILE 200

/*! \brief Threads that claim too late. */
struct late {
	const char *channel_id;
	atomic_int wrong;
	atomic_int running;
};

static void *claim_late(void *data)
{
	struct late *late = data;

	for (int i = 0; i < LATE_CLAIMS; i++) {
		if (stasis_broadcast_claim(late->channel_id, "stats-late") != STASIS_BROADCAST_TAKEN) {
			atomic_fetch_add(&late->wrong, 1);
		}
	}
	atomic_fetch_sub(&late->running, 1);
	return NULL;
}

/*! \brief Have applications come, and what is counted be read, as long as threads claim, but not without end. */
static int disturb(struct late *late)
{
	struct ast_channel *chan = channel_new();
	int failed = !chan;

	for (int i = 0; i < MEANWHILE && !failed && atomic_load(&late->running); i++) {
		struct found found = { .name = "stats-late" };
		char name[32];

		snprintf(name, sizeof(name), "stats-more-%d", i);
		failed = stasis_app_register(name, ignore, NULL) ||
			stasis_app_broadcast_channel(
				chan, DAY_MS, "^stats-more-", STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED) ||
			stasis_broadcast_each_app(find_app, &found);
		stasis_app_unregister(name);
	}
	if (chan) {
		ast_channel_release(chan);
	}
	return failed;
}

/*! \brief Claim too late in many threads. \return Whether each claim was answered as it has to be. */
static int late_claims(struct late *late)
{
	pthread_t threads[LATE_THREADS];
	int failed = 0;
	int started = 0;

	for (; started < LATE_THREADS; started++) {
		atomic_fetch_add(&late->running, 1);
		if (ast_pthread_create(&threads[started], NULL, claim_late, late)) {
			atomic_fetch_sub(&late->running, 1);
			failed = 1;
			break;
		}
	}
	failed |= disturb(late);
	while (started) {
		pthread_join(threads[--started], NULL);
	}
	return !failed && !atomic_load(&late->wrong);
}

AST_TEST_DEFINE(stats_count_each_claim)
{
	struct stasis_broadcast_totals totals;
	struct ast_channel *chan;
	struct late late = { 0 };
	struct found found = { .name = "stats-late" };
	int is_right;

	if (cmd == TEST_INIT) {
		return describe(info, "stats_count_each_claim",
			"Eight threads claim 20000 times each, too late, while applications come: each claim is counted");
	}
	stasis_app_register("stats-app", ignore, NULL);
	stasis_app_register("stats-late", ignore, NULL);
	ast_test_validate(test, (chan = channel_new()));
	ast_test_validate(
		test, !stasis_app_broadcast_channel(chan, DAY_MS, NULL, STASIS_BROADCAST_FLAG_SUPPRESS_CLAIMED));
	late.channel_id = ast_channel_uniqueid(chan);
	claim(chan);
	stasis_broadcast_reset_stats();
	is_right = late_claims(&late);
	ast_channel_release(chan);
	stasis_app_unregister("stats-app");
	stasis_app_unregister("stats-late");
	ast_test_validate(test, is_right);
	ast_test_validate(test, !stasis_broadcast_get_totals(&totals));
	ast_test_validate(
		test, totals.claims[STASIS_BROADCAST_ANSWER_TAKEN] == (uint64_t) LATE_THREADS * LATE_CLAIMS);
	ast_test_validate(test, !stasis_broadcast_each_app(find_app, &found));
	ast_test_validate(test, found.app.too_late == (uint64_t) LATE_THREADS * LATE_CLAIMS);
	ast_test_validate(test, found.app.median_answer_ms >= 0 && found.app.last_heard);
	stasis_broadcast_reset_stats();
	ast_test_validate(test, !stasis_broadcast_each_app(find_app, &found));
	ast_test_validate(test, !found.app.too_late && found.app.median_answer_ms < 0 && found.app.last_heard);
	return AST_TEST_PASS;
}

static int unload_module(void)
{
	AST_TEST_UNREGISTER(stats_queues);
	AST_TEST_UNREGISTER(stats_first_in_line);
	AST_TEST_UNREGISTER(stats_totals);
	AST_TEST_UNREGISTER(stats_count_each_claim);
	AST_TEST_UNREGISTER(stats_silent_is_who_was_told);
	AST_TEST_UNREGISTER(stats_many_open);
	AST_TEST_UNREGISTER(stats_many_applications);
	return 0;
}

static int load_module(void)
{
	AST_TEST_REGISTER(stats_queues);
	AST_TEST_REGISTER(stats_first_in_line);
	AST_TEST_REGISTER(stats_totals);
	AST_TEST_REGISTER(stats_count_each_claim);
	AST_TEST_REGISTER(stats_silent_is_who_was_told);
	AST_TEST_REGISTER(stats_many_open);
	AST_TEST_REGISTER(stats_many_applications);
	return AST_MODULE_LOAD_SUCCESS;
}

AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_LOAD_ORDER, "Stasis Broadcast: tests of what is counted",
	.support_level = AST_MODULE_SUPPORT_EXTENDED, .load = load_module, .unload = unload_module,
	.load_pri = AST_MODPRI_DEFAULT, .requires = "res_stasis", );
