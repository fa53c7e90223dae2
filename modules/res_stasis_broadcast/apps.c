/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Which ARI applications are registered, as a list that broadcasts share.
 */

#include "private.h"

#include "asterisk/astobj2.h"
#include "asterisk/lock.h"
#include "asterisk/stasis_app.h"
#include "asterisk/utils.h"

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

struct names *apps_registered(void)
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

void apps_forget(void)
{
	ast_mutex_lock(&last_lock);
	names_unref(last);
	last = NULL;
	ast_mutex_unlock(&last_lock);
}
