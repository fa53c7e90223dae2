/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Registered Stasis applications that note down what they are told.
 */

#include "cases.h"

#include "asterisk/astobj2.h"
#include "asterisk/vector.h"

struct app {
	char name[320];
	int registered;
	/*! Whether it claims what it is offered. */
	int claims;
	/*! Whether it keeps only the last offer and what came after it. */
	int forgets;
	/*! How much CPU time it takes for an offer, in milliseconds. */
	int works_ms;
	/*! Whether its callback is not to return. */
	int held;
	/*! Callbacks that do not return. */
	int stuck;
	AST_VECTOR(, struct told) told;
};

static AST_VECTOR(, struct app *) apps;
static size_t told_so_far;

static void forget(struct app *app)
{
	for (size_t i = 0; i < AST_VECTOR_SIZE(&app->told); i++) {
		ast_json_unref(AST_VECTOR_GET(&app->told, i).event);
	}
	AST_VECTOR_FREE(&app->told);
	AST_VECTOR_INIT(&app->told, 0);
}

static void destroy_app(void *data)
{
	forget(data);
}

static const char *event_text(struct ast_json *event, const char *name)
{
	return S_OR(ast_json_string_get(ast_json_object_get(event, name)), "");
}

static const char *event_channel(struct ast_json *event)
{
	return event_text(ast_json_object_get(event, "channel"), "id");
}

/*! \brief The callback. Asterisk lends the event; other threads may be in here for the same application. */
static void on_event(void *data, const char *name attribute_unused, struct ast_json *event)
{
	struct app *app = data;
	struct told told = { .event = ast_json_ref(event) };
	int is_offer = !strcmp(event_text(event, "type"), "CallBroadcast");
	int claims;
	int works_ms;

	scene_lock();
	if (app->forgets && is_offer) {
		forget(app);
	}
	told.order = told_so_far++;
	AST_VECTOR_APPEND(&app->told, told);
	claims = app->claims && is_offer;
	works_ms = is_offer ? app->works_ms : 0;
	app->stuck++;
	scene_changed();
	while (app->held) {
		scene_sleep();
	}
	app->stuck--;
	scene_unlock();
	if (works_ms) {
		int64_t end_us = cpu_us() + works_ms * 1000;

		while (cpu_us() < end_us) {
		}
	}
	if (claims) {
		stasis_app_claim_channel(event_channel(event), app->name);
	}
}

struct app *app_new(const char *name)
{
	struct app *app = ao2_alloc(sizeof(*app), destroy_app);

	if (!app) {
		return NULL;
	}
	ast_copy_string(app->name, name, sizeof(app->name));
	AST_VECTOR_INIT(&app->told, 0);
	if (stasis_app_register(app->name, on_event, app)) {
		ao2_ref(app, -1);
		return NULL;
	}
	app->registered = 1;
	AST_VECTOR_APPEND(&apps, app);
	return app;
}

int apps_new(const char *prefix, size_t count, struct app **list)
{
	char name[80];

	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s%zu", prefix, i);
		list[i] = app_new(name);
		if (!list[i]) {
			return -1;
		}
	}
	return 0;
}

const char *app_name(const struct app *app)
{
	return app->name;
}

void app_leave(struct app *app)
{
	if (app->registered) {
		app->registered = 0;
		stasis_app_unregister(app->name);
	}
}

static void set(int *what, int value)
{
	scene_lock();
	*what = value;
	scene_changed();
	scene_unlock();
}

void app_claims(struct app *app)
{
	set(&app->claims, 1);
}

void app_forgets(struct app *app)
{
	set(&app->forgets, 1);
}

void app_works(struct app *app, int ms)
{
	set(&app->works_ms, ms);
}

void app_hold(struct app *app)
{
	set(&app->held, 1);
}

void app_release(struct app *app)
{
	set(&app->held, 0);
}

void apps_release(void)
{
	for (size_t i = 0; i < AST_VECTOR_SIZE(&apps); i++) {
		app_release(AST_VECTOR_GET(&apps, i));
	}
}

static int is_stuck(void *data)
{
	struct app *app = data;

	return app->held && app->stuck > 0;
}

int app_is_stuck(struct app *app)
{
	return eventually(is_stuck, app);
}

/*! \brief A question about what an application was told, and the answer. */
struct question {
	struct app *app;
	const char *type;
	const char *id;
	size_t count;
	size_t found;
	struct told first;
};

static int is_about(struct ast_json *event, const struct question *question)
{
	return !strcmp(event_text(event, "type"), question->type) &&
		(!question->id || !strcmp(event_channel(event), question->id));
}

static int has_heard(void *data)
{
	struct question *question = data;

	question->found = 0;
	for (size_t i = 0; i < AST_VECTOR_SIZE(&question->app->told); i++) {
		struct told *told = AST_VECTOR_GET_ADDR(&question->app->told, i);

		if (is_about(told->event, question) && !question->found++) {
			question->first = *told;
		}
	}
	return question->found >= question->count;
}

size_t app_count(struct app *app, const char *type, const char *id)
{
	struct question question = { .app = app, .type = type, .id = id };

	scene_lock();
	has_heard(&question);
	scene_unlock();
	return question.found;
}

int app_hears(struct app *app, const char *type, const char *id, size_t count)
{
	struct question question = { .app = app, .type = type, .id = id, .count = count };

	return eventually(has_heard, &question);
}

struct told app_told(struct app *app, const char *type, const char *id)
{
	struct question question = { .app = app, .type = type, .id = id };

	scene_lock();
	has_heard(&question);
	scene_unlock();
	return question.first;
}

char **app_offers(struct app *app, size_t *count)
{
	const struct question question = { .app = app, .type = "CallBroadcast" };
	char **ids;

	*count = 0;
	scene_lock();
	ids = ast_calloc(AST_VECTOR_SIZE(&app->told) + 1, sizeof(*ids));
	for (size_t i = 0; ids && i < AST_VECTOR_SIZE(&app->told); i++) {
		struct ast_json *event = AST_VECTOR_GET(&app->told, i).event;

		if (is_about(event, &question)) {
			/* The event, and with it the text, lives as long as the application. */
			ids[(*count)++] = (char *) event_channel(event);
		}
	}
	scene_unlock();
	return ids;
}

/*! \brief Offer one more call to all, and wait until all know of it. */
static int settle_once(const struct app *but)
{
	struct call *call = call_new();
	int settled = call && !call_offer(call, DAY_MS, NULL);

	for (size_t i = 0; settled && i < AST_VECTOR_SIZE(&apps); i++) {
		struct app *app = AST_VECTOR_GET(&apps, i);

		settled = app == but || !app->registered || app_hears(app, "CallBroadcast", call->id, 1);
	}
	if (call) {
		stasis_app_broadcast_cleanup(call->id);
		call_end(call);
	}
	return settled;
}

int apps_settle(void)
{
	return apps_settle_but(NULL);
}

int apps_settle_but(struct app *app)
{
	/* A claim that comes while the offer is being told is told after what waits at that moment. */
	return settle_once(app) && settle_once(app);
}

/*! \brief Nobody but the scene refers to it. Asterisk gives its reference back without a word to us. */
static int is_left_alone(struct app *app)
{
	const int64_t end_ms = now_ms() + PATIENCE_MS;

	while (ao2_ref(app, 0) > 1 && now_ms() < end_ms) {
		sleep_until(now_ms() + 2);
	}
	return ao2_ref(app, 0) == 1;
}

size_t apps_end(void)
{
	size_t left = 0;

	apps_release();
	for (size_t i = 0; i < AST_VECTOR_SIZE(&apps); i++) {
		app_leave(AST_VECTOR_GET(&apps, i));
	}
	for (size_t i = 0; i < AST_VECTOR_SIZE(&apps); i++) {
		struct app *app = AST_VECTOR_GET(&apps, i);

		if (!is_left_alone(app)) {
			ast_log(LOG_ERROR, "Application %s is still referred to\n", app->name);
			left++;
		}
		ao2_ref(app, -1);
	}
	AST_VECTOR_FREE(&apps);
	AST_VECTOR_INIT(&apps, 0);
	return left;
}
