/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Words for yes and no.
 *
 * Plain C and header-only, for arguments and settings alike.
 */

#ifndef STASIS_BROADCAST_TRUTH_H
#define STASIS_BROADCAST_TRUTH_H

#include <stddef.h>
#include <strings.h>

/*!
 * \brief What a word means, as in Asterisk's ast_true() and ast_false().
 *
 * \param word The word without blanks around it; case does not matter.
 *
 * \retval 1 for yes, 0 for no, -1 for neither.
 *
 * \note Any thread; takes no lock.
 */
static inline int truth_of(const char *word)
{
	static const char *const words[][2] = { { "no", "yes" }, { "false", "true" }, { "n", "y" }, { "f", "t" },
		{ "0", "1" }, { "off", "on" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (int truth = 0; truth < 2; truth++) {
			if (!strcasecmp(word, words[i][truth])) {
				return truth;
			}
		}
	}
	return -1;
}

#endif /* STASIS_BROADCAST_TRUTH_H */
