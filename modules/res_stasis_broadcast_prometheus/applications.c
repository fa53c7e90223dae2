/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is counted of each application.
 */

#include "by_name.h"
#include "metrics.h"
#include "res_stasis_broadcast/stats_api.h"

#define AT(member) offsetof(struct stasis_broadcast_app_stats, member)

static const struct by_name_field fields[] = {
	{ "application_offers_total", "counter", "Calls that the application was offered.", "", AT(offers),
		BY_NAME_UINT64 },
	{ "application_claims_total", "counter",
		"Claims of the application: won, or too_late because the call was not on offer any more.",
		",result=\"won\"", AT(won), BY_NAME_UINT64 },
	{ "application_claims_total", "counter", "", ",result=\"too_late\"", AT(too_late), BY_NAME_UINT64 },
	{ "application_declines_total", "counter", "Calls that the application has declined.", "", AT(declined),
		BY_NAME_UINT64 },
	{ "application_bids_total", "counter", "Bids of the application.", "", AT(bids), BY_NAME_UINT64 },
	{ "application_awards_total", "counter", "Calls that the application got by a bid.", "", AT(awarded),
		BY_NAME_UINT64 },
	{ "application_lost_total", "counter", "Calls that the application has claimed and did not take.", "",
		AT(lost), BY_NAME_UINT64 },
	{ "application_dropped_events_total", "counter",
		"Events for the application that were dropped because its queue was full.", "", AT(dropped),
		BY_NAME_UINT64 },
	{ "application_queued_events", "gauge", "Events for the application that wait to be sent.", "",
		AT(queued), BY_NAME_SIZE },
	{ "application_connections", "gauge",
		"By how many ways the application is there: 0 if it is gone, 2 if it is connected twice.", "",
		AT(connections), BY_NAME_INT },
	{ "application_silent", "gauge", "Whether the application does not answer offers.", "", AT(is_silent),
		BY_NAME_INT },
	{ "application_stalled", "gauge", "Whether the application does not read.", "", AT(is_stalled),
		BY_NAME_INT },
};

static void visit(const struct stasis_broadcast_app_stats *stats, void *data)
{
	by_name_add(data, stats->name, stats);
}

int metrics_applications(struct ast_str **output, size_t most)
{
	struct by_name all = {
		.size = sizeof(struct stasis_broadcast_app_stats),
		.most = most,
		.label = "application",
		.left_out_family = "left_out_applications",
		.left_out_help =
			"Applications that are not told by name because there are more than prometheus_max_names.",
	};
	int failed = stasis_broadcast_each_app(visit, &all);

	if (!failed) {
		failed = by_name_write(output, &all, fields, ARRAY_LEN(fields));
	}
	by_name_free(&all);
	return failed;
}
