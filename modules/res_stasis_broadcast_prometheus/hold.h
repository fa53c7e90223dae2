/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Keeping the code of others where it is while somebody needs it.
 */

#ifndef RES_STASIS_BROADCAST_PROMETHEUS_HOLD_H
#define RES_STASIS_BROADCAST_PROMETHEUS_HOLD_H

/*! \brief Find out whether Asterisk keeps the provider for us. The thread that loads the module. */
void hold_begin(void);

/*!
 * \brief Make sure that the code of \c res_stasis_broadcast does not go before the scrape is out of it.
 *
 * \retval 0 if it can be called.
 * \retval -1 if it is not there.
 *
 * \note The thread of a scrape: one at a time. Takes no lock of ours.
 */
int hold_provider(void);

/*!
 * \brief Make sure that the code of \c res_prometheus does not go with us, if it has come back from an unload by force.
 *
 * Asterisk takes its old code then without a handle of its own, so that only our use of its functions keeps it there.
 *
 * \note The thread that unloads the module.
 */
void hold_prometheus(void);

#endif /* RES_STASIS_BROADCAST_PROMETHEUS_HOLD_H */
