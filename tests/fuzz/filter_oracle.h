/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What a filter means by the C library's regcomp() and regexec(), for the fuzzers.
 *
 * What they accept means the same here, or is refused for one of the reasons below; what they refuse is
 * refused here.
 */

#ifndef TESTS_FUZZ_FILTER_ORACLE_H
#define TESTS_FUZZ_FILTER_ORACLE_H

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "printable.h"

/*! The C library's own matcher knows no bounds: only filters and names as short as this are compared. */
#define COMPARED_LENGTH 24

/*! \brief End the run with a reason: the fuzzer keeps the input. */
static inline void broken(const char *why, const char *filter, const char *name)
{
	char shown[2][PRINTABLE_SIZE];

	fprintf(stderr, "%s: filter '%s', name '%s'\n", why, printable(filter, shown[0], PRINTABLE_SIZE),
		printable(name, shown[1], PRINTABLE_SIZE));
	abort();
}

/*! \brief How often a character is in a text. */
static inline size_t count_of(const char *text, char c)
{
	size_t count = 0;

	for (; *text; text++) {
		count += *text == c;
	}
	return count;
}

/*!
 * \brief Whether the C library can be asked about a filter.
 *
 * It copies what "+" and braces repeat, and what is copied again with it: "a++++..." takes all memory.
 */
static inline int is_comparable(const char *filter)
{
	static const char digits[] = "0123456789";
	const char *brace = strchr(filter, '{');
	const char *comma = brace ? strchr(brace, ',') : NULL;

	if (strlen(filter) > COMPARED_LENGTH || count_of(filter, '+') > 4 || count_of(filter, '{') > 1) {
		return 0;
	}
	return !brace || (strspn(brace + 1, digits) < 3 && (!comma || strspn(comma + 1, digits) < 3));
}

/*!
 * \brief Whether the C library's answer about a name counts.
 *
 * It does not where a filter has "^" or "$" and the name a line feed: without REG_NEWLINE a line feed is a
 * character as any other, but the C library lets "$" match before one that a later "^" or "." takes, as in
 * ".^$" and the name "$\n". That is no model.
 */
static inline int is_model(const char *filter, const char *name)
{
	return strlen(name) <= COMPARED_LENGTH && (!strchr(name, '\n') || !strpbrk(filter, "^$"));
}

/*! \brief What may be refused although the C library takes it. */
static inline int may_be_refused(const char *reason)
{
	static const char *const reasons[] = { "is a back-reference", "an anchor (", "three hyphens",
		"grows too large", "out of memory" };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strstr(reason, reasons[i])) {
			return 1;
		}
	}
	return 0;
}

/*! \brief Compare with the C library. \param matches As check_match() gives it; what else if \a reason is set. */
static inline void check_meaning(const char *filter, const char *name, const char *reason, int matches)
{
	regex_t regex;
	int error;

	if (!is_comparable(filter)) {
		return;
	}
	error = regcomp(&regex, filter, REG_EXTENDED | REG_NOSUB);
	if (error) {
		if (!*reason && error != REG_ESPACE) {
			broken("accepts what the C library refuses", filter, name);
		}
		return;
	}
	if (*reason && !may_be_refused(reason)) {
		broken(reason, filter, name);
	}
	if (!*reason && matches >= 0 && is_model(filter, name) && matches != !regexec(&regex, name, 0, NULL, 0)) {
		broken(matches ? "matches, but not in the C library" : "matches in the C library only", filter, name);
	}
	regfree(&regex);
}

#endif /* TESTS_FUZZ_FILTER_ORACLE_H */
