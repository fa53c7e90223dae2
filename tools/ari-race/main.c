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

int main(int argc, char **argv)
{
	static struct race race;
	int status = options_parse(&race.options, argc, argv);

	if (status < 0) {
		status = run(&race);
	}
	options_free(&race.options);
	return status;
}
