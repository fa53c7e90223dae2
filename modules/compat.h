/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The only file that knows what differs between Asterisk versions.
 *
 * Asterisk's headers carry no version number to compile by, so that everything here either works
 * unchanged on all of them or asks the running Asterisk.
 */

#ifndef STASIS_BROADCAST_COMPAT_H
#define STASIS_BROADCAST_COMPAT_H

#include <ctype.h>
#include <stdlib.h>

#include "asterisk/ast_version.h"
#include "asterisk/astobj2.h"
#include "asterisk/channel.h"
#include "asterisk/stasis_app.h"
#include "asterisk/stasis_channels.h"

/*!
 * \brief Whether a Stasis application is registered now.
 *
 * stasis_app_is_registered() says it in one call, but Asterisk 16 lacks it.
 *
 * \param name The application's name. Borrowed; NULL is not registered.
 *
 * \return 1 if it is, 0 if not.
 *
 * \note Any thread. Needs \c res_stasis loaded.
 */
static inline int compat_app_is_registered(const char *name)
{
	struct stasis_app *app = stasis_app_get_by_name(name);

	ao2_cleanup(app);
	return app != NULL;
}

/*!
 * \brief Whether ARI leaves quotes and backslashes out of the names that applications connect with.
 *
 * It does until its WebSockets were written again, with those that it opens itself (20.15, 21.10, 22.5).
 */
#if __has_include("asterisk/websocket_client.h")
#define COMPAT_ARI_STRIPS_NAMES 0
#else
#define COMPAT_ARI_STRIPS_NAMES 1
#endif

/*!
 * \brief A full snapshot of a channel as it is now, with the channel variables that ari.conf asks for.
 *
 * The snapshot that Asterisk keeps would be cheaper, but on Asterisk 16 it comes from a cache that
 * another thread fills, and a channel of a moment ago may not be in it yet. Asterisk 17 and later
 * borrow the unchanged parts from the kept one, so that the difference is small.
 *
 * \param chan The channel; must not be locked by the caller.
 *
 * \return A snapshot to give back with ao2_cleanup(); NULL if memory ran out.
 *
 * \note Any thread that has a reference to the channel. Locks the channel for a moment.
 */
static inline struct ast_channel_snapshot *compat_channel_snapshot(struct ast_channel *chan)
{
	struct ast_channel_snapshot *snapshot;

	ast_channel_lock(chan);
	snapshot = ast_channel_snapshot_create(chan);
	ast_channel_unlock(chan);

	return snapshot;
}

/*!
 * \brief Whether an Asterisk of this version brings <tt>POST /ari/events/claim</tt> itself.
 *
 * \param version Asterisk's version, such as "22.10.1~dfsg" or "certified/20.7-cert1".
 *
 * \return 1 if it does: 20.20, 22.10, 23.4, and 24 and later. 0 if it does not, or the version does not
 *         tell ("GIT-22-0a1b2c3"): a second one at the same path, which answers the same, does no harm.
 */
static inline int compat_version_has_claim_path(const char *version)
{
	char *end;
	long major;
	long minor;

	while (*version && !isdigit((unsigned char) *version)) {
		version++;
	}

	major = strtol(version, &end, 10);
	if (major >= 24) {
		return 1;
	}
	if (*end != '.') {
		return 0;
	}

	minor = strtol(end + 1, NULL, 10);
	return (major == 23 && minor >= 4) || (major == 22 && minor >= 10) || (major == 20 && minor >= 20);
}

/*! \brief compat_version_has_claim_path() of the Asterisk that runs. */
static inline int compat_ari_has_claim_path(void)
{
	return compat_version_has_claim_path(ast_get_version());
}

#endif /* STASIS_BROADCAST_COMPAT_H */
