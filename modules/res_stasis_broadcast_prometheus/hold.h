/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Keeping the code of the provider where it is while a scrape is in it.
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

#endif /* RES_STASIS_BROADCAST_PROMETHEUS_HOLD_H */
