/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is counted of each queue.
 */

#include "by_name.h"
#include "metrics.h"
#include "res_stasis_broadcast/stats_api.h"

#define AT(member) offsetof(struct stasis_broadcast_queue_stats, member)

static const struct by_name_field fields[] = {
	{ "queue_offered_total", "counter", "Calls of the queue that were offered.", "", AT(offered),
		BY_NAME_UINT64 },
	{ "queue_claimed_total", "counter", "Calls of the queue that an application has claimed.", "",
		AT(claimed), BY_NAME_UINT64 },
	{ "queue_abandoned_total", "counter", "Calls of the queue whose caller hung up.", "", AT(abandoned),
		BY_NAME_UINT64 },
	{ "queue_timed_out_total", "counter", "Calls of the queue that nobody has claimed in time.", "",
		AT(timed_out), BY_NAME_UINT64 },
	{ "queue_within_service_level_total", "counter",
		"Calls of the queue that were claimed within service_level seconds of their first offer.", "",
		AT(within_service_level), BY_NAME_UINT64 },
	{ "queue_open", "gauge", "Calls of the queue that are on offer now.", "", AT(open), BY_NAME_SIZE },
	{ "queue_longest_wait_seconds", "gauge",
		"How long the caller of the queue who waits longest has waited; 0 if nobody waits.", "",
		AT(longest_wait_ms), BY_NAME_MS },
};

static void visit(const struct stasis_broadcast_queue_stats *stats, void *data)
{
	by_name_add(data, stats->name, stats);
}

int metrics_queues(struct ast_str **output, size_t most)
{
	struct by_name all = {
		.size = sizeof(struct stasis_broadcast_queue_stats),
		.most = most,
		.label = "queue",
		.left_out_family = "left_out_queues",
		.left_out_help = "Queues that are not told by name because there are more than prometheus_max_names.",
	};
	int failed = stasis_broadcast_each_queue(visit, &all);

	if (!failed) {
		failed = by_name_write(output, &all, fields, ARRAY_LEN(fields));
	}
	by_name_free(&all);
	return failed;
}
