/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief PCRE2 matches what ere.c has translated, and reports often enough to be stopped in time.
 */

#include "matcher.h"
#include "ere.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/*! How many steps the quick algorithm may take from one character of the name on. */
#define QUICK_STEPS 1000

/*! How many assertions ("\\<") the thorough algorithm may try: reports end it before. */
#define THOROUGH_STEPS 10000000

/*! Memory for either algorithm, in kibibytes. */
#define HEAP_LIMIT 256

/*! Room for the thorough algorithm's states, in integers; more than the largest filter needs. */
#define WORKSPACE 65536

/*! One report in so many reads the clock. Between two of them there is less than a millisecond. */
#define REPORTS_A_CLOCK 8

struct matcher {
	pcre2_code *quick;
	/*! Compiled when it is first needed, and then kept. */
	_Atomic(pcre2_code *) thorough;
	/*! What it is compiled from. */
	char pattern[];
};

/*! \brief PCRE2 calls it now and then in a match; what is not 0 ends the match. */
static int on_report(pcre2_callout_block *block, void *data)
{
	struct matching *matching = data;

	(void) block;
	if (++matching->reports % REPORTS_A_CLOCK) {
		return 0;
	}
	return cpu_budget_is_spent(&matching->budget) ? PCRE2_ERROR_CALLOUT : 0;
}

/*! \brief Compile a pattern with a piece before and the end of a group behind it. */
static pcre2_code *compile(const char *before, const char *pattern, uint32_t options, int *error)
{
	char whole[ERE_PATTERN_SIZE + 16];
	int length = snprintf(whole, sizeof(whole), "%s(?:%s)", before, pattern);
	PCRE2_SIZE place;

	options |= PCRE2_DOTALL | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
	return pcre2_compile((PCRE2_SPTR) whole, (PCRE2_SIZE) length, options, error, &place, NULL);
}

/*! \brief Put a reason into the caller's buffer. \return NULL, so that it can be returned at once. */
static void *refuse(char *error, size_t error_size, const char *reason)
{
	if (error && error_size) {
		snprintf(error, error_size, "%s", reason);
	}
	return NULL;
}

/*! \brief Compile for the quick algorithm, which reports at each character that it begins at. */
static pcre2_code *compile_quick(const char *pattern, char *error, size_t error_size)
{
	char reason[128] = "";
	PCRE2_SIZE size = 0;
	int code;
	pcre2_code *quick = compile("(?C)", pattern, 0, &code);

	if (!quick) {
		pcre2_get_error_message(code, (PCRE2_UCHAR *) reason, sizeof(reason));
		return refuse(error, error_size, reason);
	}
	pcre2_pattern_info(quick, PCRE2_INFO_SIZE, &size);
	if (size > ERE_MAX_COMPILED) {
		pcre2_code_free(quick);
		return refuse(error, error_size, "it grows too large when compiled; repeat less");
	}
	return quick;
}

struct matcher *matcher_create(const char *text, char *error, size_t error_size)
{
	char pattern[ERE_PATTERN_SIZE];
	struct matcher *matcher;
	size_t size;

	if (ere_translate(text, pattern, error, error_size)) {
		return NULL;
	}
	size = strlen(pattern) + 1;
	matcher = malloc(sizeof(*matcher) + size);
	if (!matcher) {
		return refuse(error, error_size, "out of memory");
	}
	memcpy(matcher->pattern, pattern, size);
	atomic_init(&matcher->thorough, NULL);
	matcher->quick = compile_quick(pattern, error, error_size);
	if (!matcher->quick) {
		free(matcher);
		return NULL;
	}
	return matcher;
}

void matcher_free(struct matcher *matcher)
{
	if (matcher) {
		pcre2_code_free(matcher->quick);
		pcre2_code_free(atomic_load(&matcher->thorough));
		free(matcher);
	}
}

int matching_begin(struct matching *matching)
{
	*matching = (struct matching){ .budget = { .limit_ns = MATCHER_BUDGET_NS } };
	matching->data = pcre2_match_data_create(1, NULL);
	matching->context = pcre2_match_context_create(NULL);
	if (!matching->data || !matching->context) {
		return -1;
	}
	pcre2_set_heap_limit(matching->context, HEAP_LIMIT);
	pcre2_set_callout(matching->context, on_report, matching);
	return 0;
}

void matching_end(struct matching *matching)
{
	pcre2_match_context_free(matching->context);
	pcre2_match_data_free(matching->data);
	free(matching->workspace);
}

/*! \brief What PCRE2's return code means. */
static enum matcher_answer answer_of(int code)
{
	if (code >= 0) {
		return MATCHER_YES;
	}
	return code == PCRE2_ERROR_NOMATCH ? MATCHER_NO : MATCHER_UNDECIDED;
}

enum matcher_answer matcher_match_quickly(
	const struct matcher *matcher, struct matching *matching, const char *name, size_t length)
{
	pcre2_set_match_limit(matching->context, QUICK_STEPS);
	return answer_of(
		pcre2_match(matcher->quick, (PCRE2_SPTR) name, length, 0, 0, matching->data, matching->context));
}

/*!
 * \brief The code of the thorough algorithm; NULL without memory, or if it would be too large.
 *
 * ".*" in front lets it search in one pass; otherwise it would begin again at each character.
 */
static const pcre2_code *thorough_of(struct matcher *matcher)
{
	pcre2_code *code = atomic_load_explicit(&matcher->thorough, memory_order_acquire);
	pcre2_code *other = NULL;
	int error;

	if (code) {
		return code;
	}
	code = compile(".*", matcher->pattern, PCRE2_ANCHORED | PCRE2_AUTO_CALLOUT, &error);
	if (code && !atomic_compare_exchange_strong(&matcher->thorough, &other, code)) {
		pcre2_code_free(code);
		code = other;
	}
	return code;
}

enum matcher_answer matcher_match_thoroughly(
	struct matcher *matcher, struct matching *matching, const char *name, size_t length)
{
	const pcre2_code *code;

	if (cpu_budget_is_spent(&matching->budget)) {
		return MATCHER_UNDECIDED;
	}
	if (!matching->workspace) {
		matching->workspace = malloc(WORKSPACE * sizeof(*matching->workspace));
	}
	code = matching->workspace ? thorough_of(matcher) : NULL;
	if (!code) {
		return MATCHER_UNDECIDED;
	}
	pcre2_set_match_limit(matching->context, THOROUGH_STEPS);
	return answer_of(pcre2_dfa_match(code, (PCRE2_SPTR) name, length, 0, PCRE2_DFA_SHORTEST, matching->data,
		matching->context, matching->workspace, WORKSPACE));
}
