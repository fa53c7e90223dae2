/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A compiled filter, and matching it against names within a budget of processor time.
 *
 * Two algorithms of PCRE2: the quick one backtracks and gives up early; the thorough one does not
 * backtrack, takes a hundred times as long on ordinary names, and decides nearly everything.
 */

#ifndef CORE_MATCHER_H
#define CORE_MATCHER_H

#include <stddef.h>

#include "cpu_budget.h"

/*! \brief What one offer or one claim may spend on matching, in nanoseconds of its thread; fuzzers set less. */
#ifndef MATCHER_BUDGET_NS
#define MATCHER_BUDGET_NS 20000000
#endif

/*! \brief A compiled filter, which never changes. */
struct matcher;

/*! \brief Answers. */
enum matcher_answer {
	MATCHER_NO,
	MATCHER_YES,
	/*! Not within the limits of the algorithm, or of the budget, or memory ran out. */
	MATCHER_UNDECIDED,
};

/*! \brief What matching one offer or one claim takes; for one thread. */
struct matching {
	struct cpu_budget budget;
	/*! Counts what PCRE2 reports, so that not each report reads a clock. */
	unsigned int reports;
	/*! PCRE2's, opaque here. */
	void *data;
	void *context;
	/*! For the thorough algorithm, once it is needed. */
	int *workspace;
};

/*!
 * \brief Compile a filter.
 *
 * \param text POSIX extended regular expression. Borrowed.
 * \param error Where to say why it cannot be used; may be NULL. Printable.
 * \param error_size Its size in bytes.
 *
 * \return To free with matcher_free(); NULL if the text cannot be used or memory ran out.
 *
 * \note Any thread; takes no lock.
 */
struct matcher *matcher_create(const char *text, char *error, size_t error_size);

/*! \brief Free a matcher that no thread uses any more. May be NULL. */
void matcher_free(struct matcher *matcher);

/*!
 * \brief Prepare for one offer or one claim.
 *
 * \retval 0 on success, -1 if memory ran out. To be ended with matching_end() in both cases.
 */
int matching_begin(struct matching *matching);

/*! \brief Free what matching_begin() and the matching took. */
void matching_end(struct matching *matching);

/*!
 * \brief Match quickly.
 *
 * \param matcher The compiled filter.
 * \param matching Of this thread.
 * \param name The name, of \a length bytes, no null byte among them.
 *
 * \note Any thread; takes no lock.
 */
enum matcher_answer matcher_match_quickly(
	const struct matcher *matcher, struct matching *matching, const char *name, size_t length);

/*!
 * \brief Match what matcher_match_quickly() left undecided; the same parameters.
 *
 * \note Any thread; takes no lock. The first time it compiles \a matcher once more, in another way.
 */
enum matcher_answer matcher_match_thoroughly(
	struct matcher *matcher, struct matching *matching, const char *name, size_t length);

#endif /* CORE_MATCHER_H */
