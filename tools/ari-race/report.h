/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_REPORT_H
#define ARI_RACE_REPORT_H

/*! \file
 * \brief The report at the end of a run: the table for people, the JSON for programs.
 */

#include <stdio.h>

struct race;
struct verdict;

/*! \brief Print the table to standard output. */
void report_print(const struct race *race, const struct verdict *verdict);

/*! \brief Write the JSON object that the man page describes. */
void report_json(FILE *file, const struct race *race, const struct verdict *verdict);

/*! \brief "complete", "interrupted" or "asterisk-gone". */
const char *report_ending(const struct race *race);

#endif /* ARI_RACE_REPORT_H */
