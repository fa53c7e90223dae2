/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_VERDICT_H
#define ARI_RACE_VERDICT_H

/*! \file
 * \brief What a run comes to: calls by their number of winners, and the rules that were broken.
 */

#include <stddef.h>

#define VERDICT_NAMED 20 /* so many of the calls that broke a rule are named */

struct call;
struct race;

struct verdict {
	size_t made;        /*!< calls that Asterisk took, or that came from elsewhere */
	size_t failed;      /*!< originates that failed, or were not answered in time */
	size_t not_offered; /*!< of the made ones, those that no reading application was offered */
	size_t partly;      /*!< those that some but not all reading applications were offered */
	size_t winners[3];  /*!< made ones with 0, 1, and 2 or more */
	size_t not_started; /*!< 204 and no StasisStart: a broken rule */
	size_t lost;        /*!< 204 and no StasisStart, but the winner had lost its WebSocket */
	size_t undecided;   /*!< 204 and no StasisStart yet when the run was cut short */
	const struct call *named[VERDICT_NAMED];
	size_t named_count;
};

/*! \brief Judge all calls once; measures the fan-out on the way. */
void verdict_find(struct verdict *verdict, struct race *race);

/*! \brief How many calls broke a rule. */
size_t verdict_broken(const struct verdict *verdict);

/*! \brief The exit status that it comes to. */
int verdict_status(const struct verdict *verdict, const struct race *race);

#endif /* ARI_RACE_VERDICT_H */
