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
 * matches or not; neither takes more than BUDGET_MS of the processor, whatever the input.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app_filter.h"
#include "printable.h"

/*! What one input may take, in milliseconds of this thread's processor time, with sanitizers. */
#define BUDGET_MS 250

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	char reason[192] = "";
	int64_t start = cpu_ms();
	struct app_filter *filter;
	char *name;

	memcpy(text, data, size);
	text[size] = '\0';
	name = strchr(text, '\n');
	if (name) {
		*name++ = '\0';
	} else {
		name = text + strlen(text);
	}
	filter = app_filter_get(text, reason, sizeof(reason));
	if (filter) {
		check_match(filter, name);
		app_filter_unref(filter);
	} else {
		check_refusal(text, reason);
	}
	app_filter_forget_all();
	if (cpu_ms() - start > BUDGET_MS) {
		broken("takes too long", text, name);
	}
	free(text);
	return 0;
}
