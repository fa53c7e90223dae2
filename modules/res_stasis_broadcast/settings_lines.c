/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Lines of a configuration file that say nothing.
 */

#include "settings_lines.h"

#include <stdlib.h>
#include <string.h>

/*! \brief Whether a line says something, or has nothing to say. */
static int is_sound(const char *line)
{
	const char *start = line + strspn(line, " \t\r\n");

	return !*start || strchr(";[#", *start) || strchr(start, '=');
}

int settings_lines_find_broken(FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	int in_comment = 0;
	int number = 0;
	int broken = 0;

	while (!broken && getline(&line, &size, file) >= 0) {
		number++;
		in_comment = in_comment || strstr(line, ";--");
		if (!in_comment && !is_sound(line)) {
			broken = number;
		}
		in_comment = in_comment && !strstr(line, "--;");
	}
	free(line);
	return broken;
}
