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

/*! \brief Write all metrics. \return 0 on success; else what was written is not whole. */
static int write_all(struct ast_str **output)
{
	struct stasis_broadcast_totals totals;
	struct settings settings;
	int failed;

	if (stasis_broadcast_settings(&settings) || stasis_broadcast_get_totals(&totals)) {
		return -1;
	}
	metrics_totals(output, &totals);
	if (totals.has_fleet) {
		metrics_fleet(output, &totals.fleet);
	}
	failed =
		settings.prometheus_by_application && metrics_applications(output, settings.prometheus_max_names);
	return failed || (settings.prometheus_by_queue && metrics_queues(output, settings.prometheus_max_names));
}

/*!
 * \brief Write all metrics; none without the provider, or if it goes meanwhile.
 *
 * \note The thread of an HTTP request or of the command line. res_prometheus holds its lock, so that there is one scrape
 *       at a time.
 */
static void scrape(struct ast_str **output)
{
	const size_t before = ast_str_strlen(*output);

	if (!hold_provider() && write_all(output)) {
		ast_str_truncate(*output, (ssize_t) before);
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
