/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*
 * Preloaded into the sandbox's Asterisk: whatever wants to be bound to all addresses is bound to
 * loopback. The configuration does that for everything but PJSIP's DNS client, which has no setting.
 */

#include <dlfcn.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

typedef int (*bind_function)(int, const struct sockaddr *, socklen_t);

static bind_function libc_bind(void)
{
	void *symbol = dlsym(RTLD_NEXT, "bind");
	bind_function function;

	memcpy(&function, &symbol, sizeof(function));
	return function;
}

__attribute__((visibility("default"))) int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	struct sockaddr_storage local;

	if (length > sizeof(local)) {
		return libc_bind()(fd, address, length);
	}
	memcpy(&local, address, length);
	if (address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
		struct sockaddr_in *v4 = (struct sockaddr_in *) &local;

		if (v4->sin_addr.s_addr == htonl(INADDR_ANY)) {
			v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		}
	} else if (address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) &local;

		if (IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr)) {
			v6->sin6_addr = in6addr_loopback;
		}
	}
	return libc_bind()(fd, (struct sockaddr *) &local, length);
}
