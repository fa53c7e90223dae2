/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The commands: cli.c (which there are), cli_calls.c, cli_apps.c and cli_stats.c (what they do), cli_table.c (how
 * it is laid out).
 */

#ifndef RES_STASIS_BROADCAST_CLI_H
#define RES_STASIS_BROADCAST_CLI_H

/*! \brief Have the commands. The thread that loads the module, when the gate is open. \retval 0 on success, else -1. */
int cli_start(void);

/*! \brief Have them no longer. The thread that unloads the module, while the gate is still open. */
void cli_stop(void);

#endif /* RES_STASIS_BROADCAST_CLI_H */
