/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A resource module that is not ours: said loudly, since calls go where they should not.
 */

#ifndef APP_STASIS_BROADCAST_PROVIDER_H
#define APP_STASIS_BROADCAST_PROVIDER_H

/*! \brief Let the next provider_check() speak. Called by the thread that loads the module. */
void provider_forget(void);

/*!
 * \brief Log an error, once, if there is a \c res_stasis_broadcast that is not ours.
 *
 * An upgrade of Asterisk's packages puts Asterisk's own in its place without a word, and a filter that cannot be used
 * then offers the call to everybody.
 *
 * \note Any thread; takes no lock.
 */
void provider_check(void);

/*! \brief Whether there is a \c res_stasis_broadcast that is not ours. Any thread; takes no lock. */
int provider_is_foreign(void);

#endif /* APP_STASIS_BROADCAST_PROVIDER_H */
