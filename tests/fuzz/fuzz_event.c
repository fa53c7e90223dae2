/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Fuzzes ari-race's reader of ARI events, with and without the application, in memory of their size.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
	if (!holds) {
		abort();
	}
}

static int parse(const uint8_t *data, size_t size, bool want_application, struct event *event)
{
	char *copy = malloc(size);
	int result;

	memset(event, 'x', sizeof(*event));
	memcpy(copy, data, size);
	result = event_parse(copy, size, want_application, event);
	free(copy);
	check(result == 0 || result == -1);
	check(!result || event->type >= EVENT_OTHER);
	check(memchr(event->application, '\0', sizeof(event->application)) != NULL);
	check(memchr(event->channel_id, '\0', sizeof(event->channel_id)) != NULL);
	check(memchr(event->request_id, '\0', sizeof(event->request_id)) != NULL);
	check(event->status == 0 || (event->status >= 100 && event->status < 600));
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct event event;

	/* Who stops as soon as all is known has no more to refuse. */
	if (size && !parse(data, size, true, &event)) {
		check(!parse(data, size, false, &event));
	} else if (size) {
		parse(data, size, false, &event);
	}
	return 0;
}
