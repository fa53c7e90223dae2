/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Offering a call until an application has it: one attempt, and more if its winner is lost.
 */

#ifndef APP_STASIS_BROADCAST_ATTEMPTS_H
#define APP_STASIS_BROADCAST_ATTEMPTS_H

#include "args.h"

struct ast_channel;

/*!
 * \brief Offer a channel, wait, and hand it to the winner until its Stasis session ends.
 *
 * A winner that is gone before it has the channel loses it: with \a reoffer, the channel is offered to the
 * others for what is left of the timeout. The broadcast is cleaned up at the end. All variables are set, those that an
 * earlier broadcast of the channel left included.
 *
 * \param chan The channel; not locked by the caller.
 * \param args What the dialplan asked for.
 * \param reoffer Whether to offer it to the others when its winner is lost.
 *
 * \note The channel's thread.
 */
void attempts_run(struct ast_channel *chan, struct args *args, int reoffer);

#endif /* APP_STASIS_BROADCAST_ATTEMPTS_H */
