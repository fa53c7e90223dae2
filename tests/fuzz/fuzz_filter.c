/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Fuzzes filters: compiling, matching, and what one input may cost.
 *
 * The first line is the filter, the rest an application name. Filters compile or are refused, a name
 * matches or not; neither takes more than BUDGET_MS of the processor, whatever the input. Where POSIX
 * leaves no choice, the C library's regexec() has to agree.
 */

#include <ctype.h>
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app_filter.h"
#include "printable.h"

/*! What one input may take, in milliseconds of this thread's processor time, with sanitizers. */
#define BUDGET_MS 50

/*! How often an input has to take longer: other users of the machine cost a thread time, too. */
#define TRIES 4

/*! The C library's own matcher knows no bounds: only filters and names as short as this are compared. */
#define COMPARED_LENGTH 24

static int64_t cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/*! \brief End the run with a reason: the fuzzer keeps the input. */
static void broken(const char *why, const char *filter, const char *name)
{
	char shown[2][PRINTABLE_SIZE];

	fprintf(stderr, "%s: filter '%s', name '%s'\n", why, printable(filter, shown[0], PRINTABLE_SIZE),
		printable(name, shown[1], PRINTABLE_SIZE));
	abort();
}

static void check_refusal(const char *filter, const char *reason)
{
	if (!*reason) {
		broken("refused without a reason", filter, "");
	}
	for (; *reason; reason++) {
		if ((unsigned char) *reason < 0x20 || (unsigned char) *reason >= 0x7f) {
			broken("the reason is not printable", filter, "");
		}
	}
}

/*! \brief A filter does not answer now so and now so, and selects what it matches. */
static void check_match(struct app_filter *filter, const char *name)
{
	const char *list[] = { name };
	int matches = app_filter_match(filter, name);
	struct names *names = names_create(list, 1);
	struct names *selected = app_filter_select(filter, names);

	if (matches != app_filter_match(filter, name)) {
		broken("two answers to one question", app_filter_text(filter), name);
	}
	if (names_count(selected) != (size_t) matches) {
		broken("selects something else than it matches", app_filter_text(filter), name);
	}
	names_unref(selected);
	names_unref(names);
}

/*!
 * \brief Whether the C library's answer counts: no repetition that it would expand at length, no
 *        backslash before a letter or digit, to which it gives meanings of its own, and only ASCII.
 */
static int is_comparable(const char *filter, const char *name)
{
	static const char gnu_escapes[] = "<>`'";

	if (strlen(filter) > COMPARED_LENGTH || strlen(name) > COMPARED_LENGTH || strchr(filter, '{')) {
		return 0;
	}
	for (const char *c = filter; *c; c++) {
		if ((unsigned char) *c >= 0x7f) {
			return 0;
		}
		if (*c == '\\' && c[1] && (isalnum((unsigned char) c[1]) || strchr(gnu_escapes, c[1]))) {
			return 0;
		}
	}
	return 1;
}

static void check_meaning(const char *filter, const char *name, int matches)
{
	regex_t regex;

	if (!is_comparable(filter, name) || regcomp(&regex, filter, REG_EXTENDED | REG_NOSUB)) {
		return;
	}
	if (matches != !regexec(&regex, name, 0, NULL, 0)) {
		broken(matches ? "matches, but not by POSIX" : "matches by POSIX, but not here", filter, name);
	}
	regfree(&regex);
}

/*! \brief Compile and match. \return The processor time that this took, in milliseconds. */
static int64_t try(const char *text, const char *name)
{
	char reason[192] = "";
	int64_t start = cpu_ms(), took;
	struct app_filter *filter = app_filter_get(text, reason, sizeof(reason));
	int matches = -1;

	if (filter) {
		check_match(filter, name);
		matches = app_filter_match(filter, name);
		app_filter_unref(filter);
	} else {
		check_refusal(text, reason);
	}
	app_filter_forget_all();
	took = cpu_ms() - start;
	if (matches >= 0) {
		check_meaning(text, name, matches);
	}
	return took;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	char *name;
	int tries = 0;

	memcpy(text, data, size);
	text[size] = '\0';
	name = strchr(text, '\n');
	if (name) {
		*name++ = '\0';
	} else {
		name = text + strlen(text);
	}
	while (try(text, name) > BUDGET_MS) {
		if (++tries == TRIES) {
			broken("takes too long", text, name);
		}
	}
	free(text);
	return 0;
}
