/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_STAGES_H
#define ARI_RACE_STAGES_H

/*! \file
 * \brief The stages of a run: set-up, run, drain, settle, clean-up, close. Each function here ends one
 * stage and begins the next; all are called in the loop.
 */

#include "race.h"

/*! \brief Set up: look at Asterisk, then open HTTP connections and WebSockets. */
void setup_start(struct race *race);

/*! \brief All WebSockets stand: begin the run. */
void stages_run(struct race *race);

/*! \brief No more calls are to be made: let those that are open come to their end. */
void stages_drain(struct race *race);

/*! \brief A call is over, a claim is answered, or no more calls come: see whether that was the last thing
 * to wait for. */
void stages_check_end(struct race *race);

/*! \brief Hang up what is left, ask about the stalled applications, then close. */
void cleanup_start(struct race *race);

/*! \brief Close the WebSockets. */
void stages_close(struct race *race);

/*! \brief The last WebSocket is closed: end the loop. */
void stages_closed(struct race *race);

#endif /* ARI_RACE_STAGES_H */
