/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is counted of the fleet (docs/FLEET.md).
 */

#include "metrics.h"

/*! \brief Write one sample of a family. */
static void one(struct ast_str **output, const char *name, const char *type, const char *help, uint64_t value)
{
	exposition_family(output, name, type, help);
	exposition_number(output, name, "", value);
}

static void events(struct ast_str **output, const struct stasis_broadcast_fleet_stats *fleet)
{
	static const char name[] = "fleet_events_total";

	exposition_family(output, name, "counter",
		"Events for workers: published, expired (the offer was over before), overflowed (the queue was full), unsent (no connection).");
	exposition_number(output, name, "result=\"published\"", fleet->published);
	exposition_number(output, name, "result=\"expired\"", fleet->expired);
	exposition_number(output, name, "result=\"overflowed\"", fleet->overflowed);
	exposition_number(output, name, "result=\"unsent\"", fleet->unsent);
}

static void requests(struct ast_str **output, const struct stasis_broadcast_fleet_stats *fleet)
{
	static const char name[] = "fleet_requests_total";

	exposition_family(output, name, "counter", "Requests of workers.");
	exposition_number(output, name, "request=\"claim\"", fleet->claims);
	exposition_number(output, name, "request=\"bid\"", fleet->bids);
	exposition_number(output, name, "request=\"decline\"", fleet->declines);
	exposition_number(output, name, "request=\"take\"", fleet->takes);
	exposition_number(output, name, "request=\"list\"", fleet->lists);
}

void metrics_fleet(struct ast_str **output, const struct stasis_broadcast_fleet_stats *fleet)
{
	one(output, "fleet_connected", "gauge", "1 if there is a connection to NATS.", fleet->is_connected);
	one(output, "fleet_workers", "gauge", "Workers that have said hello.", fleet->workers);
	one(output, "fleet_applications", "gauge", "Applications that have a worker.", fleet->apps);
	one(output, "fleet_queued_messages", "gauge", "Messages that wait to be published.", fleet->queued);
	one(output, "fleet_connections_total", "counter", "Times that the connection to NATS came.",
		fleet->connections);
	one(output, "fleet_hellos_total", "counter", "Hellos of workers.", fleet->hellos);
	one(output, "fleet_garbage_total", "counter", "Messages that were not understood.", fleet->garbage);
	one(output, "fleet_overruns_total", "counter", "Times that messages came faster than they were taken.",
		fleet->overruns);
	events(output, fleet);
	requests(output, fleet);
}
