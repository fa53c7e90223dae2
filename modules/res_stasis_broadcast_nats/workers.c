/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Which workers are there, by what they say: the applications of the fleet.
 */

#include "asterisk.h"

#include "asterisk/astobj2.h"
#include "asterisk/linkedlists.h"
#include "asterisk/lock.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "json_text.h"
#include "monotonic.h"
#include "outbox.h"
#include "res_stasis_broadcast/source_api.h"
#include "token.h"
#include "workers.h"

/*! So many workers are known at the most: who floods us with names does not eat our memory. */
#define MAX_WORKERS 100000

/*! So many of one application. */
#define MAX_WORKERS_OF_APP 1000

/*! The directory is told of new applications at most so often, in nanoseconds. */
#define UPDATE_NS INT64_C(20000000)

/*! \brief One worker. */
struct worker {
	AST_LIST_ENTRY(worker) list;
	/*! Until when it is believed. */
	int64_t until_ns;
	char id[];
};

struct fleet_app {
	/*! With the lock of all. */
	AST_LIST_HEAD_NOLOCK(, worker) workers;
	size_t count;
	/*! Of which connection the directory knows it; 0: of none. With the lock of all. */
	unsigned int told_of;
	/*! The name in three ways, two of them with their lengths. */
	const char *name;
	const char *json;
	const char *token;
	size_t json_length;
	size_t token_length;
	char texts[];
};

/*! Protects all that follows. Never held while something else is called that takes a lock. */
AST_MUTEX_DEFINE_STATIC(workers_lock);
/*! By name, without a lock of its own. */
static struct ao2_container *apps;
static size_t worker_count;
/*! Which connection there is, from 1 on; 0: none. */
static unsigned int connected;
static unsigned int last_connected;
/*! Whether the directory has to be told. */
static int is_dirty;
static int64_t last_update_ns;
/*! When the first worker's time is over, or before. */
static int64_t first_end_ns = INT64_MAX;

/*! \brief The name that an entry is found by: of the entry, or the name itself. */
static const char *key_of(const void *obj, int flags)
{
	return (flags & OBJ_SEARCH_MASK) == OBJ_SEARCH_KEY ? obj : ((const struct fleet_app *) obj)->name;
}

static int app_hash(const void *obj, int flags)
{
	return ast_str_hash(key_of(obj, flags));
}

static int app_compare(void *obj, void *arg, int flags)
{
	return strcmp(((const struct fleet_app *) obj)->name, key_of(arg, flags)) ? 0 : CMP_MATCH;
}

const char *fleet_app_json(const struct fleet_app *app, size_t *length)
{
	*length = app->json_length;
	return app->json;
}

const char *fleet_app_token(const struct fleet_app *app, size_t *length)
{
	*length = app->token_length;
	return app->token;
}

static void app_destroy(void *obj)
{
	struct fleet_app *app = obj;
	struct worker *worker;

	while ((worker = AST_LIST_REMOVE_HEAD(&app->workers, list))) {
		ast_free(worker);
	}
}

static struct fleet_app *app_create(const char *name)
{
	char token[TOKEN_SIZE];
	char json[JSON_TEXT_SIZE(TOKEN_MAX_NAME)];
	struct fleet_app *app;
	size_t name_size = strlen(name) + 1;
	size_t json_size;

	if (token_write(name, token)) {
		return NULL;
	}
	json_size = json_text(name, json) + 1;
	app = ao2_alloc_options(
		sizeof(*app) + name_size + json_size + strlen(token) + 1, app_destroy, AO2_ALLOC_OPT_LOCK_NOLOCK);
	if (app) {
		app->name = memcpy(app->texts, name, name_size);
		app->json = memcpy(app->texts + name_size, json, json_size);
		app->token = memcpy(app->texts + name_size + json_size, token, strlen(token) + 1);
		app->json_length = json_size - 1;
		app->token_length = strlen(token);
	}
	return app;
}

int workers_start(void)
{
	apps = ao2_container_alloc_hash(AO2_ALLOC_OPT_LOCK_NOLOCK, 0, 10007, app_hash, NULL, app_compare);
	return apps ? 0 : -1;
}

void workers_stop(void)
{
	ao2_cleanup(apps);
	apps = NULL;
	worker_count = 0;
	connected = 0;
	is_dirty = 0;
	first_end_ns = INT64_MAX;
}

/*! \brief Forget the workers of an application whose time is over. With the lock. */
static void expire_locked(struct fleet_app *app, int64_t now_ns)
{
	struct worker *worker;

	AST_LIST_TRAVERSE_SAFE_BEGIN(&app->workers, worker, list)
	{
		if (worker->until_ns <= now_ns) {
			AST_LIST_REMOVE_CURRENT(list);
			ast_free(worker);
			app->count--;
			worker_count--;
		} else {
			first_end_ns = MIN(first_end_ns, worker->until_ns);
		}
	}
	AST_LIST_TRAVERSE_SAFE_END;
}

static struct worker *find_worker_locked(struct fleet_app *app, const char *id)
{
	struct worker *worker;

	AST_LIST_TRAVERSE(&app->workers, worker, list)
	{
		if (!strcmp(worker->id, id)) {
			break;
		}
	}
	return worker;
}

/*! \brief Add a worker. \return It; NULL if there are too many, or without memory. With the lock. */
static struct worker *add_worker_locked(struct fleet_app *app, const char *id)
{
	struct worker *worker = NULL;

	if (worker_count < MAX_WORKERS && app->count < MAX_WORKERS_OF_APP) {
		worker = ast_calloc(1, sizeof(*worker) + strlen(id) + 1);
	}
	if (worker) {
		memcpy(worker->id, id, strlen(id) + 1);
		AST_LIST_INSERT_TAIL(&app->workers, worker, list);
		worker_count++;
		is_dirty |= !app->count++;
	}
	return worker;
}

/*! \brief The application, a reference; made if there is none. With the lock. */
static struct fleet_app *get_app_locked(const char *name)
{
	struct fleet_app *app = ao2_find(apps, name, OBJ_SEARCH_KEY | OBJ_NOLOCK);

	if (!app && worker_count < MAX_WORKERS && (app = app_create(name)) &&
		!ao2_link_flags(apps, app, OBJ_NOLOCK)) {
		ao2_ref(app, -1);
		app = NULL;
	}
	return app;
}

/*! \brief Note a hello. With the lock. */
static int hello_locked(const char *name, const char *id, int64_t until_ns, int64_t now_ns)
{
	struct fleet_app *app = get_app_locked(name);
	struct worker *worker = app ? find_worker_locked(app, id) : NULL;

	if (app && !worker && until_ns > now_ns) {
		worker = add_worker_locked(app, id);
	}
	if (worker) {
		worker->until_ns = until_ns;
		first_end_ns = MIN(first_end_ns, until_ns);
	}
	if (app && !app->count) {
		ao2_unlink_flags(apps, app, OBJ_NOLOCK);
	}
	ao2_cleanup(app);
	return worker || until_ns <= now_ns ? 0 : -1;
}

int workers_hello(const char *app, const char *worker, int64_t ttl_ms)
{
	const int64_t now_ns = monotonic_ns();
	int must_tell;
	int result;

	ast_mutex_lock(&workers_lock);
	result = hello_locked(app, worker, now_ns + ttl_ms * 1000000, now_ns);
	must_tell = is_dirty || first_end_ns <= now_ns;
	ast_mutex_unlock(&workers_lock);
	if (must_tell) {
		outbox_wake();
	}
	return result;
}

void workers_set_connected(int is_connected)
{
	ast_mutex_lock(&workers_lock);
	connected = is_connected ? ++last_connected : 0;
	is_dirty = 1;
	ast_mutex_unlock(&workers_lock);
	if (!is_connected) {
		stasis_broadcast_source_names(NULL, 0);
	}
	outbox_wake();
}

void workers_tell_again(void)
{
	ast_mutex_lock(&workers_lock);
	is_dirty = 1;
	ast_mutex_unlock(&workers_lock);
	outbox_wake();
}

/*! \brief Whether one of the workers is believed. With the lock. */
static int is_alive_locked(const struct fleet_app *app, int64_t now_ns)
{
	struct worker *worker;

	AST_LIST_TRAVERSE(&app->workers, worker, list)
	{
		if (worker->until_ns > now_ns) {
			return 1;
		}
	}
	return 0;
}

/*! \brief An application that has a worker, a reference; else NULL. */
static struct fleet_app *find(const char *name, int needs_connection)
{
	const int64_t now_ns = monotonic_ns();
	struct fleet_app *app = NULL;

	ast_mutex_lock(&workers_lock);
	if (connected || !needs_connection) {
		app = ao2_find(apps, name, OBJ_SEARCH_KEY | OBJ_NOLOCK);
	}
	if (app && !is_alive_locked(app, now_ns)) {
		ao2_ref(app, -1);
		app = NULL;
	}
	ast_mutex_unlock(&workers_lock);
	return app;
}

struct fleet_app *workers_find(const char *app)
{
	return find(app, 1);
}

int workers_has(const char *name)
{
	const int64_t now_ns = monotonic_ns();
	struct fleet_app *app;
	int has;

	ast_mutex_lock(&workers_lock);
	app = ao2_find(apps, name, OBJ_SEARCH_KEY | OBJ_NOLOCK);
	has = app && connected && app->told_of == connected && is_alive_locked(app, now_ns);
	ast_mutex_unlock(&workers_lock);
	ao2_cleanup(app);
	return has;
}

int workers_expects(const char *app)
{
	struct fleet_app *found = find(app, 0);

	ao2_cleanup(found);
	return found != NULL;
}

/*! \brief Applications, for the directory: what keeps their names, and the names. */
struct list {
	struct fleet_app **apps;
	const char **names;
	size_t count;
};

/*! \brief Forget who is gone, and list who is there. With the lock. */
static void list_locked(struct list *list, int64_t now_ns)
{
	struct ao2_iterator iterator = ao2_iterator_init(apps, AO2_ITERATOR_DONTLOCK);
	struct fleet_app *app;

	first_end_ns = INT64_MAX;
	while ((app = ao2_iterator_next(&iterator))) {
		expire_locked(app, now_ns);
		if (!app->count) {
			ao2_unlink_flags(apps, app, OBJ_NOLOCK);
			is_dirty = 1;
			ao2_ref(app, -1);
		} else if (list->apps && list->names) {
			list->apps[list->count] = app;
			list->names[list->count++] = app->name;
		} else {
			ao2_ref(app, -1);
		}
	}
	ao2_iterator_destroy(&iterator);
}

/*! \brief Note that the directory knows them now. */
static void note_told(const struct list *list, unsigned int connection)
{
	ast_mutex_lock(&workers_lock);
	for (size_t i = 0; i < list->count; i++) {
		list->apps[i]->told_of = connection;
	}
	ast_mutex_unlock(&workers_lock);
}

/*! \brief Tell the directory. \param connection Which one there was when they were listed. */
static void tell(const struct list *list, unsigned int connection)
{
	const int result = stasis_broadcast_source_names(list->names, connection ? list->count : 0);

	if (result == -1) {
		ast_log(LOG_WARNING, "Fleet: out of memory, its applications are offered no calls\n");
	} else if (!result) {
		note_told(list, connection);
	}
}

static void list_free(struct list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		ao2_ref(list->apps[i], -1);
	}
	ast_free(list->apps);
	ast_free(list->names);
}

/*! \brief Look at all workers. */
static void update(int64_t now_ns)
{
	struct list list = { 0 };
	unsigned int connection;
	int must_tell;

	ast_mutex_lock(&workers_lock);
	list.apps = ast_malloc((ao2_container_count(apps) + 1) * sizeof(struct fleet_app *));
	list.names = ast_malloc((ao2_container_count(apps) + 1) * sizeof(const char *));
	list_locked(&list, now_ns);
	must_tell = is_dirty;
	connection = connected;
	is_dirty = 0;
	last_update_ns = now_ns;
	ast_mutex_unlock(&workers_lock);
	if (must_tell) {
		tell(&list, connection);
	}
	list_free(&list);
}

int64_t workers_update(void)
{
	const int64_t now_ns = monotonic_ns();
	int64_t due_ns;

	ast_mutex_lock(&workers_lock);
	due_ns = is_dirty ? last_update_ns + UPDATE_NS : first_end_ns;
	ast_mutex_unlock(&workers_lock);
	if (due_ns > now_ns) {
		return due_ns;
	}
	update(now_ns);
	ast_mutex_lock(&workers_lock);
	due_ns = is_dirty ? now_ns + UPDATE_NS : first_end_ns;
	ast_mutex_unlock(&workers_lock);
	return due_ns;
}

static int is_any(void *obj attribute_unused, void *arg attribute_unused, int flags attribute_unused)
{
	return CMP_MATCH;
}

void workers_forget(void)
{
	ast_mutex_lock(&workers_lock);
	ao2_callback(apps, OBJ_UNLINK | OBJ_MULTIPLE | OBJ_NODATA | OBJ_NOLOCK, is_any, NULL);
	worker_count = 0;
	is_dirty = 1;
	ast_mutex_unlock(&workers_lock);
	outbox_wake();
}

void workers_count(size_t *workers, size_t *app_count)
{
	ast_mutex_lock(&workers_lock);
	*workers = worker_count;
	*app_count = apps ? ao2_container_count(apps) : 0;
	ast_mutex_unlock(&workers_lock);
}
