/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What tells one offer of a call from another, and one start of the module from another.
 */

#ifndef RES_STASIS_BROADCAST_NATS_NONCE_H
#define RES_STASIS_BROADCAST_NATS_NONCE_H

/*! \brief Room for either. */
#define NONCE_SIZE 48

/*! \brief Draw a name for this load of the module. The thread that loads it. */
void nonce_start(void);

/*! \brief This load of the module. Any thread. */
const char *nonce_instance(void);

/*! \brief Write what names a broadcast. \return \a nonce. Any thread. */
const char *nonce_write(unsigned long serial, char nonce[NONCE_SIZE]);

/*! \brief Read it. \retval 0 on success, 1 if it is none of this load of the module. Any thread. */
int nonce_read(const char *nonce, unsigned long *serial);

#endif /* RES_STASIS_BROADCAST_NATS_NONCE_H */
