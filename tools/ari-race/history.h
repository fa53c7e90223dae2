/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_HISTORY_H
#define ARI_RACE_HISTORY_H

/*! \file
 * \brief A file with one line of JSON for everything the clients did and heard, for all who want to
 * check a run afterwards. The man page describes the lines.
 */

#include <stdint.h>
#include <stdio.h>

struct history {
	FILE *file; /*!< NULL: no history is kept */
};

/*! \brief Open the file; \a path NULL keeps none. \retval 0 ok \retval -1 it cannot be written, see errno */
int history_open(struct history *history, const char *path);

/*!
 * \brief Write a line.
 *
 * \param what "offer", "claim", "answer" …
 * \param at_ns When it happened.
 * \param call Channel id, or NULL.
 * \param app Name of the application, or NULL.
 * \param request What the answer is to, or NULL: then \a status is left out.
 * \param status HTTP status; 0: no answer.
 */
void history_write(struct history *history, const char *what, uint64_t at_ns, const char *call,
	const char *app, const char *request, int status);

/*! \brief Close the file. \retval 0 all is written \retval -1 it is not, see errno */
int history_close(struct history *history);

#endif /* ARI_RACE_HISTORY_H */
