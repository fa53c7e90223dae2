/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Applications that do not answer: ARI keeps a hung one registered for ever, and what shows is its silence.
 *
 * Silent is who was offered so many calls in a row (silent_after) that ended without anybody, and answered none of them.
 */

#include "silence.h"

#include "stats_store.h"

#include "asterisk/logger.h"
#include "asterisk/utils.h"
#include "background.h"
#include "observers.h"
#include "observers_list.h"
#include "printable.h"

/*! Tells the log. */
static struct background *log_writer;

/*! \brief A change, with a copy of the name; NULL without memory. */
static struct silence_change *change_create(const char *app, int is_silent, unsigned int unanswered)
{
	const size_t length = strlen(app) + 1;
	struct silence_change *change = ast_calloc(1, sizeof(*change) + length);

	if (change) {
		memcpy(change->app, app, length);
		change->is_silent = is_silent;
		change->unanswered = unanswered;
	}
	return change;
}

/*! \brief Note a change to tell of; without memory nobody hears of it. With the lock. */
static void note(struct stats_app *app, struct silence_changes *changes)
{
	struct silence_change *change = change_create(app->entry.name, app->is_silent, app->silent_in_row);

	if (change) {
		AST_LIST_INSERT_TAIL(changes, change, next);
	}
}

/*! \brief Write down how many calls in a row it did not answer, and whether that makes it silent. With the lock. */
static void set_row(struct stats_app *app, unsigned int row, int is_silent)
{
	stats.row_count -= stats_app_has_row(app);
	stats.silent_count -= app->is_silent;
	app->silent_in_row = row;
	app->is_silent = is_silent;
	stats.row_count += stats_app_has_row(app);
	stats.silent_count += app->is_silent;
}

void silence_unanswered(struct stats_app *app, int64_t opened_ns, struct silence_changes *changes)
{
	const unsigned int row = app->silent_in_row + 1;
	const int64_t heard_ns = stats_app_heard_ns(app);

	/* One that has answered another call meanwhile is not silent, only not interested. */
	if (heard_ns && heard_ns >= opened_ns) {
		return;
	}
	set_row(app, row, app->is_silent);
	if (stats_app_heard_ns(app) != heard_ns) {
		/* It answers just now, and may not have seen that there is a row. If it has, it ends it when we are done. */
		set_row(app, app->is_silent ? row : 0, app->is_silent);
	} else if (!app->is_silent && stats.silent_after && row >= stats.silent_after) {
		set_row(app, row, 1);
		app->tried_ns = broadcast_clock_ns();
		note(app, changes);
	}
}

void silence_answered(struct stats_app *app, struct silence_changes *changes)
{
	if (app->is_silent) {
		/* With the row that is over. */
		set_row(app, app->silent_in_row, 0);
		note(app, changes);
	}
	set_row(app, 0, 0);
}

void silence_claimed(struct stats_app *app)
{
	/* In a row are those that ended without anybody. Of a silent one they are told when it answers. */
	if (!app->is_silent) {
		set_row(app, 0, 0);
	}
}

void silence_tell(struct silence_changes *changes)
{
	struct silence_change *change;

	while ((change = AST_LIST_REMOVE_HEAD(changes, next))) {
		observers_silent(change->app, change->is_silent, change->unanswered);
		ast_free(change);
	}
}

/*! \brief Tell the log of a change. In the thread that does. */
static void tell_log(void *data)
{
	struct silence_change *change = data;
	char shown[PRINTABLE_SIZE];

	printable(change->app, shown, sizeof(shown));
	if (change->is_silent) {
		ast_log(LOG_WARNING,
			"Application '%s' is silent: it was offered %u calls in a row that nobody took, and has claimed or "
			"declined none of them. See whether it hangs: broadcast show apps\n",
			shown, change->unanswered);
	} else {
		ast_log(LOG_NOTICE, "Application '%s' answers again, after %u calls without an answer\n", shown,
			change->unanswered);
	}
	ast_free(change);
}

static void silent(const char *app, int is_silent, unsigned int unanswered)
{
	struct silence_change *change = change_create(app, is_silent, unanswered);

	if (change) {
		background_push(log_writer, tell_log, change);
	}
}

int silence_start(void)
{
	log_writer = background_start(0);
	return log_writer ? 0 : -1;
}

void silence_stop(void)
{
	background_stop(log_writer);
	log_writer = NULL;
}

const struct broadcast_observer silence_observer = {
	.name = "silence",
	.silent = silent,
};

/*! \brief Whether a call need not be offered to an application, if there are others. With the lock. */
static int is_left_out(const char *name, int64_t now_ns)
{
	const struct stats_app *app = stats_lru_find(&stats.apps, name);

	return app && app->is_silent && now_ns - app->tried_ns < stats.silent_retry_ns;
}

/*! \brief Note that the silent ones among those that get the call have had their turn. With the lock. */
static void note_tried(const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct stats_app *app = stats_lru_find(&stats.apps, list[i]);

		if (app && app->is_silent) {
			app->tried_ns = broadcast_clock_ns();
		}
	}
}

/*! \brief Collect those that are not left out. With the lock. \return How many. */
static size_t collect(const struct names *names, const char **list)
{
	const int64_t now_ns = broadcast_clock_ns();
	size_t others = 0;
	size_t count = 0;

	for (size_t i = 0; i < names_count(names); i++) {
		if (!is_left_out(names_at(names, i), now_ns)) {
			const struct stats_app *app = stats_lru_find(&stats.apps, names_at(names, i));

			others += !app || !app->is_silent;
			list[count++] = names_at(names, i);
		}
	}
	/* Silent ones whose turn it is are no others. */
	if (!others) {
		return names_count(names);
	}
	note_tried(list, count);
	return count;
}

int silence_leaves_out(void)
{
	int leaves_out;

	ast_mutex_lock(&stats.lock);
	leaves_out = stats.skip_silent && stats.silent_count;
	ast_mutex_unlock(&stats.lock);
	return leaves_out;
}

struct names *silence_leave_out(struct names *names)
{
	struct names *left = NULL;
	const char **list;
	size_t count = names_count(names);

	if (!silence_leaves_out() || count < 2) {
		return names;
	}
	list = ast_malloc(count * sizeof(*list));
	if (!list) {
		return names;
	}
	ast_mutex_lock(&stats.lock);
	count = collect(names, list);
	ast_mutex_unlock(&stats.lock);
	if (count < names_count(names)) {
		left = names_create(list, count);
	}
	ast_free(list);
	if (!left) {
		return names;
	}
	names_unref(names);
	return left;
}
