/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Checks a POSIX extended regular expression and writes it as a PCRE2 pattern.
 *
 * The meaning is that of the GNU C library's regcomp(REG_EXTENDED) in the locale "C" (SPEC, rule 9).
 */

#ifndef CORE_ERE_H
#define CORE_ERE_H

#include <stddef.h>

/*! \brief Room for any pattern that a text of 256 characters can become, in bytes. */
#define ERE_PATTERN_SIZE 4096

/*! \brief About how many bytes a pattern may have when PCRE2 has compiled it. */
#define ERE_MAX_COMPILED 16384

/*!
 * \brief Check a text and write it as a pattern with the same meaning.
 *
 * The GNU operators (\\w \\W \\s \\S \\b \\B \\< \\> \\` \\') are included. What cannot be translated
 * (back-references, some odd brackets), and what would grow too large, is refused. The time this takes
 * grows with the length of the text only, since nothing is repeated here.
 *
 * \param text The expression. Borrowed.
 * \param[out] pattern ERE_PATTERN_SIZE bytes, for pcre2_compile() with PCRE2_DOTALL and no other option
 *             that changes the meaning. Ends with a null byte.
 * \param error Where to say why the text is refused; may be NULL. Printable.
 * \param error_size Its size in bytes.
 *
 * \retval 0 on success, -1 if the text is refused.
 *
 * \note Any thread; takes no lock.
 */
int ere_translate(const char *text, char *pattern, char *error, size_t error_size);

#endif /* CORE_ERE_H */
