/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Fields of AMI messages: a text in them cannot end its line.
 */

#ifndef RES_STASIS_BROADCAST_AMI_TEXT_H
#define RES_STASIS_BROADCAST_AMI_TEXT_H

#include <stdint.h>

struct ast_str;

/*!
 * \brief Add a field with anybody's text: control characters are written as \c \\xNN.
 *
 * \param body What to add to; stays as it is without memory.
 * \param name The field's name.
 * \param value Its value; NULL is as good as "".
 *
 * \note Any thread; takes no lock.
 */
void ami_add_text(struct ast_str **body, const char *name, const char *value);

/*! \brief Add a field with a number, as ami_add_text(). */
void ami_add_number(struct ast_str **body, const char *name, int64_t value);

/*! \brief Add a field with a number, or an empty one if there is none to tell. As ami_add_text(). */
void ami_add_number_if(struct ast_str **body, const char *name, int is_told, int64_t value);

/*! \brief Whether a text has a character that would end the line of a field. Any thread; takes no lock. */
int ami_has_control(const char *text);

#endif /* RES_STASIS_BROADCAST_AMI_TEXT_H */
