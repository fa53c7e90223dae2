/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The next call in line for an application that asks for one.
 */

#include "take.h"

#include "in_line.h"

/*! Most who ask get one of the first few; who has to go further takes the line's lock so much less often. */
#define AT_ONCE 16

/*! For so long who asks waits in all for calls that are about to come back, in nanoseconds. */
#define AWAIT_MOVES_NS INT64_C(1000000000)

/*! \brief One scan of the line, from the front. */
struct scan {
	const char *app;
	/*! When it began, of broadcast_clock_ns(). */
	int64_t begun_ns;
	int (*is_registered)(const char *app);
	enum broadcast_result (*claim)(struct broadcast *broadcast, void *data);
	void *data;
	/*! As that, to find out what it may have: NULL if it was registered when it began. */
	int (*still_asked)(const char *app);
	/*! Whether another was faster with one that it might have had: then there is to be another scan. */
	int is_disputed;
	/*! Whether so much time has passed that others may have come in front. */
	int is_stale;
	/*! Whether one that it might have was \c BROADCAST_BUSY. */
	int was_busy;
};

/*! \brief Claim one if the application may have it. \return Whether it has it now. */
static int take(struct scan *scan, struct broadcast *broadcast)
{
	enum broadcast_result result;

	if (!broadcast_may_claim(broadcast, scan->app, scan->still_asked)) {
		/* It was on offer when the scan began. Another that was faster may hide one that has come since. */
		scan->is_disputed |= broadcast_closed_ns(broadcast) >= scan->begun_ns;
		return 0;
	}
	result = scan->claim(broadcast, scan->data);
	switch (result) {
	case BROADCAST_OK:
		return 1;
	case BROADCAST_FORBIDDEN:
		/* It has gone since: a claim that is known to fail is not made. */
		scan->still_asked = scan->is_registered;
		return 0;
	default:
		if (broadcast_state(broadcast) != BROADCAST_OPEN) {
			scan->is_disputed = 1;
			scan->is_stale = broadcast_bid_window_ms(broadcast) != 0;
		} else {
			scan->was_busy |= result == BROADCAST_BUSY;
		}
		return 0;
	}
}

/*! \brief Claim the first that the application may have. \return A reference; NULL if there was none. */
static struct broadcast *scan_line(struct in_line *line, struct scan *scan)
{
	struct in_line_walk walk = { .has_begun = 0 };
	struct broadcast *taken = NULL;
	size_t count;

	do {
		struct broadcast *next[AT_ONCE];

		count = in_line_next(line, &walk, next, AT_ONCE);
		for (size_t i = 0; i < count; i++) {
			if (!taken && !scan->is_stale && take(scan, next[i])) {
				taken = next[i];
			} else {
				broadcast_unref(next[i]);
			}
		}
	} while (!taken && !scan->is_stale && count == AT_ONCE);
	return taken;
}

struct broadcast *take_first_by(struct in_line *line, const char *app, int (*is_registered)(const char *app),
	enum broadcast_result (*claim)(struct broadcast *broadcast, void *data), void *data, int *was_busy)
{
	const int64_t until_ns = broadcast_clock_ns() + AWAIT_MOVES_NS;
	struct broadcast *taken;
	unsigned long moved;
	struct scan scan;

	do {
		moved = in_line_moved(line);
		scan = (struct scan){
			.app = app,
			.is_registered = is_registered,
			.claim = claim,
			.data = data,
			.begun_ns = broadcast_clock_ns(),
		};
		/* Asked once and not of each call: that takes locks of Asterisk's. The claim itself asks again. */
		scan.still_asked = is_registered && !is_registered(app) ? is_registered : NULL;
		taken = scan_line(line, &scan);
	} while (!taken && (scan.is_disputed || in_line_await_moves(line, moved, until_ns)));
	*was_busy = !taken && scan.was_busy;
	return taken;
}

/*! \brief Who asks, for the claim that take_first() makes. */
struct claimant {
	const char *app;
	int (*is_registered)(const char *app);
};

/*! \brief The claim of take_first(). As take_first_by() asks for. */
static enum broadcast_result claim(struct broadcast *broadcast, void *data)
{
	const struct claimant *claimant = data;

	return broadcast_take(broadcast, claimant->app, claimant->is_registered);
}

struct broadcast *take_first(
	struct in_line *line, const char *app, int (*is_registered)(const char *app), int *was_busy)
{
	struct claimant claimant = { .app = app, .is_registered = is_registered };

	return take_first_by(line, app, is_registered, claim, &claimant, was_busy);
}
