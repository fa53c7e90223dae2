/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The warning that a filter takes too long to match.
 */

#ifndef STASIS_BROADCAST_FILTER_WARNING_H
#define STASIS_BROADCAST_FILTER_WARNING_H

struct app_filter;
struct ast_channel;

/*!
 * \brief Warn that a filter left out applications because it takes too long (SPEC, rule 9).
 *
 * Once for each filter while it is in use or kept, and one line in 10 s for all filters.
 *
 * \param chan The channel that is offered with it.
 * \param filter The filter for which app_filter_select() or app_filter_decide() set \c out_of_budget.
 *
 * \note Any thread, with no lock held.
 */
void filter_warn_out_of_budget(const struct ast_channel *chan, struct app_filter *filter);

#endif /* STASIS_BROADCAST_FILTER_WARNING_H */
