/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Think times and scores.
 */

#include "chance.h"
#include "race.h"
#include "random.h"

#include <math.h>

/* What a number is for. Those of the choice of claimers are small ones. */
#define FOR_THINK (~UINT64_C(0))
#define FOR_ANGLE (UINT64_C(1) << 62)
#define FOR_SCORE (UINT64_C(1) << 63)

/* No program thinks so long; a lognormal one may. */
#define THINK_MAX_NS (3600 * NS_PER_S)

static uint64_t number(const struct call *call, const struct app *app, uint64_t what)
{
	return random_for((uint64_t) call->race->options.seed, call->number, what ^ (uint64_t) app->index);
}

/*! \brief From above 0 to 1, evenly. */
static double even(uint64_t number)
{
	return ((double) (number >> 11) + 1) / (double) (UINT64_C(1) << 53);
}

/*! \brief Lognormal: the logarithm is the median's, and a normal one (Box and Muller) on top. */
static uint64_t lognormal_ns(const struct options *options, double radius, double angle)
{
	double normal = sqrt(-2 * log(radius)) * cos(2 * M_PI * angle);
	double think = (double) options->think_ns * exp(options->think_sigma * normal);

	return think < (double) THINK_MAX_NS ? (uint64_t) think : THINK_MAX_NS;
}

uint64_t chance_think_ns(const struct call *call, const struct app *app)
{
	const struct options *options = &call->race->options;
	uint64_t spread = (uint64_t) options->spread_ns;

	if (options->think_sigma > 0) {
		return lognormal_ns(options, even(number(call, app, FOR_THINK)), even(number(call, app, FOR_ANGLE)));
	}
	if (!spread) {
		return (uint64_t) options->think_ns;
	}
	return (uint64_t) options->think_ns - spread + number(call, app, FOR_THINK) % (2 * spread + 1);
}

unsigned int chance_score(const struct call *call, const struct app *app)
{
	return (unsigned int) (number(call, app, FOR_SCORE) % (SCORE_MAX + 1));
}
