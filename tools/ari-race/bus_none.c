/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief ari-race without libnats: says how to get it.
 */

#include "bus.h"

const char *bus_missing(void)
{
	return "this ari-race was built without libnats: install libnats-dev, then \"make ari-race\" again";
}

struct bus_link *bus_open(
	const char *url, const char *name, struct ev_loop *loop, const struct bus_owner *owner, const char **why)
{
	(void) url;
	(void) name;
	(void) loop;
	(void) owner;
	*why = bus_missing();
	return NULL;
}

bool bus_subscribe(struct bus_link *link, const char *subject)
{
	(void) link;
	(void) subject;
	return false;
}

void bus_publish(struct bus_link *link, const char *subject, const char *reply, const char *body)
{
	(void) link;
	(void) subject;
	(void) reply;
	(void) body;
}

void bus_close(struct bus_link *link)
{
	(void) link;
}

void bus_end(void)
{
}
