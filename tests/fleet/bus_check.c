/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*
 * Says which libnats there is, and what the module's bus says of TLS with it.
 */

#include <nats/nats.h>
#include <stdio.h>

#include "bus.h"

int main(void)
{
	struct bus_options options = { .servers = "", .credentials = "", .tls = 1 };
	const char *refusal = bus_check(&options);

	printf("%s\n%s\n", nats_GetVersion(), refusal ? refusal : "");
	options.tls = 0;
	options.servers = "nats://127.0.0.1:4222,tls://127.0.0.1:4222";
	if (bus_check(&options) != refusal) {
		return 1;
	}
	options.servers = "nats://tls:4222";
	return bus_check(&options) ? 1 : 0;
}
