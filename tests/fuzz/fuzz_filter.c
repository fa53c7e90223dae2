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
 * matches or not; neither takes more than BUDGET_MS of the processor, whatever the input. The C library's
 * regcomp() and regexec() say what it means: what they accept means the same here, or is refused for one
 * of the reasons below, and what they refuse is refused here.
 */

#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app_filter.h"
#include "printable.h"

/*! What one input may take, in milliseconds of this thread's processor time, with sanitizers: three budgets. */
#define BUDGET_MS 90

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

/*!
 * \brief A filter does not answer now so and now so, and selects what it matches.
 *
 * \return 1 if it matches, 0 if not, -1 if that could not be decided within the budget.
 */
static int check_match(struct app_filter *filter, const char *name)
{
	const char *list[] = { name };
	int undecided[3];
	int matches = app_filter_decide(filter, name, &undecided[0]);
	struct names *names = names_create(list, 1);
	struct names *selected = app_filter_select(filter, names, &undecided[1]);
	int again = app_filter_decide(filter, name, &undecided[2]);
	size_t count = names_count(selected);

	names_unref(selected);
	names_unref(names);
	if (undecided[0] || undecided[1] || undecided[2]) {
		return -1;
	}
	if (matches != again) {
		broken("two answers to one question", app_filter_text(filter), name);
	}
	if (count != (size_t) matches) {
		broken("selects something else than it matches", app_filter_text(filter), name);
	}
	return matches;
}

/*!
 * \brief Whether the C library can be asked about a filter: it would expand repeated repetitions at length.
 */
static int is_comparable(const char *filter)
{
	const char *brace = strchr(filter, '{');

	if (strlen(filter) > COMPARED_LENGTH) {
		return 0;
	}
	return !brace || (!strchr(brace + 1, '{') && strspn(brace + 1, "0123456789") < 3 && strlen(brace) < 8);
}

/*!
 * \brief Whether the C library's answer about a name counts.
 *
 * It does not where a filter has "^" or "$" and the name a line feed: without REG_NEWLINE a line feed is a
 * character as any other, but the C library lets "$" match before one that a later "^" or "." takes, as in
 * ".^$" and the name "$\n". That is no model.
 */
static int is_model(const char *filter, const char *name)
{
	return strlen(name) <= COMPARED_LENGTH && (!strchr(name, '\n') || !strpbrk(filter, "^$"));
}

/*! \brief What may be refused although the C library takes it. */
static int may_be_refused(const char *reason)
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
static void check_meaning(const char *filter, const char *name, const char *reason, int matches)
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

/*! \brief Compile and match. \return The processor time that this took, in milliseconds. */
static int64_t try(const char *text, const char *name)
{
	char reason[192] = "";
	int64_t start = cpu_ms(), took;
	struct app_filter *filter = app_filter_get(text, reason, sizeof(reason));
	int matches = -1;

	if (filter) {
		matches = check_match(filter, name);
		app_filter_unref(filter);
	} else {
		check_refusal(text, reason);
	}
	app_filter_forget_all();
	took = cpu_ms() - start;
	check_meaning(text, name, reason, matches);
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
