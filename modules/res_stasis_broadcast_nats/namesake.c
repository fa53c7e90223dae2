/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Another node that has our name: when it was heard, which offers are its own, and what the log says of it.
 */

#include "asterisk.h"

#include <stdatomic.h>

#include "asterisk/astobj2.h"
#include "asterisk/lock.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "config.h"
#include "monotonic.h"
#include "namesake.h"
#include "printable.h"

/*! So often the log tells of it, in nanoseconds. */
#define LOG_NS INT64_C(60000000000)

/*! So long it is believed to be there: it tells of itself three times meanwhile, in nanoseconds. */
#define BELIEVED_NS INT64_C(30000000000)

/*! When it was heard; 0: never. And when the log was told. */
static _Atomic int64_t heard_ns;
static _Atomic int64_t logged_ns;

/*! Protects who it was. */
AST_MUTEX_DEFINE_STATIC(lock);
static char other[32];

/*! \brief Say that it is there, once in a while. \retval 1 if that was said now, else 0. */
static int tell(const char *ari)
{
	struct config *config;
	char node[PRINTABLE_SIZE];
	char where[PRINTABLE_SIZE];

	if (!monotonic_is_time(&logged_ns, LOG_NS)) {
		return 0;
	}
	config = config_get();
	ast_log(LOG_ERROR,
		"Fleet: there is another node '%s' (its ari is '%s'): claims go to both. Give each a name of its own: "
		"node in stasis_broadcast_nats.conf\n",
		printable(config ? config->node : "", node, sizeof(node)), printable(ari, where, sizeof(where)));
	ao2_cleanup(config);
	return 1;
}

int namesake_heard(const char *instance, const char *ari)
{
	ast_mutex_lock(&lock);
	ast_copy_string(other, instance, sizeof(other));
	ast_mutex_unlock(&lock);
	atomic_store(&heard_ns, monotonic_ns());
	return tell(ari);
}

int namesake_has_made(const char *offer)
{
	const int64_t at_ns = atomic_load(&heard_ns);
	size_t length;
	int has_made;

	if (!at_ns || monotonic_ns() - at_ns > BELIEVED_NS) {
		return 0;
	}
	ast_mutex_lock(&lock);
	length = strlen(other);
	has_made = length && !strncmp(offer, other, length) && offer[length] == '-';
	ast_mutex_unlock(&lock);
	return has_made;
}

void namesake_forget(void)
{
	atomic_store(&heard_ns, 0);
	atomic_store(&logged_ns, 0);
}

int64_t namesake_heard_s(void)
{
	const int64_t at_ns = atomic_load(&heard_ns);

	return at_ns ? (monotonic_ns() - at_ns) / 1000000000 : -1;
}
