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
 * matches or not; neither takes more than BUDGET_MS of the processor, whatever the input. The meaning is
 * the C library's (filter_oracle.h). Many inputs here spend their whole budget: fuzz_meaning.c compares more.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app_filter.h"
#include "filter_oracle.h"

/*! What one input may take, in milliseconds of this thread's processor time, with sanitizers: two of fuzz.mk's. */
#define BUDGET_MS 20

/*! How often an input has to take longer: other users of the machine cost a thread time, too. */
#define TRIES 4

static int64_t cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
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
 * \brief A filter selects what it matches.
 *
 * \return 1 if it matches, 0 if not, -1 if that could not be decided within the budget.
 */
static int check_match(struct app_filter *filter, const char *name)
{
	const char *list[] = { name };
	int undecided[2];
	int matches = app_filter_decide(filter, name, &undecided[0]);
	struct names *names = names_create(list, 1);
	struct names *selected = app_filter_select(filter, names, &undecided[1]);
	size_t count = names_count(selected);

	names_unref(selected);
	names_unref(names);
	if (undecided[0] || undecided[1]) {
		return -1;
	}
	if (count != (size_t) matches) {
		broken("selects something else than it matches", app_filter_text(filter), name);
	}
	return matches;
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
