/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A text of a caller, a channel or an application as JSON can carry it.
 */

#ifndef RES_STASIS_BROADCAST_DESCRIBE_TEXT_H
#define RES_STASIS_BROADCAST_DESCRIBE_TEXT_H

struct ast_json;

/*!
 * \brief A text as JSON can carry it: what is not UTF-8 is written as \c \\xNN, and would else make the whole
 *        object fail.
 *
 * \return A JSON string, or NULL.
 *
 * \note Any thread; takes no lock.
 */
struct ast_json *describe_text(const char *text);

#endif /* RES_STASIS_BROADCAST_DESCRIBE_TEXT_H */
