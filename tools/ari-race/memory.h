/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_MEMORY_H
#define ARI_RACE_MEMORY_H

/*! \file
 * \brief Allocation that does not fail: a load generator without memory has nothing left to measure.
 */

#include <stddef.h>

/*! \brief calloc(), or a message and exit status 3. \return to free with free(). */
void *xcalloc(size_t count, size_t size);

/*! \brief realloc(), or a message and exit status 3. \return to free with free(). */
void *xrealloc(void *old, size_t size);

/*! \brief strdup(), or a message and exit status 3. \return to free with free(). */
char *xstrdup(const char *string);

#endif /* ARI_RACE_MEMORY_H */
