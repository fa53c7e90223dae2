/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief "broadcast show nats".
 */

#ifndef RES_STASIS_BROADCAST_NATS_CLI_H
#define RES_STASIS_BROADCAST_NATS_CLI_H

/*! \brief Register the command. \retval 0 on success. The thread that loads the module. */
int cli_nats_start(void);

/*! \brief The opposite. Waits for who runs it. The thread that unloads the module. */
void cli_nats_stop(void);

#endif /* RES_STASIS_BROADCAST_NATS_CLI_H */
