/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_APPS_H
#define ARI_RACE_APPS_H

/*! \file
 * \brief The applications that ari-race plays, and what each of them does with an offer.
 */

#include "hist.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options;

enum role {
	ROLE_CLAIMER,  /*!< claims, or may be chosen to */
	ROLE_WATCHER,  /*!< reads and does nothing */
	ROLE_DECLINER, /*!< declines */
	ROLE_STALLED,  /*!< never reads */
};

struct app {
	size_t index;
	char *name;
	enum role role;
	uint64_t lost_ns;   /*!< when its WebSocket last broke; 0: never */
	struct hist *delay; /*!< of its offers, from the beginning of each call; NULL if it does not read */
	uint64_t offers;
	uint64_t claims;
	uint64_t won;
	uint64_t starts;
};

struct apps {
	struct app *all; /*!< claimers first, then watchers, decliners, stalled */
	size_t count;
	size_t readers;  /*!< those that are not stalled */
	size_t claimers; /*!< those with ROLE_CLAIMER */
	size_t active;   /*!< claimers and decliners: those that send requests */
	const char *prefix;
};

/*! \brief Make the applications; \a options is borrowed until apps_close(). */
void apps_open(struct apps *apps, const struct options *options);

/*! \brief Free them. */
void apps_close(struct apps *apps);

/*! \brief Find one by name. \return NULL if there is none */
struct app *apps_find(const struct apps *apps, const char *name);

/*! \brief "claimer", "watcher" … */
const char *role_name(enum role role);

#endif /* ARI_RACE_APPS_H */
