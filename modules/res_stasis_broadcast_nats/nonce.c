/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What tells one offer of a call from another, and one start of the module from another.
 */

#include "asterisk.h"

#include "asterisk/utils.h"

#include "nonce.h"

static char instance[17] = "";

void nonce_start(void)
{
	snprintf(instance, sizeof(instance), "%08lx%08lx", (unsigned long) ast_random() & 0xffffffff,
		(unsigned long) ast_random() & 0xffffffff);
}

const char *nonce_instance(void)
{
	return instance;
}

const char *nonce_write(unsigned long serial, char nonce[NONCE_SIZE])
{
	snprintf(nonce, NONCE_SIZE, "%s-%lu", instance, serial);
	return nonce;
}

int nonce_read(const char *nonce, unsigned long *serial)
{
	const size_t length = strlen(instance);
	char again[NONCE_SIZE];

	if (strncmp(nonce, instance, length) || nonce[length] != '-') {
		return 1;
	}
	*serial = strtoul(nonce + length + 1, NULL, 10);
	return !*serial || strcmp(nonce_write(*serial, again), nonce) ? 1 : 0;
}
