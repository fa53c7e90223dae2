/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What is counted of all applications and queues together.
 */

#include "metrics.h"

static const char *const outcomes[STASIS_BROADCAST_ENDED_KINDS] = {
	[STASIS_BROADCAST_ENDED_CLAIMED] = "outcome=\"claimed\"",
	[STASIS_BROADCAST_ENDED_TIMEOUT] = "outcome=\"timeout\"",
	[STASIS_BROADCAST_ENDED_NOAPPS] = "outcome=\"noapps\"",
	[STASIS_BROADCAST_ENDED_DECLINED] = "outcome=\"declined\"",
	[STASIS_BROADCAST_ENDED_HANGUP] = "outcome=\"hangup\"",
	[STASIS_BROADCAST_ENDED_WITHDRAWN] = "outcome=\"withdrawn\"",
	[STASIS_BROADCAST_ENDED_REPLACED] = "outcome=\"replaced\"",
	[STASIS_BROADCAST_ENDED_INVALIDFILTER] = "outcome=\"invalidfilter\"",
	[STASIS_BROADCAST_ENDED_CONGESTION] = "outcome=\"congestion\"",
	[STASIS_BROADCAST_ENDED_ERROR] = "outcome=\"error\"",
};

static const char *const answers[STASIS_BROADCAST_ANSWER_KINDS] = {
	[STASIS_BROADCAST_ANSWER_OK] = "result=\"ok\"",
	[STASIS_BROADCAST_ANSWER_TAKEN] = "result=\"taken\"",
	[STASIS_BROADCAST_ANSWER_CLOSED] = "result=\"closed\"",
	[STASIS_BROADCAST_ANSWER_FORBIDDEN] = "result=\"forbidden\"",
	[STASIS_BROADCAST_ANSWER_UNKNOWN] = "result=\"unknown\"",
};

static const char *const events[STASIS_BROADCAST_EVENT_KINDS] = {
	[STASIS_BROADCAST_EVENT_CALL_BROADCAST] = "CallBroadcast",
	[STASIS_BROADCAST_EVENT_CALL_CLAIMED] = "CallClaimed",
	[STASIS_BROADCAST_EVENT_CALL_WITHDRAWN] = "CallWithdrawn",
};

static const char *const rounds[STASIS_BROADCAST_STATS_ROUNDS] = { "round=\"1\"", "round=\"2\"",
	"round=\"3\"", "round=\"4\"", "round=\"5\"", "round=\"6\"", "round=\"7\"", "round=\"8\"" };

/*! \brief Write a counter with one sample for each of some labels. */
static void counter(struct ast_str **output, const char *name, const char *help, const char *const *labels,
	const uint64_t *values, size_t count)
{
	exposition_family(output, name, "counter", help);
	for (size_t i = 0; i < count; i++) {
		exposition_number(output, name, labels[i], values[i]);
	}
}

static void event_counter(struct ast_str **output, const struct stasis_broadcast_event_stats *stats)
{
	static const char name[] = "events_total";

	exposition_family(output, name, "counter",
		"Events for applications: sent, failed (it was gone), stale (the offer was over), overflowed (its queue was full).");
	for (size_t i = 0; i < STASIS_BROADCAST_EVENT_KINDS; i++) {
		const struct {
			const char *result;
			uint64_t count;
		} results[] = {
			{ "sent", stats[i].sent },
			{ "failed", stats[i].failed },
			{ "stale", stats[i].stale },
			{ "overflowed", stats[i].overflowed },
		};

		for (size_t j = 0; j < ARRAY_LEN(results); j++) {
			char labels[64];

			snprintf(labels, sizeof(labels), "type=\"%s\",result=\"%s\"", events[i], results[j].result);
			exposition_number(output, name, labels, results[j].count);
		}
	}
}

static void gauge(struct ast_str **output, const char *name, const char *help, uint64_t value)
{
	exposition_family(output, name, "gauge", help);
	exposition_number(output, name, "", value);
}

static void gauges(struct ast_str **output, const struct stasis_broadcast_totals *totals)
{
	static const char oldest[] = "oldest_open_seconds";

	gauge(output, "open", "Calls on offer now.", totals->open);
	exposition_family(output, oldest, "gauge",
		"How long the caller who waits longest has waited since the first offer; 0 if nobody waits.");
	exposition_seconds(output, oldest, "", totals->oldest_open_ms * UINT64_C(1000000));
	gauge(output, "queued_events", "Events that wait to be sent.", totals->queued_events);
	gauge(output, "silent_applications", "Applications that do not answer offers.", totals->silent_apps);
	gauge(output, "stalled_applications",
		"Applications that do not read: a thread is stuck in writing to each.", totals->stalled_apps);
	gauge(output, "dispatch_threads", "Threads that send events.", totals->threads);
}

void metrics_totals(struct ast_str **output, const struct stasis_broadcast_totals *totals)
{
	static const char *const no_label[] = { "" };

	counter(output, "offers_total", "Offers that have ended, by how.", outcomes, totals->outcomes,
		ARRAY_LEN(outcomes));
	counter(output, "claims_total", "Claims, by what they were answered.", answers, totals->claims,
		ARRAY_LEN(answers));
	counter(output, "declines_total", "Declines, by what they were answered.", answers, totals->declines,
		ARRAY_LEN(answers));
	counter(
		output, "bids_total", "Bids, by what they were answered.", answers, totals->bids, ARRAY_LEN(answers));
	counter(output, "awards_total", "Calls that went to the best bid.", no_label, &totals->awards, 1);
	counter(output, "award_scores_total", "The sum of the scores that won calls.", no_label,
		&totals->award_scores, 1);
	counter(output, "widenings_total", "How often more applications were told of a call on offer.", no_label,
		&totals->widenings, 1);
	counter(output, "rounds_total", "Offers with circles that have ended, by the circle that was open then.",
		rounds, totals->rounds, ARRAY_LEN(rounds));
	counter(output, "lost_winners_total", "Winners that were gone before they had the call.", no_label,
		&totals->lost_winners, 1);
	counter(
		output, "reoffers_total", "Offers of a call whose winner was lost.", no_label, &totals->reoffers, 1);
	event_counter(output, totals->events);
	gauges(output, totals);
	exposition_histogram(
		output, "claim_seconds", "From the offer to the claim that has won it.", &totals->claim_time);
	exposition_histogram(output, "delivery_seconds",
		"From the offer to the moment when CallBroadcast was written to an application.",
		&totals->delivery_time);
}
