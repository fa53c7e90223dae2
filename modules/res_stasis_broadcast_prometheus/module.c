/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Loading and unloading of the metrics for Prometheus. Nothing is done but in a scrape.
 */

/*** MODULEINFO
	<depend type="module">res_prometheus</depend>
	<use type="module">res_stasis_broadcast</use>
	<support_level>extended</support_level>
 ***/

#include "asterisk.h"

#include "asterisk/module.h"
#include "asterisk/res_prometheus.h"

#include "about.h"
#include "hold.h"
#include "metrics.h"
#include "provider.h"
#include "res_stasis_broadcast/stats_api.h"

/*!
 * \brief Write all metrics; none without the provider.
 *
 * \note The thread of an HTTP request or of the command line. res_prometheus holds its lock, so that there is one scrape at
 *       a time.
 */
static void scrape(struct ast_str **output)
{
	struct stasis_broadcast_totals totals;
	struct settings settings;

	if (hold_provider() || stasis_broadcast_get_totals(&totals)) {
		return;
	}
	metrics_totals(output, &totals);
	if (stasis_broadcast_settings(&settings)) {
		return;
	}
	if (settings.prometheus_by_application) {
		metrics_applications(output, settings.prometheus_max_names);
	}
	if (settings.prometheus_by_queue) {
		metrics_queues(output, settings.prometheus_max_names);
	}
}

static struct prometheus_callback callback = {
	.name = AST_MODULE,
	.callback_fn = scrape,
};

static int unload_module(void)
{
	/* Waits for a scrape: it holds the same lock until it has left us. */
	prometheus_callback_unregister(&callback);
	hold_prometheus();
	return 0;
}

static int load_module(void)
{
	int said = 0;

	hold_begin();
	if (prometheus_callback_register(&callback)) {
		ast_log(LOG_ERROR, "res_prometheus does not take our metrics: is it running, and is there memory?\n");
		return AST_MODULE_LOAD_DECLINE;
	}
	about_loaded(AST_MODULE);
	provider_check(&said, "there are no metrics of broadcasts");
	return AST_MODULE_LOAD_SUCCESS;
}

/* clang-format off */
AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_DEFAULT, ABOUT("metrics"),
	.support_level = AST_MODULE_SUPPORT_EXTENDED,
	.load = load_module,
	.unload = unload_module,
	.requires = "res_prometheus",
	.optional_modules = "res_stasis_broadcast",
);
