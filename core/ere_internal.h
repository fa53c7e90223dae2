/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the files of the translator share: where it reads and where it writes.
 *
 * For ere.c and ere_bracket.c only.
 */

#ifndef CORE_ERE_INTERNAL_H
#define CORE_ERE_INTERNAL_H

#include <stddef.h>

/*! \brief One translation. */
struct ere {
	/*! The whole text, and the next character of it. */
	const char *text;
	const char *at;
	/*! What was written so far, ERE_PATTERN_SIZE bytes, and its length. */
	char *pattern;
	size_t length;
	/*! How many anchors ("^", "\\<" and the like) were read so far. */
	size_t anchors;
	/*! Where the reason of a refusal goes. */
	char *error;
	size_t error_size;
};

/*! \brief Say why the text is refused, once. \return -1, so that it can be returned at once. */
int ere_refuse(struct ere *ere, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*! \brief The place of the next character, counted from 1, for a reason. */
int ere_place(const struct ere *ere);

/*! \brief Append to the pattern. \retval 0 on success, -1 if it is too long, which refuses the text. */
int ere_write(struct ere *ere, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*!
 * \brief Translate the bracket expression that begins at the next character.
 *
 * \retval 0 on success, with the next character after it; -1 if it is refused.
 */
int ere_bracket(struct ere *ere);

#endif /* CORE_ERE_INTERNAL_H */
