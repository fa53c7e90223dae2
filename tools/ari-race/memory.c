/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Allocation that does not fail.
 */

#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory)
{
	if (!memory) {
		fprintf(stderr, "ari-race: out of memory\n");
		exit(3);
	}
	return memory;
}

void *xcalloc(size_t count, size_t size)
{
	return checked(calloc(count, size));
}

void *xrealloc(void *old, size_t size)
{
	return checked(realloc(old, size));
}

char *xstrdup(const char *string)
{
	return checked(strdup(string));
}
