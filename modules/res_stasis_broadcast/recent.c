/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The applications of a moment ago: one list for all calls that come within it.
 */

#include "recent.h"

#include "asterisk.h"

#include "asterisk/lock.h"

#include "broadcast.h"
#include "directory.h"

/*! Up to so many, Asterisk lists in some 0.2 ms, and nothing is kept. */
#define FEW 200

/*! A list of this age is renewed, by one thread. */
#define RENEW_NS INT64_C(50000000)

/*! The others go on with it meanwhile, up to this age. */
#define OLDEST_NS INT64_C(100000000)

/*! Protects what follows. Never held while the directory is asked. */
AST_MUTEX_DEFINE_STATIC(recent_lock);
/*! NULL if there are few, or nobody has asked yet. */
static struct names *recent;
/*! When asking for it began; each that comes afterwards may be missing. */
static int64_t asked_ns;
/*! When a thread began to renew it. */
static int64_t renewing_ns;

/*! \brief The list, if it is young enough for this thread: a reference; NULL if it has to ask. Takes the lock. */
static struct names *find(int64_t now_ns)
{
	struct names *found = NULL;

	ast_mutex_lock(&recent_lock);
	if (recent && now_ns - asked_ns < OLDEST_NS &&
		(now_ns - asked_ns < RENEW_NS || now_ns - renewing_ns < RENEW_NS)) {
		found = names_ref(recent);
	} else {
		renewing_ns = now_ns;
	}
	ast_mutex_unlock(&recent_lock);
	return found;
}

/*! \brief Keep a list in the place of the last one, unless that is younger. \param names Borrowed; NULL: none. */
static void keep(struct names *names, int64_t now_ns)
{
	struct names *old = names_ref(names);
	struct names *last = NULL;

	ast_mutex_lock(&recent_lock);
	if (now_ns >= asked_ns) {
		last = recent;
		recent = old;
		old = NULL;
		asked_ns = now_ns;
	}
	ast_mutex_unlock(&recent_lock);
	names_unref(old);
	names_unref(last);
}

struct names *recent_names(int *is_now)
{
	const int64_t now_ns = broadcast_clock_ns();
	struct names *names = find(now_ns);

	*is_now = !names;
	if (!names) {
		names = directory_names();
		keep(names_count(names) > FEW ? names : NULL, now_ns);
	}
	return names;
}

void recent_forget(void)
{
	keep(NULL, broadcast_clock_ns());
}
