/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Points at which a thread can be held, or fail, for tests of races: nothing, but in a build with -DPAUSE_POINTS.
 */

#ifndef STASIS_BROADCAST_PAUSE_POINT_H
#define STASIS_BROADCAST_PAUSE_POINT_H

#ifdef PAUSE_POINTS

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "asterisk/paths.h"

/*!
 * \brief Hold the next thread that comes here while there is the file pause.NAME in Asterisk's log folder.
 *
 * The file held.NAME, which is made then, says that a thread is held; as long as it is there, no other is.
 *
 * \param name The point's name.
 *
 * \note Any thread, with whatever locks it has.
 */
static inline void pause_point(const char *name)
{
	char wanted[512];
	char held[512];
	int fd;

	snprintf(wanted, sizeof(wanted), "%s/pause.%s", ast_config_AST_LOG_DIR, name);
	snprintf(held, sizeof(held), "%s/held.%s", ast_config_AST_LOG_DIR, name);
	if (access(wanted, F_OK)) {
		return;
	}
	fd = open(held, O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		return;
	}
	close(fd);
	while (!access(wanted, F_OK)) {
		usleep(5000);
	}
}

/*! \brief Whether there is the file fail.NAME in Asterisk's log folder: then what follows fails as it does without memory. */
static inline int fail_point(const char *name)
{
	char wanted[512];

	snprintf(wanted, sizeof(wanted), "%s/fail.%s", ast_config_AST_LOG_DIR, name);
	return !access(wanted, F_OK);
}

#else
#define pause_point(name)
#define fail_point(name) 0
#endif

#endif /* STASIS_BROADCAST_PAUSE_POINT_H */
