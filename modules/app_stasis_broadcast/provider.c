/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A resource module that is not ours: said loudly, since calls go where they should not.
 */

#include "asterisk.h"

#include <stdatomic.h>

#include "asterisk/logger.h"
#include "asterisk/stasis_app_broadcast.h"

#include "res_stasis_broadcast/internal_api.h"

#include "provider.h"

/*! Whether it was said since the module was loaded. */
static atomic_int said;

void provider_forget(void)
{
	atomic_store(&said, 0);
}

int provider_is_foreign(void)
{
	/*
	 * It does not know our internal API but answers to the public one. Ours answers to neither while it is being
	 * unloaded. The channel and the application that are asked for are none.
	 */
	struct settings settings;

	return stasis_broadcast_settings(&settings) == AST_OPTIONAL_API_UNAVAILABLE &&
		stasis_app_claim_channel("no such channel", "nobody") != AST_OPTIONAL_API_UNAVAILABLE;
}

void provider_check(void)
{
	if (!atomic_load(&said) && provider_is_foreign() && !atomic_exchange(&said, 1)) {
		ast_log(LOG_ERROR,
			"The res_stasis_broadcast.so that is loaded is not the one of Stasis Broadcast, but Asterisk's own or "
			"another: a filter that cannot be used offers the call to everybody, and stasis_broadcast.conf is not "
			"read. Install Stasis Broadcast again (make install) and restart Asterisk\n");
	}
}
