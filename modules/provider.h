/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A res_stasis_broadcast that is not ours: said loudly, since calls go where they should not.
 */

#ifndef STASIS_BROADCAST_PROVIDER_H
#define STASIS_BROADCAST_PROVIDER_H

/* Before the API that it is for. */
#include "shared_api.h"

#include "asterisk/lock.h"
#include "asterisk/logger.h"
#include "asterisk/stasis_app_broadcast.h"

#include "res_stasis_broadcast/internal_api.h"

/*!
 * \brief Whether a module provides the public API.
 *
 * The channel and the application that are asked for are none, but have names: ours answers to those without a name even
 * while it is being unloaded.
 */
static inline int provider_is_there(void)
{
	return stasis_app_claim_channel("no such channel", "nobody") != AST_OPTIONAL_API_UNAVAILABLE;
}

/*!
 * \brief Whether that module is not ours: it answers to the public API, and does not know the internal one.
 *
 * Asked twice, since ours may be loaded or unloaded meanwhile, and answers to neither then.
 *
 * \note Any thread; takes no lock.
 */
static inline int provider_is_foreign(void)
{
	struct settings settings;

	/* Ours first: it would count the claim. */
	return stasis_broadcast_settings(&settings) == AST_OPTIONAL_API_UNAVAILABLE && provider_is_there() &&
		stasis_broadcast_settings(&settings) == AST_OPTIONAL_API_UNAVAILABLE && provider_is_there();
}

/*!
 * \brief Log an error, once, if there is a \c res_stasis_broadcast that is not ours.
 *
 * An upgrade of Asterisk's packages puts Asterisk's own in its place without a word, and a filter that cannot be used
 * then offers the call to everybody.
 *
 * \param[in,out] said Whether it was said; 0 at first.
 * \param consequence What does not work, for the log.
 *
 * \note Any thread; takes no lock.
 */
static inline void provider_check(int *said, const char *consequence)
{
	if (!ast_atomic_fetchadd_int(said, 0) && provider_is_foreign() && !ast_atomic_fetchadd_int(said, 1)) {
		ast_log(LOG_ERROR,
			"The res_stasis_broadcast.so that is loaded is not the one of Stasis Broadcast, but Asterisk's own or "
			"another: a filter that cannot be used offers the call to everybody, and %s. Install Stasis Broadcast "
			"again (make install) and restart Asterisk\n",
			consequence);
	}
}

#endif /* STASIS_BROADCAST_PROVIDER_H */
