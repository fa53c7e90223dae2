/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Tests of core/app_filter.h: a filter is a POSIX extended regular expression and a fence.
 *
 * The C library's own regcomp(REG_EXTENDED) says what a filter means.
 */

#include "core_test.h"

#include <ctype.h>
#include <locale.h>
#include <malloc.h>
#include <pthread.h>
#include <regex.h>

/*! \brief What a filter should answer for a name; text NULL ends a table. */
struct row {
	const char *text;
	const char *name;
	int matches;
};

/*! \brief A filter that must compile. */
static struct app_filter *filter_of(const char *text)
{
	char error[256] = "";
	struct app_filter *filter = app_filter_get(text, error, sizeof(error));

	if (!filter) {
		fail_msg("filter '%s' was refused: %s", text, error);
	}
	return filter;
}

/*! \brief app_filter_select() for what must be decided within the budget. */
static struct names *select_from(struct app_filter *filter, struct names *names)
{
	int out_of_budget = -1;
	struct names *selected = app_filter_select(filter, names, &out_of_budget);

	assert_int_equal(out_of_budget, 0);
	return selected;
}

static void check_rows(const struct row *row)
{
	for (; row->text; row++) {
		struct app_filter *filter = filter_of(row->text);

		if (app_filter_match(filter, row->name) != row->matches) {
			fail_msg("'%s' on '%s' should %smatch", row->text, row->name, row->matches ? "" : "not ");
		}
		app_filter_unref(filter);
	}
}

/*! \brief A filter has to be refused, with a reason that is printable and does not repeat it. */
static void check_refused(const char *text)
{
	char error[256] = "";
	struct app_filter *filter = app_filter_get(text, error, sizeof(error));

	if (filter) {
		fail_msg("filter '%s' was not refused", text);
	}
	assert_string_not_equal(error, "");
	for (const char *c = error; *c; c++) {
		assert_true(isprint((unsigned char) *c));
	}
	assert_null(app_filter_get(text, NULL, 0));
}

/*! \brief What the C library says: 1 match, 0 no match, -1 it refuses the text. */
static int oracle(const char *text, const char *name)
{
	regex_t regex;
	int matches;

	if (regcomp(&regex, text, REG_EXTENDED | REG_NOSUB)) {
		return -1;
	}
	matches = !regexec(&regex, name, 0, NULL, 0);
	regfree(&regex);
	return matches;
}

static void searches_anywhere_unless_anchored(void **state)
{
	static const struct row rows[] = {
		{ "sales", "my-sales-1", 1 },
		{ "sales", "sale", 0 },
		{ "^sales", "sales-1", 1 },
		{ "^sales", "my-sales", 0 },
		{ "sales$", "my-sales", 1 },
		{ "sales$", "sales-1", 0 },
		{ "^sales$", "sales", 1 },
		{ "", "anything", 1 },
		{ "", "", 1 },
		{ "^$", "", 1 },
		{ "^$", "a", 0 },
		{ "Sales", "sales", 0 },
		{ NULL, NULL, 0 },
	};

	(void) state;
	check_rows(rows);
}

static void means_what_posix_says(void **state)
{
	static const struct row rows[] = {
		{ "^(sales|support|billing)-[0-9]+$", "support-12", 1 },
		{ "^(sales|support|billing)-[0-9]+$", "support-", 0 },
		{ "^ivr-[[:digit:]]{2,3}$", "ivr-123", 1 },
		{ "^ivr-[[:digit:]]{2,3}$", "ivr-1234", 0 },
		{ "^[^a-c]$", "d", 1 },
		{ "^[^a-c]$", "b", 0 },
		{ "^[]a]+$", "]a", 1 },
		{ "^[^]a]+$", "]a", 0 },
		{ "^[a-]+$", "a-", 1 },
		{ "^a.c$", "a\nc", 1 },
		{ "^a|b$", "ax", 1 },
		{ "^a|b$", "xb", 1 },
		{ "^a|b$", "xa", 0 },
		{ "^a\\.b$", "axb", 0 },
		{ "^\\(\\)\\*\\+\\?\\{\\|\\^\\$\\[\\.$", "()*+?{|^$[.", 1 },
		{ "a$b", "a$b", 0 },
		{ "a^b", "a^b", 0 },
		{ NULL, NULL, 0 },
	};

	(void) state;
	check_rows(rows);
}

/*! \brief pcre2_pattern_convert(), which was used once, lost the second star of "a*[b]*". */
static void star_after_a_bracket_is_kept(void **state)
{
	static const struct row rows[] = {
		{ "^a*[bc]*$", "a", 1 },
		{ "^a*[bc]*$", "acbc", 1 },
		{ "^.*[0-9]*$", "x", 1 },
		{ "^.*[0-9]*-[a]*$", "x-aa", 1 },
		{ "^a*[b][c]*$", "ab", 1 },
		{ "^a*[b]{2}[c]*$", "abb", 1 },
		{ "^(a*[b]|c)[[:digit:]]*[^x]*$", "c", 1 },
		{ "^a*[]b]*$", "a]]", 1 },
		{ "^a*[[]*[^]]*x$", "a[[x", 1 },
		{ "^a*[*]*b$", "a**b", 1 },
		{ "^a*[[*]b$", "a*b", 1 },
		{ "^a*\\\\[*]*b$", "a\\**b", 1 },
		{ "^a*\\[*b$", "a[[b", 1 },
		{ "^a*[\\]*b$", "a\\\\b", 1 },
		{ "^a*[bc]*$", "ax", 0 },
		{ NULL, NULL, 0 },
	};

	(void) state;
	check_rows(rows);
}

static void backslash_in_brackets_is_a_backslash(void **state)
{
	static const struct row rows[] = {
		{ "^[\\]x$", "\\x", 1 },
		{ "^[\\]x$", "]x", 0 },
		{ "[\\]x", "x", 0 },
		{ "^[\\d]$", "d", 1 },
		{ "^[\\d]$", "\\", 1 },
		{ "^[\\d]$", "7", 0 },
		{ NULL, NULL, 0 },
	};

	(void) state;
	check_rows(rows);
}

static void backslash_d_is_the_letter_d(void **state)
{
	static const struct row rows[] = {
		{ "^\\d$", "d", 1 },
		{ "^\\d$", "7", 0 },
		{ "\\d+", "12", 0 },
		{ "\\d+", "dd", 1 },
		{ "^\\Qa\\E$", "QaE", 1 },
		{ "^\\Qa\\E$", "a", 0 },
		{ "^\\x41$", "A", 0 },
		{ NULL, NULL, 0 },
	};

	(void) state;
	check_rows(rows);
}

static void dollar_is_the_very_end(void **state)
{
	static const struct row rows[] = {
		{ "^x$", "x\n", 0 },
		{ "x$", "x\n", 0 },
		{ "^x$", "x\ny", 0 },
		{ "^y$", "x\ny", 0 },
		{ "^x$", "x\r\n", 0 },
		{ "^x$", "x", 1 },
		{ NULL, NULL, 0 },
	};

	(void) state;
	check_rows(rows);
}

static void typo_is_refused(void **state)
{
	static const char *const texts[] = {
		"^(ivr-.*",
		"(",
		"((a)",
		"[a",
		"[",
		"[]",
		"[^]",
		"[z-a]",
		"a\\",
		"\\",
		"a{2,1}",
		"a{99999}",
		"[[:nosuch:]]",
		"*a",
		"a|*b",
		"(*a)",
		"(+a)",
		"(?)",
		"^*",
		"a|^*b",
		"$+",
		"\\b*",
		"{1}a",
		"a|{",
		"a{1",
		"a{",
		"a{}",
		"a{x}",
		"a{1,2",
		"a{1,2,3}",
		"a{,,2}",
		"a{32768}",
		"[a-\\]",
		"[a-b-c]",
		"[[:alpha:]-z]",
		"[a-[:digit:]]",
		"[a-[=b=]]",
		"[[.space.]]",
		"[[..]]",
		"[[:alpha:]",
		"[[:word:]]",
		"[[:ascii:]]",
	};

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		check_refused(texts[i]);
	}
}

static void harmless_filter_of_the_table_works(void **state)
{
	static const struct row rows[] = {
		{ "^(a)?(b)?(c)?(d)?$", "abcd", 1 },
		{ "^(a)?(b)?(c)?(d)?$", "bd", 1 },
		{ "^(a)?(b)?(c)?(d)?$", "", 1 },
		{ "^(a)?(b)?(c)?(d)?$", "ba", 0 },
		{ "^(a)?(b)?(c)?(d)?$", "abcde", 0 },
		{ NULL, NULL, 0 },
	};

	(void) state;
	check_rows(rows);
}

/*! \brief Other letters each time, so that nothing remembered can make it seem fast. */
static void huge_expansion_is_refused_at_once(void **state)
{
	int64_t best_ns = INT64_MAX;

	(void) state;
	check_refused("((a{1,100}){1,100}){1,100}");
	for (char letter = 'b'; letter < 'z'; letter++) {
		char text[64];
		int64_t began = cpu_ns(), took;

		snprintf(text, sizeof(text), "((%c{1,100}){1,100}){1,100}", letter);
		assert_null(app_filter_get(text, NULL, 0));
		took = cpu_ns() - began;
		best_ns = took < best_ns ? took : best_ns;
	}
	assert_true(best_ns < (int64_t) 1000000 * TEST_SLOWNESS);
}

/*! \brief Some 41 bytes for each repetition: what is compiled may have 16 kB. */
static void what_grows_over_the_limit_is_refused(void **state)
{
	(void) state;
	app_filter_unref(filter_of("([a-h]){300}"));
	check_refused("([a-h]){500}");
}

/*! \brief Whatever 256 characters can say: the compiler's time and memory stay within a bound. */
static void no_filter_compiles_for_long(void **state)
{
	static const char *const units[] = {
		"(a{1,99}){1,99}",
		"(a|b)*",
		"((((",
		"(a?){9}",
		"[a-z]{255}",
		"(x+x+)+",
		"a{1000}",
		"(.*)*",
		"[[:alpha:]]",
		"()*",
		"(^)*",
		"(|)",
		"((a{1,20}){1,20}){1,20}",
	};

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		char text[APP_FILTER_MAX_LENGTH + 1] = "";
		int64_t best_ns = INT64_MAX;

		while (strlen(text) + strlen(units[i]) < sizeof(text)) {
			strcat(text, units[i]);
		}
		for (int round = 0; round < 3; round++) {
			int64_t began = cpu_ns(), took;

			app_filter_unref(app_filter_get(text, NULL, 0));
			app_filter_forget_all();
			took = cpu_ns() - began;
			best_ns = took < best_ns ? took : best_ns;
		}
		if (best_ns >= (int64_t) 1000000 * TEST_SLOWNESS) {
			fail_msg("'%s' took %.1f ms", text, best_ns / 1e6);
		}
	}
}

static void length_256_works_and_257_does_not(void **state)
{
	char text[APP_FILTER_MAX_LENGTH + 2];
	char long_text[100001];
	struct app_filter *filter;

	(void) state;
	memset(text, 'a', sizeof(text));
	text[256] = '\0';
	filter = filter_of(text);
	assert_int_equal(app_filter_match(filter, text), 1);
	assert_int_equal(app_filter_match(filter, text + 1), 0);
	app_filter_unref(filter);
	text[256] = 'a';
	text[257] = '\0';
	check_refused(text);
	memset(long_text, 'a', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	check_refused(long_text);
}

static void name_longer_than_256_does_not_match(void **state)
{
	char name[APP_FILTER_MAX_NAME + 2];
	struct app_filter *filter = filter_of("a");

	(void) state;
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(app_filter_match(filter, name), 0);
	name[APP_FILTER_MAX_NAME] = '\0';
	assert_int_equal(app_filter_match(filter, name), 1);
	app_filter_unref(filter);
}

/* The algorithm that comes second does not backtrack, but begins again at each character of the name. */
static void hard_filter_on_the_longest_name_answers_quickly(void **state)
{
	static const char *const texts[] = { "(.{0,60}){1,4}b", "(.?.?.?.?){1,30}b", "((.|a){0,50}){1,2}b",
		"(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*[xy]$" };
	char name[APP_FILTER_MAX_NAME + 1];

	(void) state;
	memset(name, 'a', sizeof(name));
	name[APP_FILTER_MAX_NAME - 1] = 'b';
	name[APP_FILTER_MAX_NAME] = '\0';
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct app_filter *filter = filter_of(texts[i]);
		int64_t best_ns = INT64_MAX;

		for (int round = 0; round < 3; round++) {
			int64_t began = cpu_ns();
			int64_t took;

			app_filter_match(filter, name);
			took = cpu_ns() - began;
			best_ns = took < best_ns ? took : best_ns;
		}
		app_filter_unref(filter);
		if (best_ns >= (int64_t) 100000000 * TEST_SLOWNESS) {
			fail_msg("'%s' took %.1f ms", texts[i], best_ns / 1e6);
		}
	}
}

static void backtracking_bomb_answers_no_quickly(void **state)
{
	static const char *const texts[] = { "^(a+)+$", "(a+)+$", "^(a|aa)+$", "^(a*)*$", "^((a?){9}){9}$",
		"(.*)(.*)(.*)(.*)$x" };
	const char *name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct app_filter *filter = filter_of(texts[i]);
		int64_t best_ns = INT64_MAX;

		for (int round = 0; round < 3; round++) {
			int64_t began = cpu_ns(), took;

			assert_int_equal(app_filter_match(filter, name), 0);
			took = cpu_ns() - began;
			best_ns = took < best_ns ? took : best_ns;
		}
		assert_true(best_ns < (int64_t) 20000000 * TEST_SLOWNESS);
		app_filter_unref(filter);
	}
}

/*! \brief A filter that comes from a caller must not speak PCRE2's own language. */
static void perl_syntax_is_refused(void **state)
{
	static const char *const texts[] = {
		"(*UTF)a",
		"(*UCP)a",
		"(*ACCEPT)",
		"(*LIMIT_MATCH=1)a",
		"(*NO_START_OPT)a",
		"(*CRLF)a",
		"(?=a)",
		"(?!a)",
		"(?<=a)b",
		"(?<n>a)",
		"(?P<n>a)",
		"(?R)",
		"(?0)",
		"(?1)",
		"(a)(?1)",
		"(?i)a",
		"(?i:a)",
		"(?:a)",
		"(?>a)",
		"(?|a)",
		"(?#a)",
		"(?C1)a",
		"x(?i)a",
		"(a)(?(1)b)",
		"((?=a))",
		"a|(?=a)",
		"()(?R)",
		"[(](?=a)",
		"\\\\(?=a)",
	};

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		check_refused(texts[i]);
	}
}

/*! \brief What only resembles Perl's syntax is an ordinary filter. */
static void literal_parenthesis_is_not_perl_syntax(void **state)
{
	static const struct row rows[] = {
		{ "\\(?=a", "(=a", 1 },
		{ "\\(?=a", "=a", 1 },
		{ "[(]?=a", "(=a", 1 },
		{ "[(?=a]", "?", 1 },
		{ "[(*]", "*", 1 },
		{ "\\(*a", "((a", 1 },
		{ "[]([]?x", "x", 1 },
		{ "[a+]+", "+", 1 },
		{ "[*+]?x", "x", 1 },
		{ "\\++x", "++x", 1 },
		{ "^\\*+$", "***", 1 },
		{ NULL, NULL, 0 },
	};

	(void) state;
	check_rows(rows);
}

/*!
 * \brief Repetition of a repetition is undefined in POSIX and possessive or lazy in Perl: it is refused
 * or means what the C library takes it for, never what Perl takes it for.
 */
static void repeated_repetition_never_has_perls_meaning(void **state)
{
	static const char *const texts[] = {
		"^a++a$",
		"^a*+a$",
		"^a?+a$",
		"^a{1,3}+a$",
		"^a+?$",
		"^a*?$",
		"^a??$",
		"^a{2}?$",
		"^(a)++a$",
		"^[ab]++a$",
		"^a{2}{3}$",
		"^a**$",
		"^a+*$",
		"^a?*$",
		"^.++a$",
		"^\\a++a$",
		"a+?$",
		"^(a+?)$",
		"^a{,3}$",
		"^a{,3}+a$",
		"^a{1}{2}+a$",
	};
	static const char *const names[] = { "", "a", "aa", "aaa", "aaaa", "aaaaaa", "b", "ab", "a{,3}", "a+",
		"a?" };

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct app_filter *filter = app_filter_get(texts[i], NULL, 0);

		for (size_t j = 0; filter && j < ARRAY_LEN(names); j++) {
			if (app_filter_match(filter, names[j]) != oracle(texts[i], names[j])) {
				fail_msg("'%s' on '%s': %d", texts[i], names[j], app_filter_match(filter, names[j]));
			}
		}
		app_filter_unref(filter);
	}
}

/*! \brief Bracket expressions that PCRE2 does not know the way POSIX does. */
static void odd_brackets_are_refused_or_posix(void **state)
{
	static const char *const texts[] = {
		"^[[.a.]]$",
		"^[[=a=]]$",
		"^[[.-.]]$",
		"^[[.a.]b]$",
		"^[b[=a=]]$",
		"[[:<:]]a",
		"a[[:>:]]",
		"^[[:^alpha:]]$",
		"^[[:alpha:][:digit:]]$",
		"^[a[:digit:]]$",
		"^[[:alpha:]$",
		"^[[:alpha]]$",
		"^[[a]]$",
		"^[--/]$",
		"^[a-[.c.]]$",
		"^[[]$",
		"^[[:]$",
		"^[a[.]$",
		"^[[.]$",
		"^[a-[:alpha:]]$",
	};
	static const char *const names[] = { "a", "b", "-", ".", "=", "[", "]", ":", "a]", "[]", "b]", ".]", "1",
		"d", "e", "_", "" };

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct app_filter *filter = app_filter_get(texts[i], NULL, 0);

		for (size_t j = 0; filter && j < ARRAY_LEN(names); j++) {
			int should = oracle(texts[i], names[j]);

			if (app_filter_match(filter, names[j]) == 1 && should != 1) {
				fail_msg("'%s' lets '%s' in, the C library says %d", texts[i], names[j], should);
			}
			if (app_filter_match(filter, names[j]) == 0 && should == 1) {
				fail_msg("'%s' keeps '%s' out", texts[i], names[j]);
			}
		}
		app_filter_unref(filter);
	}
}

/*! \brief A table of filters and names, each with each: the C library's answer, its refusals included. */
static void every_filter_on_every_name_as_the_c_library(void **state)
{
	static const char *const texts[] = { "^sales\\b", "\\bsales\\b", "\\Bales", "\\<sales\\>", "sales\\B",
		"^\\w+$", "\\W", "^\\w+\\W\\w+$", "\\s", "^\\S+$", "\\`sales", "sales\\'", "\\`\\'", "^$\\b", "\\B",
		"^\\B$", "\\b", "a|*b", "(*a)", "a**", "a*+?", "^a{2}{2}$", "{", "a{", "a{,3}", "^a{,3}$", "a{1",
		"a{1\\,3}", "^a{1\\,3}$", "^a{\\0,2}$", "^a{1\\0}$", "a{\\1}", "a{1\\}", "[[.a.]]", "[[=a=]]",
		"[[:alpha:]]", "[a-\\]", "[Z-a]", "[\\]", "[a\\]]", "()", "(())*", "a||b", "|a", "(|a)b", "^*", "$*",
		"x{0}", "^x{0}$", "(x{0})*y", "\\{", "\\.", "\\q", "^\\sales", "sales\\", "a$b", "a^b", "(a$|b)",
		"(^|-)sales", "(^|-)?sales$", "a)", "^)$", "a)*", "}", "a}{2}", "]", "^.$", "[\x80-\xff]", "\xe9",
		"[^\xe9]$", "[[:upper:]]", "SALES", "[[.-.]]", "[%--]", "[]-a]", "[^]-]", "[^^]", "[a^]",
		"[[:space:][:digit:]]", "[[:nothing:]]", "[[=ab=]]", "a{2,1}", "a{1,}", "\\(\\)", "\\^", "\\$", "\\/",
		"\\-", "\\n", "\\x41", "\\d", "\\0" };
	static const char *const names[] = { "", "sales", "sales-1", "salesbook", "my sales", "my-sales",
		"xsales", "Sales", "SALES", "a", "aa", "aaa", "aaaa", "ab", "b", "y", "x", "q", "n", "d", "A", "0",
		"-", "_", " ", "\t", "\\", "{", "}", "a{", "a{1", "a}", "a}}", "(", ")", "()", "a)", "a))", "*", "|",
		"[", "]", "^", "$", "a$b", "a^b", ".", "=", "%", "\x80", "\xe9", "caf\xc3\xa9", "a\xff", "\xe9-1" };

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct app_filter *filter = app_filter_get(texts[i], NULL, 0);

		for (size_t j = 0; j < ARRAY_LEN(names); j++) {
			int should = oracle(texts[i], names[j]);
			int is = filter ? app_filter_match(filter, names[j]) : -1;

			if (is != should) {
				fail_msg("'%s' on '%s': %d, the C library says %d", texts[i], names[j], is, should);
			}
		}
		app_filter_unref(filter);
	}
}

/*! \brief The reason that a filter is refused for. */
static const char *reason_of(const char *text)
{
	static char error[192];

	error[0] = '\0';
	assert_null(app_filter_get(text, error, sizeof(error)));
	return error;
}

/*! \brief The C library takes these; we cannot, or do not trust its answer. */
static void what_is_not_supported_is_refused_with_its_reason(void **state)
{
	static const struct {
		const char *text;
		const char *reason;
	} rows[] = {
		{ "(a)\\1", "back-reference" },
		{ "^(sales|support)-\\1$", "back-reference" },
		{ "\\1", "back-reference" },
		{ "(^a)+$", "an anchor" },
		{ "(\\<a)*", "an anchor" },
		{ "((a$)?b){2}", "an anchor" },
		{ "[---]", "three hyphens" },
		{ "[a---]", "three hyphens" },
		{ "([a-h]){500}", "too large" },
	};

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!strstr(reason_of(rows[i].text), rows[i].reason)) {
			fail_msg("'%s': %s", rows[i].text, reason_of(rows[i].text));
		}
	}
}

/*! \brief The dialplan cuts "a{1,3}" into two arguments: the reason says how to write it. */
static void comma_in_braces_gets_advice(void **state)
{
	(void) state;
	assert_non_null(strstr(reason_of("a{1"), "{1\\,3}"));
	assert_non_null(strstr(reason_of("^(sales|support)-[0-9]{2"), "{1\\,3}"));
	assert_non_null(strstr(reason_of("a{"), "{1\\,3}"));
	assert_null(strstr(reason_of("a{x}"), "{1\\,3}"));
}

/*! \brief A line feed in a name is a character as any other, whatever the C library makes of ".^$". */
static void line_feed_is_a_character(void **state)
{
	static const struct row rows[] = {
		{ ".^$", "$\n", 0 },
		{ "^\n$", "\n", 1 },
		{ "a.b", "a\nb", 1 },
		{ "a$.b", "a\nb", 0 },
		{ "[^x]", "\n", 1 },
		{ NULL, NULL, 0 },
	};

	(void) state;
	check_rows(rows);
}

/*! \brief What backtracking cannot decide is decided all the same. */
static void hard_filters_are_decided(void **state)
{
	static const struct row rows[] = {
		{ "^(a?){30}a{30}$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1 },
		{ "^(a?){30}a{30}$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0 },
		{ "(a+)+b\\>", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 1 },
		{ "\\<(a+)+b\\>", "c aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 1 },
		{ "(a+)+b\\>", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabc", 0 },
		{ "(x+x+)+y", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 0 },
		{ NULL, NULL, 0 },
	};

	(void) state;
	check_rows(rows);
}

/*! \brief Next number of a small seeded generator, the same on every machine. */
static unsigned int next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned int) (*seed >> 33);
}

/*! \brief Append a random piece of an ERE in the part of the language that POSIX defines. */
static void append_atom(char *text, uint64_t *seed, int depth)
{
	static const char *const atoms[] = {
		"a",
		"b",
		"c",
		"-",
		".",
		"1",
		"[ab]",
		"[^ab]",
		"[a-c]",
		"[0-9]",
		"[^0-9]",
		"[[:alpha:]]",
		"[[:digit:]-]",
		"[]a]",
		"[^]-]",
		"\\.",
		"\\*",
		"\\(",
		"[.*]",
		"[\\]",
	};
	static const char *const repeats[] = { "", "", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}" };
	unsigned int kind = next_random(seed) % 10;

	if (depth > 0 && kind < 3) {
		strcat(text, "(");
		for (unsigned int n = 1 + next_random(seed) % 2; n; n--) {
			append_atom(text, seed, depth - 1);
		}
		if (next_random(seed) % 2) {
			strcat(text, "|");
			append_atom(text, seed, depth - 1);
		}
		strcat(text, ")");
	} else {
		strcat(text, atoms[next_random(seed) % ARRAY_LEN(atoms)]);
	}
	strcat(text, repeats[next_random(seed) % ARRAY_LEN(repeats)]);
}

static void make_pattern(char *text, uint64_t *seed)
{
	text[0] = '\0';
	if (next_random(seed) % 3 == 0) {
		strcat(text, "^");
	}
	for (unsigned int n = 1 + next_random(seed) % 3; n; n--) {
		append_atom(text, seed, 2);
	}
	if (next_random(seed) % 4 == 0) {
		strcat(text, "|");
		append_atom(text, seed, 1);
	}
	if (next_random(seed) % 3 == 0) {
		strcat(text, "$");
	}
}

static void make_name(char *name, uint64_t *seed)
{
	static const char letters[] = "aaabbbcc--..1122]*(\\\nd";
	unsigned int length = next_random(seed) % 9;

	for (unsigned int i = 0; i < length; i++) {
		name[i] = letters[next_random(seed) % (sizeof(letters) - 1)];
	}
	name[length] = '\0';
}

static void agrees_with_the_c_library(void **state)
{
	uint64_t seed = 20240229;
	size_t compared = 0, matched = 0;

	(void) state;
	for (int i = 0; i < 600; i++) {
		char text[512], name[16];
		struct app_filter *filter;

		make_pattern(text, &seed);
		filter = app_filter_get(text, NULL, 0);
		for (int j = 0; j < 40; j++) {
			int should, is;

			make_name(name, &seed);
			should = oracle(text, name);
			if (!filter || should < 0) {
				continue;
			}
			is = app_filter_match(filter, name);
			if (is != should) {
				fail_msg("'%s' on '%s': %d, the C library says %d", text, name, is, should);
			}
			compared++;
			matched += (size_t) is;
		}
		if (!filter && oracle(text, "") >= 0) {
			fail_msg("'%s' is plain POSIX and was refused", text);
		}
		app_filter_unref(filter);
	}
	assert_true(compared > 20000);
	assert_in_range(matched, compared / 10, compared - compared / 10);
}

/*! \brief Any jumble of special characters: where both accept it, the C library's answer is the right one. */
static void random_syntax_never_opens_the_fence(void **state)
{
	static const char letters[] = "aab(|)*+?{}1,2[]^$-.\\";
	static const char *const names[] = { "", "a", "b", "ab", "aab", "1", "a1", "(", "*", "\\", "aaaa", "{1}",
		"a{1", "b-" };
	uint64_t seed = 42;
	size_t accepted = 0;

	(void) state;
	for (int i = 0; i < 20000; i++) {
		char text[16];
		struct app_filter *filter;
		unsigned int length = 1 + next_random(&seed) % 10;

		for (unsigned int j = 0; j < length; j++) {
			text[j] = letters[next_random(&seed) % (sizeof(letters) - 1)];
		}
		text[length] = '\0';
		filter = app_filter_get(text, NULL, 0);
		if (!filter) {
			continue;
		}
		if (oracle(text, "") < 0) {
			fail_msg("'%s' is accepted, but not by the C library", text);
		}
		accepted++;
		for (size_t j = 0; j < ARRAY_LEN(names); j++) {
			if (app_filter_match(filter, names[j]) != oracle(text, names[j])) {
				fail_msg("'%s' on '%s': %d", text, names[j], app_filter_match(filter, names[j]));
			}
		}
		app_filter_unref(filter);
	}
	assert_true(accepted > 500);
}

static void bytes_above_ascii_are_bytes(void **state)
{
	static const struct row rows[] = {
		{ "^caf\xc3\xa9$", "caf\xc3\xa9", 1 },
		{ "^caf\xc3\xa9$", "cafe", 0 },
		{ "\xff\xfe", "a\xff\xfe", 1 },
		{ "^[\xc3\xa9]+$", "\xa9\xc3", 1 },
		{ "^a.*z$", "a\xff\x80\xc3z", 1 },
		{ NULL, NULL, 0 },
	};

	(void) state;
	check_rows(rows);
}

static void null_filter_matches_every_name(void **state)
{
	(void) state;
	assert_int_equal(app_filter_match(NULL, "anything"), 1);
	assert_string_equal(app_filter_text(NULL), "");
	assert_null(app_filter_ref(NULL));
	app_filter_unref(NULL);
}

static void same_text_is_the_same_object_while_in_use(void **state)
{
	char copy[] = "^shared-[0-9]$";
	struct app_filter *first = filter_of("^shared-[0-9]$"), *second = filter_of(copy);
	struct app_filter *other = filter_of("^shared-[0-8]$");

	(void) state;
	assert_ptr_equal(first, second);
	assert_ptr_not_equal(first, other);
	memset(copy, 'x', sizeof(copy) - 1);
	assert_string_equal(app_filter_text(second), "^shared-[0-9]$");
	app_filter_unref(first);
	first = filter_of("^shared-[0-9]$");
	assert_ptr_equal(first, second);
	assert_ptr_equal(app_filter_ref(first), first);
	app_filter_unref(first);
	app_filter_unref(first);
	app_filter_unref(second);
	app_filter_unref(other);
}

static void filter_in_use_survives_forget_all(void **state)
{
	struct app_filter *filter = filter_of("^kept$");

	(void) state;
	app_filter_forget_all();
	assert_int_equal(app_filter_match(filter, "kept"), 1);
	assert_string_equal(app_filter_text(filter), "^kept$");
	app_filter_unref(filter);
	app_filter_forget_all();
	app_filter_forget_all();
}

/*! \brief Callers may put their own number into a filter: what is not in use must not pile up. */
static void many_texts_do_not_grow_memory(void **state)
{
	size_t before, after;

	(void) state;
	for (int round = 0; round < 2; round++) {
		before = mallinfo2().uordblks;
		for (int i = 0; i < 20000; i++) {
			char text[64];

			snprintf(text, sizeof(text), "^(sales|support)-%d-%d[0-9]+$", round, i);
			app_filter_unref(filter_of(text));
		}
		after = mallinfo2().uordblks;
	}
	assert_true(after < before + 512 * 1024);
	app_filter_forget_all();
}

static void select_gives_the_matching_names(void **state)
{
	struct names *names = names_of("sales-1", "support-1", "sales-2", "x", NULL);
	struct app_filter *filter = filter_of("^sales-");
	struct names *chosen = select_from(filter, names);
	struct names *none;
	struct app_filter *nobody = filter_of("^nobody$");

	(void) state;
	assert_non_null(chosen);
	assert_int_equal(names_count(chosen), 2);
	assert_string_equal(names_at(chosen, 0), "sales-1");
	assert_string_equal(names_at(chosen, 1), "sales-2");
	none = select_from(nobody, names);
	assert_non_null(none);
	assert_int_equal(names_count(none), 0);
	names_unref(none);
	app_filter_unref(nobody);
	app_filter_unref(filter);
	assert_string_equal(names_at(chosen, 1), "sales-2");
	names_unref(chosen);
	names_unref(names);
}

static void select_without_filter_gives_all(void **state)
{
	struct names *names = names_of("a", "b", NULL);
	struct names *all = select_from(NULL, names);

	(void) state;
	assert_ptr_equal(all, names);
	names_unref(names);
	assert_int_equal(names_count(all), 2);
	names_unref(all);
}

static void select_shares_its_answer_for_the_same_list(void **state)
{
	struct names *names = names_of("sales-1", "x", NULL), *more = names_of("sales-1", "sales-2", NULL);
	struct app_filter *filter = filter_of("^sales-");
	struct names *first = select_from(filter, names), *second = select_from(filter, names);
	struct names *third = select_from(filter, more);
	struct names *fourth = select_from(filter, names);

	(void) state;
	assert_ptr_equal(first, second);
	assert_int_equal(names_count(first), 1);
	assert_int_equal(names_count(third), 2);
	assert_int_equal(names_count(fourth), 1);
	names_unref(first);
	names_unref(second);
	names_unref(third);
	names_unref(fourth);
	names_unref(names);
	names_unref(more);
	app_filter_unref(filter);
}

/*! \brief A list that is freed and another made at the same address must not be mistaken for it. */
static void select_is_not_fooled_by_a_reused_address(void **state)
{
	struct app_filter *filter = filter_of("^sales-");

	(void) state;
	for (int i = 0; i < 1000; i++) {
		char name[32];
		const char *list[] = { name };
		struct names *names, *chosen;

		snprintf(name, sizeof(name), "%s-%d", i % 2 ? "sales" : "other", i);
		names = names_create(list, 1);
		chosen = select_from(filter, names);
		assert_int_equal(names_count(chosen), i % 2);
		if (i % 2) {
			assert_string_equal(names_at(chosen, 0), name);
		}
		names_unref(chosen);
		names_unref(names);
	}
	app_filter_unref(filter);
}

/*! \brief A hundred names of 256 characters. */
static struct names *long_names(const char *unit)
{
	static char texts[100][APP_FILTER_MAX_NAME + 1];
	const char *list[100];

	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		for (size_t j = 0; j < APP_FILTER_MAX_NAME; j++) {
			texts[i][j] = unit[(i + j) % strlen(unit)];
		}
		list[i] = texts[i];
	}
	return names_create(list, ARRAY_LEN(list));
}

/*! \brief Filters that took seconds for the offer; 20 ms is the budget, and the rest is tolerance. */
static void an_offer_costs_no_more_than_its_budget(void **state)
{
	static const char *const texts[] = { "((([^c])+){1,9}a{5,})(a*){5,}", "((.|a){0,50}){1,2}c",
		"(.?.?.?.?){1,30}c+$", "(([^c]*)*(a*)*){1,20}[cd]$" };

	(void) state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct names *names = long_names("aab");
		struct app_filter *filter = filter_of(texts[i]);
		int out_of_budget = -1;
		int64_t began = cpu_ns();
		struct names *selected = app_filter_select(filter, names, &out_of_budget);
		int64_t took = cpu_ns() - began;

		if (took >= INT64_C(30000000) && TEST_SLOWNESS == 1) {
			fail_msg("'%s' took %.1f ms", texts[i], took / 1e6);
		}
		assert_non_null(selected);
		names_unref(selected);
		names_unref(names);
		app_filter_unref(filter);
	}
}

/*! \brief Who offers is told that names were left out, each time, and pays for it once. */
static void budget_that_ran_out_is_told_and_remembered(void **state)
{
	struct names *names = long_names("aab");
	struct app_filter *filter = filter_of("((([^c])+){1,9}a{5,})(a*){5,}");
	int out_of_budget = 0;
	struct names *selected = app_filter_select(filter, names, &out_of_budget), *again;
	int64_t began;

	(void) state;
	assert_int_equal(out_of_budget, 1);
	out_of_budget = 0;
	began = cpu_ns();
	again = app_filter_select(filter, names, &out_of_budget);
	assert_true(cpu_ns() - began < 1000000);
	assert_int_equal(out_of_budget, 1);
	assert_ptr_equal(again, selected);
	assert_int_equal(app_filter_warn_once(filter), 1);
	assert_int_equal(app_filter_warn_once(filter), 0);
	names_unref(selected);
	names_unref(again);
	names_unref(names);
	app_filter_unref(filter);
}

static void a_claim_costs_no_more_than_its_budget(void **state)
{
	struct names *names = long_names("a");
	struct app_filter *filter = filter_of("((.|a){0,50}){1,2}[^a]?b?$c?[b]");
	struct app_filter *slow = filter_of("(([^c]{0,99}){1,9}x?){0,9}c*[cd]");
	int out_of_budget = -1;
	int64_t began = cpu_ns();

	(void) state;
	assert_int_equal(app_filter_decide(filter, names_at(names, 0), &out_of_budget), 0);
	assert_int_equal(app_filter_decide(slow, names_at(names, 0), &out_of_budget), 0);
	assert_true(cpu_ns() - began < INT64_C(60000000) * TEST_SLOWNESS);
	app_filter_decide(slow, "d", &out_of_budget);
	assert_int_equal(out_of_budget, 0);
	names_unref(names);
	app_filter_unref(filter);
	app_filter_unref(slow);
}

/*! \brief What an offer took long to decide, a claim of a recipient does not decide again. */
static void a_recipient_is_not_matched_again(void **state)
{
	char name[APP_FILTER_MAX_NAME + 1];
	const char *list[] = { name };
	struct app_filter *filter = filter_of("(.?.?.?.?){1,10}b");
	struct names *names, *selected;
	int64_t offer_ns, claim_ns = INT64_MAX;

	(void) state;
	memset(name, 'a', sizeof(name));
	strcpy(name + APP_FILTER_MAX_NAME - 1, "b");
	names = names_create(list, 1);
	offer_ns = cpu_ns();
	selected = select_from(filter, names);
	offer_ns = cpu_ns() - offer_ns;
	assert_int_equal(names_count(selected), 1);
	for (int i = 0; i < 3; i++) {
		int64_t began = cpu_ns(), took;

		assert_int_equal(app_filter_match(filter, name), 1);
		took = cpu_ns() - began;
		claim_ns = took < claim_ns ? took : claim_ns;
	}
	assert_true(claim_ns < offer_ns / 2);
	names_unref(selected);
	names_unref(names);
	app_filter_unref(filter);
}

/*! \brief Get, match, select and forget from several threads at once. */
static void *hammer(void *data)
{
	uint64_t seed = (uintptr_t) data;
	struct names *names = names_of("app-1", "app-2", "other", NULL);
	uintptr_t wrong = 0;

	for (int i = 0; i < 20000 / TEST_SLOWNESS + 2000; i++) {
		char text[32];
		struct app_filter *filter;
		struct names *chosen;

		snprintf(text, sizeof(text), "^app-%u$", next_random(&seed) % 40);
		filter = app_filter_get(text, NULL, 0);
		if (!filter) {
			wrong++;
			continue;
		}
		chosen = select_from(filter, names);
		wrong += strcmp(app_filter_text(filter), text) || app_filter_match(filter, "other");
		wrong += names_count(chosen) != (!strcmp(text, "^app-1$") || !strcmp(text, "^app-2$"));
		names_unref(chosen);
		app_filter_unref(filter);
		if (i % 500 == 0) {
			app_filter_forget_all();
		}
	}
	names_unref(names);
	return (void *) wrong;
}

static void threads_share_filters(void **state)
{
	pthread_t threads[4];

	(void) state;
	for (uintptr_t i = 0; i < ARRAY_LEN(threads); i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, (void *) (i + 1)), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
}

static void small_error_buffer_is_respected(void **state)
{
	char error[8] = "XXXXXXX";

	(void) state;
	assert_null(app_filter_get("^(ivr-.*", error, 4));
	assert_true(memchr(error, '\0', 4) != NULL);
	assert_string_equal(error + 4, "XXX");
	assert_null(app_filter_get("^(ivr-.*", error, 0));
}

/*! \brief Leave nothing behind, so that a leak checker's report is about a leak. */
static int forget(void **state)
{
	(void) state;
	app_filter_forget_all();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches_anywhere_unless_anchored),
		cmocka_unit_test(means_what_posix_says),
		cmocka_unit_test(star_after_a_bracket_is_kept),
		cmocka_unit_test(backslash_in_brackets_is_a_backslash),
		cmocka_unit_test(backslash_d_is_the_letter_d),
		cmocka_unit_test(dollar_is_the_very_end),
		cmocka_unit_test(typo_is_refused),
		cmocka_unit_test(harmless_filter_of_the_table_works),
		cmocka_unit_test(huge_expansion_is_refused_at_once),
		cmocka_unit_test(what_grows_over_the_limit_is_refused),
		cmocka_unit_test(no_filter_compiles_for_long),
		cmocka_unit_test(length_256_works_and_257_does_not),
		cmocka_unit_test(name_longer_than_256_does_not_match),
		cmocka_unit_test(hard_filter_on_the_longest_name_answers_quickly),
		cmocka_unit_test(backtracking_bomb_answers_no_quickly),
		cmocka_unit_test(perl_syntax_is_refused),
		cmocka_unit_test(literal_parenthesis_is_not_perl_syntax),
		cmocka_unit_test(repeated_repetition_never_has_perls_meaning),
		cmocka_unit_test(odd_brackets_are_refused_or_posix),
		cmocka_unit_test(every_filter_on_every_name_as_the_c_library),
		cmocka_unit_test(what_is_not_supported_is_refused_with_its_reason),
		cmocka_unit_test(comma_in_braces_gets_advice),
		cmocka_unit_test(line_feed_is_a_character),
		cmocka_unit_test(hard_filters_are_decided),
		cmocka_unit_test(agrees_with_the_c_library),
		cmocka_unit_test(random_syntax_never_opens_the_fence),
		cmocka_unit_test(bytes_above_ascii_are_bytes),
		cmocka_unit_test(null_filter_matches_every_name),
		cmocka_unit_test(same_text_is_the_same_object_while_in_use),
		cmocka_unit_test(filter_in_use_survives_forget_all),
		cmocka_unit_test(many_texts_do_not_grow_memory),
		cmocka_unit_test(select_gives_the_matching_names),
		cmocka_unit_test(select_without_filter_gives_all),
		cmocka_unit_test(select_shares_its_answer_for_the_same_list),
		cmocka_unit_test(select_is_not_fooled_by_a_reused_address),
		cmocka_unit_test(an_offer_costs_no_more_than_its_budget),
		cmocka_unit_test(budget_that_ran_out_is_told_and_remembered),
		cmocka_unit_test(a_claim_costs_no_more_than_its_budget),
		cmocka_unit_test(a_recipient_is_not_matched_again),
		cmocka_unit_test(threads_share_filters),
		cmocka_unit_test(small_error_buffer_is_respected),
	};

	alarm(TEST_HANG_S);
	return cmocka_run_group_tests_name("app_filter", tests, NULL, forget);
}
