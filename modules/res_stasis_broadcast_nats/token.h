/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Names as tokens of a subject, which is what NATS tells messages apart by (docs/FLEET.md).
 */

#ifndef RES_STASIS_BROADCAST_NATS_TOKEN_H
#define RES_STASIS_BROADCAST_NATS_TOKEN_H

#include <stddef.h>

/*! \brief The longest name, in bytes: that of an application (rule 5). */
#define TOKEN_MAX_NAME 256

/*! \brief Room for the token of any name. */
#define TOKEN_SIZE (3 * TOKEN_MAX_NAME + 1)

/*!
 * \brief Write a name as a token: letters, digits, and _ : - as they are, other bytes as \c %XX.
 *
 * \param name The name, of at most \c TOKEN_MAX_NAME bytes, not empty.
 * \param[out] token Room for it.
 *
 * \retval 0 on success, -1 if the name is empty or too long: then \a token is "".
 *
 * \note Any thread; plain C.
 */
int token_write(const char *name, char token[TOKEN_SIZE]);

/*!
 * \brief Read a token.
 *
 * Only what token_write() would write is read: a name has one subject, so that permissions on subjects are a fence.
 *
 * \param token The token, not ended by a NUL.
 * \param length Its length in bytes.
 * \param[out] name Room for the name.
 *
 * \retval 0 on success, -1 if it is no token of ours.
 *
 * \note Any thread; plain C.
 */
int token_read(const char *token, size_t length, char name[TOKEN_MAX_NAME + 1]);

#endif /* RES_STASIS_BROADCAST_NATS_TOKEN_H */
