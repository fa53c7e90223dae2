/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */
/*! \file
 * \brief The line: which of the broadcasts comes first.
 */

#ifndef RES_STASIS_BROADCAST_LINE_H
#define RES_STASIS_BROADCAST_LINE_H

#include <stddef.h>

struct ast_json;

/*!
 * \brief Describe broadcasts in the order of the line: those that are open first, of them the one with the higher
 *        priority, then the one whose channel was offered first (SPEC section 5).
 *
 * What is answered is as true as the moment in which each was looked at: others come and go meanwhile.
 *
 * \param app_name Only those that this application may claim now; NULL: all.
 * \param limit As many at the most: only these cost more than their place in the order.
 *
 * \return A JSON array; NULL without memory.
 *
 * \note Any thread, inside the gate. Takes the locks of the registry's parts and of single broadcasts one after the
 *       other, never two at once.
 */
struct ast_json *line_describe(const char *app_name, size_t limit);

#endif /* RES_STASIS_BROADCAST_LINE_H */
