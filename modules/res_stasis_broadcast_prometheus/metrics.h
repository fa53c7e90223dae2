/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What a scrape gets, one function a subject. All of them run in the thread of the scrape, without a lock of ours.
 */

#ifndef RES_STASIS_BROADCAST_PROMETHEUS_METRICS_H
#define RES_STASIS_BROADCAST_PROMETHEUS_METRICS_H

#include "exposition.h"

/*! \brief Write what is counted in one number each. \param output What is sent. \param totals What is counted. */
void metrics_totals(struct ast_str **output, const struct stasis_broadcast_totals *totals);

/*! \brief Write what is counted of the fleet. As above. */
void metrics_fleet(struct ast_str **output, const struct stasis_broadcast_fleet_stats *fleet);

/*!
 * \brief Write what is counted of each application.
 *
 * \param output What is sent.
 * \param most Applications at the most, the first ones of stasis_broadcast_each_app(): mostly the
 *        same in each scrape.
 *
 * \return 0 on success; else the provider is gone, or memory ran out, and what was written is not whole.
 */
int metrics_applications(struct ast_str **output, size_t most);

/*! \brief Write what is counted of each queue. Parameters and return as above. */
int metrics_queues(struct ast_str **output, size_t most);

#endif /* RES_STASIS_BROADCAST_PROMETHEUS_METRICS_H */
