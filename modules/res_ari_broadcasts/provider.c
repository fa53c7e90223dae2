/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Whether the res_stasis_broadcast that is loaded is ours.
 */

#include "asterisk.h"

#include "asterisk/json.h"
#include "asterisk/lock.h"
#include "asterisk/logger.h"
#include "asterisk/optional_api.h"
#include "asterisk/stasis_app_broadcast.h"

#include "res_stasis_broadcast/internal_api.h"

#include "provider.h"

/*! \brief Whether a module provides the public API. Asks for a channel that cannot exist. */
static int is_there(void)
{
	return stasis_app_claim_channel("", "") != AST_OPTIONAL_API_UNAVAILABLE;
}

/*! \brief Whether that module is not ours. Asked twice, since it may be loaded or unloaded meanwhile. */
static int is_foreign(void)
{
	struct ast_json *json = NULL;

	return is_there() && stasis_broadcast_describe("", &json) == AST_OPTIONAL_API_UNAVAILABLE && is_there();
}

void provider_check(void)
{
	static int warned;

	if (is_foreign() && !ast_atomic_fetchadd_int(&warned, 1)) {
		ast_log(LOG_ERROR,
			"The res_stasis_broadcast.so that is loaded is not the one of Stasis Broadcast: /ari/broadcasts "
			"answers 501, and a filter that cannot be used may offer calls to every application. Install "
			"Stasis Broadcast again (make install) and restart Asterisk\n");
	}
}
