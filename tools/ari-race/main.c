/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief ari-race: what SIPp is for SIP, for ARI's broadcasts.
 */

#include "race.h"
#include "run.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*! \brief A standard stream that is closed must not become the number of a socket: the report would go there. */
static void keep_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0) {
		close(fd);
	}
}

/*! \brief A report that is lost is no success. \return the exit status */
static int check_printed(int status)
{
	if (!(fflush(stdout) | ferror(stdout))) {
		return status;
	}
	terminal_warn("standard output: %s", strerror(errno));
	return 2;
}

int main(int argc, char **argv)
{
	static struct race race;
	int status;

	keep_standard_streams();
	status = options_parse(&race.options, argc, argv);
	if (status < 0) {
		status = run(&race);
	}
	options_free(&race.options);
	return check_printed(status);
}
