/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The applications that are registered with Asterisk's res_stasis: the first source of the directory.
 */

#include "directory.h"

#include "asterisk.h"

#include "asterisk/app.h"
#include "asterisk/astobj2.h"
#include "asterisk/channel.h"
#include "asterisk/json.h"
#include "asterisk/lock.h"
#include "asterisk/stasis_app.h"
#include "asterisk/utils.h"
#include "compat.h"
#include "source_types.h"

/*! Protects \c last. */
AST_MUTEX_DEFINE_STATIC(last_lock);
/*! The list that was found last. While applications stay, every broadcast refers to this one. */
static struct names *last;

/*! \brief An array that is filled from a container. */
struct collection {
	const char **list;
	size_t count;
	size_t size;
};

static int collect(void *obj, void *arg, int flags attribute_unused)
{
	struct collection *collection = arg;

	if (collection->count == collection->size) {
		return CMP_STOP;
	}
	collection->list[collection->count++] = obj;
	return 0;
}

/*! \brief The last list if it is still true, else a new one. */
static struct names *share(const struct collection *collection)
{
	struct names *names;
	struct names *old = NULL;

	ast_mutex_lock(&last_lock);
	if (last && names_equal(last, collection->list, collection->count)) {
		names = names_ref(last);
	} else {
		names = names_create(collection->list, collection->count);
		old = last;
		last = names_ref(names);
	}
	ast_mutex_unlock(&last_lock);
	names_unref(old);
	return names;
}

/*! \brief All of them, as one list that is shared while none comes or goes. */
static struct names *registered_names(void)
{
	struct ao2_container *apps = stasis_app_get_all();
	struct collection collection = { 0 };
	struct names *names = NULL;

	if (!apps) {
		return NULL;
	}
	collection.size = ao2_container_count(apps);
	collection.list = ast_malloc((collection.size + 1) * sizeof(*collection.list));
	if (collection.list) {
		/* The container is this call's own, and keeps the strings alive until it is released. */
		ao2_callback(apps, OBJ_NODATA | OBJ_MULTIPLE | OBJ_NOLOCK, collect, &collection);
		names = share(&collection);
	}
	ast_free(collection.list);
	ao2_ref(apps, -1);
	return names;
}

static int send_event(const char *app, const struct stasis_broadcast_event *event)
{
	/* Asterisk adds fields at the top of what it is given: each application gets a top of its own. */
	struct ast_json *copy = ast_json_copy(event->json);
	int result = -1;

	if (copy) {
		struct ast_json *name = ast_json_string_create(app);

		/*
		 * Asterisk 16 puts a name of its own in the place of this one, and logs this one afterwards if the
		 * application could not be written to: it has to live until then.
		 */
		ast_json_object_set(copy, "application", ast_json_ref(name));
		result = stasis_app_send(app, copy);
		ast_json_unref(name);
	}
	ast_json_unref(copy);
	return result;
}

const struct directory_source ari_applications = {
	.name = "ARI",
	.names = registered_names,
	.has = compat_app_is_registered,
	.send = send_event,
};

/*! \brief Whether a text is how a channel is named: with a technology in front, or as one that there is. */
static int is_channel_name(const char *text)
{
	const char *slash = strchr(text, '/');
	struct ast_channel *chan = NULL;
	char technology[80];

	if (!slash || slash == text || (size_t) (slash - text) >= sizeof(technology)) {
		return 0;
	}
	ast_copy_string(technology, text, slash - text + 1);
	if (ast_get_channel_tech(technology)) {
		return 1;
	}
	/* Some technologies are not registered: those that only Asterisk itself makes channels of. */
	chan = ast_channel_get_by_name(text);
	ast_channel_cleanup(chan);
	return chan != NULL;
}

int ari_applications_is_for_one_call(const char *app)
{
	const char *colon = app;

	/* "sales:PJSIP/trunk-00000007": the application, and the channel's name. */
	while ((colon = strchr(colon, ':'))) {
		if (is_channel_name(++colon)) {
			return 1;
		}
	}
	return 0;
}

int ari_applications_spell(char *name)
{
	char *args[2];

	if (!COMPAT_ARI_STRIPS_NAMES || !strpbrk(name, "\"\\")) {
		return 0;
	}
	/* ARI does this to the list of names that an application connects with. */
	return ast_app_separate_args(name, ',', args, ARRAY_LEN(args)) == 1;
}

void ari_applications_forget(void)
{
	ast_mutex_lock(&last_lock);
	names_unref(last);
	last = NULL;
	ast_mutex_unlock(&last_lock);
}
