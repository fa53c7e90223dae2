/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_CHANCE_H
#define ARI_RACE_CHANCE_H

/*! \file
 * \brief What is left to chance of an application and a call. It follows from --seed and the two, and repeats with them.
 */

#include <stdint.h>

struct app;
struct call;

#define SCORE_MAX 1000

/*! \brief How long the application thinks about the call, in ns: --think, with --spread or --think-sigma. */
uint64_t chance_think_ns(const struct call *call, const struct app *app);

/*! \brief How suitable the application is for the call, from 0 to SCORE_MAX, each as likely as any other. */
unsigned int chance_score(const struct call *call, const struct app *app);

#endif /* ARI_RACE_CHANCE_H */
