/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What this node hears on the bus: which subjects, and who takes their messages.
 */

#include "asterisk.h"

#include "asterisk/utils.h"

#include "bus.h"
#include "claims.h"
#include "config.h"
#include "presence.h"
#include "subjects.h"
#include "take.h"

/*! The longest subject: the prefix, a word, a name, and what stands for any application. */
#define SUBJECT_SIZE (CONFIG_PREFIX_SIZE + 16 + TOKEN_SIZE)

/*! \brief A subject: a word behind the prefix, and what follows it. */
struct subject {
	const char *word;
	/*! Whether this node's name follows. */
	int has_node;
	/*! Whether an application follows. */
	int has_app;
	bus_handler handler;
};

static const struct subject subjects[] = {
	{ "claim", 1, 1, on_claim },
	{ "bid", 1, 1, on_bid },
	{ "decline", 1, 1, on_decline },
	{ "take", 1, 1, on_take },
	{ "list", 0, 1, on_list },
	{ "hello", 0, 1, on_hello },
	{ "ping", 0, 0, on_ping },
	{ "node", 1, 0, on_node },
};

int subjects_subscribe(struct bus *bus, const struct config *config)
{
	int failed = 0;

	for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
		const struct subject *one = &subjects[i];
		char text[SUBJECT_SIZE];

		snprintf(text, sizeof(text), "%s.%s%s%s%s", config->prefix, one->word, one->has_node ? "." : "",
			one->has_node ? config->node_token : "", one->has_app ? ".*" : "");
		failed |= bus_subscribe(bus, text, one->handler);
	}
	return failed;
}
