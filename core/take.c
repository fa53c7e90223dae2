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

/*! Most who ask get one of the first few; who has to look further takes the line's lock so much less often. */
#define AT_ONCE 16

/*! \brief One look along the line, from the front. */
struct look {
	const char *app;
	/*! When it began, of broadcast_clock_ns(). */
	int64_t begun_ns;
	int (*is_registered)(const char *app);
	/*! As that, for the look at what it may have: NULL if it was registered when it began. */
	int (*still_asked)(const char *app);
	/*! Whether another was faster with one that it might have had: then there is to be another look. */
	int is_disputed;
	/*! Whether so much time has passed that others may have come in front. */
	int is_stale;
};

/*! \brief Claim one if the application may have it. \return Whether it has it now. */
static int take(struct look *look, struct broadcast *broadcast)
{
	if (!broadcast_may_claim(broadcast, look->app, look->still_asked)) {
		/* It was on offer when the look began. Whoever was faster may hide one that has come since. */
		look->is_disputed |= broadcast_closed_ns(broadcast) >= look->begun_ns;
		return 0;
	}
	switch (broadcast_take(broadcast, look->app, look->is_registered)) {
	case BROADCAST_OK:
		return 1;
	case BROADCAST_FORBIDDEN:
		/* It has gone since: a claim that is known to fail is not made. */
		look->still_asked = look->is_registered;
		return 0;
	default:
		if (broadcast_state(broadcast) != BROADCAST_OPEN) {
			look->is_disputed = 1;
			look->is_stale = broadcast_bid_window_ms(broadcast) != 0;
		}
		return 0;
	}
}

/*! \brief Claim the first that the application may have. \return A reference; NULL if there was none. */
static struct broadcast *look_along(struct in_line *line, struct look *look)
{
	struct in_line_walk walk = { .has_begun = 0 };
	struct broadcast *taken = NULL;
	size_t count;

	do {
		struct broadcast *next[AT_ONCE];

		count = in_line_next(line, &walk, next, AT_ONCE);
		for (size_t i = 0; i < count; i++) {
			if (!taken && !look->is_stale && take(look, next[i])) {
				taken = next[i];
			} else {
				broadcast_unref(next[i]);
			}
		}
	} while (!taken && !look->is_stale && count == AT_ONCE);
	return taken;
}

struct broadcast *take_first(struct in_line *line, const char *app, int (*is_registered)(const char *app))
{
	struct broadcast *taken;
	struct look look;

	do {
		look = (struct look){ .app = app, .is_registered = is_registered, .begun_ns = broadcast_clock_ns() };
		/* Asked once and not of each call: that takes locks of Asterisk's. The claim itself asks again. */
		look.still_asked = is_registered && !is_registered(app) ? is_registered : NULL;
		taken = look_along(line, &look);
	} while (!taken && look.is_disputed);
	return taken;
}
