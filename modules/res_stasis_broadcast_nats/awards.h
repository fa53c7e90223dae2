/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Claims and bids whose answer waits for the award: kept here, so that no thread waits with them.
 */

#ifndef RES_STASIS_BROADCAST_NATS_AWARDS_H
#define RES_STASIS_BROADCAST_NATS_AWARDS_H

#include "res_stasis_broadcast/source_types.h"

/*!
 * \brief Claim, bid or take; if that is noted only, answer when it is decided.
 *
 * \param what What is asked for, with a serial.
 * \param reply Where the answer goes.
 *
 * \return As stasis_broadcast_ask(). \c STASIS_BROADCAST_NOTED: the answer follows, or was given.
 *
 * \note Any thread; takes a lock for a moment.
 */
int awards_ask(const struct stasis_broadcast_ask *what, const char *reply);

/*!
 * \brief Have the answer go elsewhere for which a worker waits that has asked for the next call in line: it has asked again.
 *
 * \param app Its application.
 * \param worker Its name.
 * \param reply Where the answer goes from now on.
 *
 * \return Whether it waits for one.
 *
 * \note Any thread; takes a lock for a moment.
 */
int awards_answer_to(const char *app, const char *worker, const char *reply);

/*!
 * \brief Take back what a worker waits for: it has said good-bye.
 *
 * Each is answered 403. The bid of its application is from then on that of its next best worker; if there is none, the
 * application has declined. A take that has lost and is about to have the next call gets none.
 *
 * \param app Its application, which may have gone with it.
 * \param worker Its name.
 *
 * \note Any thread; takes a lock for a moment.
 */
void awards_leave(const char *app, const char *worker);

/*! \brief Note that a broadcast has closed. As \c closed of struct stasis_broadcast_source. */
void awards_closed(unsigned long serial, const char *winner);

/*!
 * \brief Answer those whose broadcast has closed.
 *
 * \param goes_on Goes on with who has asked for the next call in line: what was asked for, whether it has it, and where
 *                the answer goes.
 *
 * \note The thread that publishes.
 */
void awards_attend(void (*goes_on)(const struct stasis_broadcast_ask *what, int has_it, const char *reply));

/*! \brief Forget all. The thread that unloads the module, when nobody asks any more. */
void awards_forget(void);

#endif /* RES_STASIS_BROADCAST_NATS_AWARDS_H */
