/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Counters and histograms of a run.
 */

#include "stats.h"

#include <stdbool.h>
#include <stdlib.h>

void stats_open(struct stats *stats)
{
	*stats = (struct stats){ .second = hist_create() };
	for (int i = 0; i < LATENCY_COUNT; i++) {
		stats->latency[i] = hist_create();
	}
}

void stats_close(struct stats *stats)
{
	for (int i = 0; i < LATENCY_COUNT; i++) {
		free(stats->latency[i]);
	}
	free(stats->second);
}

void stats_measure(struct stats *stats, enum latency latency, uint64_t from_ns, uint64_t to_ns)
{
	int64_t ns = (int64_t) (to_ns - from_ns);

	if (!from_ns || !to_ns) {
		return;
	}
	hist_add(stats->latency[latency], ns);
	if (latency == LATENCY_OFFER_TO_START) {
		hist_add(stats->second, ns);
	}
}

void stats_answer(struct stats *stats, enum request_kind kind, int status)
{
	stats->answers[kind][status > 0 && status < STATUS_MAX ? status : 0]++;
}

/*! \brief Whether a status belongs to the normal course of a race: won, lost, too late. */
static bool expected(enum request_kind kind, int status)
{
	if (status >= 200 && status < 300) {
		return true;
	}
	return kind != REQUEST_ORIGINATE && (status == 404 || status == 409);
}

uint64_t stats_errors(const struct stats *stats)
{
	uint64_t errors = 0;

	for (int kind = 0; kind < REQUEST_KINDS; kind++) {
		for (int status = 0; status < STATUS_MAX; status++) {
			errors += expected((enum request_kind) kind, status) ? 0 : stats->answers[kind][status];
		}
	}
	return errors;
}

uint64_t stats_unanswered(const struct stats *stats, enum request_kind kind)
{
	uint64_t unanswered = stats->sent[kind];

	for (int status = 0; status < STATUS_MAX; status++) {
		unanswered -= stats->answers[kind][status];
	}
	return unanswered;
}

const char *request_kind_name(enum request_kind kind)
{
	static const char *const names[REQUEST_KINDS] = {
		[REQUEST_ORIGINATE] = "originate",
		[REQUEST_CLAIM] = "claim",
		[REQUEST_DECLINE] = "decline",
		[REQUEST_BID] = "bid",
		[REQUEST_HANGUP] = "hangup",
	};

	return names[kind];
}

const char *latency_title(enum latency latency)
{
	static const char *const titles[LATENCY_COUNT] = {
		[LATENCY_CALL_TO_OFFER] = "call to first offer",
		[LATENCY_FAN_OUT] = "fan-out",
		[LATENCY_OFFER_DELAY] = "offer delay per application",
		[LATENCY_OFFER_TO_ANSWER] = "offer to claim answer",
		[LATENCY_OFFER_TO_WON] = "offer to claim answer 204",
		[LATENCY_CLAIM_TO_START] = "claim to StasisStart",
		[LATENCY_OFFER_TO_START] = "offer to StasisStart",
		[LATENCY_LATENESS] = "originate late",
	};

	return titles[latency];
}

const char *latency_key(enum latency latency)
{
	static const char *const keys[LATENCY_COUNT] = {
		[LATENCY_CALL_TO_OFFER] = "call_to_offer",
		[LATENCY_FAN_OUT] = "fan_out",
		[LATENCY_OFFER_DELAY] = "offer_delay",
		[LATENCY_OFFER_TO_ANSWER] = "offer_to_answer",
		[LATENCY_OFFER_TO_WON] = "offer_to_won",
		[LATENCY_CLAIM_TO_START] = "claim_to_start",
		[LATENCY_OFFER_TO_START] = "offer_to_start",
		[LATENCY_LATENESS] = "originate_late",
	};

	return keys[latency];
}
