/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Bracket expressions: which bytes one stands for, as the GNU C library reads it.
 *
 * They are written as sets of bytes, so that neither PCRE2's own brackets nor a locale have a say.
 */

#include "ere_internal.h"

#include <string.h>

/*! What an element was that is no single byte and hence no end of a range. */
#define NO_BYTE 256

/*! \brief Which bytes a bracket expression names. */
struct byte_set {
	unsigned char has[256];
};

/*! \brief A class of characters: its ranges, two bytes each, in ASCII. */
struct class
{
	const char *name;
	const char *ranges;
};

static const struct class classes[] = {
	{ "alnum", "09AZaz" },
	{ "alpha", "AZaz" },
	{ "blank", "\t\t  " },
	{ "cntrl", "\x01\x1f\x7f\x7f" },
	{ "digit", "09" },
	{ "graph", "!~" },
	{ "lower", "az" },
	{ "print", " ~" },
	{ "punct", "!/:@[`{~" },
	{ "space", "\t\r  " },
	{ "upper", "AZ" },
	{ "xdigit", "09AFaf" },
};

static void add_range(struct byte_set *set, int low, int high)
{
	for (int byte = low; byte <= high; byte++) {
		set->has[byte] = 1;
	}
}

static int add_class(struct ere *ere, struct byte_set *set, const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (strlen(classes[i].name) == length && !memcmp(classes[i].name, name, length)) {
			for (const char *range = classes[i].ranges; *range; range += 2) {
				add_range(set, range[0], range[1]);
			}
			return NO_BYTE;
		}
	}
	return ere_refuse(ere, "there is no such class as the one before character %d", ere_place(ere));
}

/*! \brief "[:name:]", "[.c.]" or "[=c=]". \return The byte, NO_BYTE for what is none, -1 if refused. */
static int symbol(struct ere *ere, struct byte_set *set)
{
	char kind = ere->at[1];
	const char *name = ere->at + 2;
	const char *end = name;

	while (*end && (end[0] != kind || end[1] != ']')) {
		end++;
	}
	if (!*end) {
		return ere_refuse(ere, "\"[%c\" at character %d is not closed", kind, ere_place(ere));
	}
	ere->at = end + 2;
	if (kind == ':') {
		return add_class(ere, set, name, (size_t) (end - name));
	}
	if (end - name != 1) {
		return ere_refuse(
			ere, "there is no such collating element as the one before character %d", ere_place(ere));
	}
	if (kind == '=') {
		add_range(set, (unsigned char) *name, (unsigned char) *name);
		return NO_BYTE;
	}
	return (unsigned char) *name;
}

/*!
 * \brief One element, as far as it is not a range.
 *
 * \param hyphen Whether a hyphen may stand here without being the last character.
 * \return The byte, NO_BYTE for what was put into \a set and is none, -1 if refused.
 */
static int element(struct ere *ere, struct byte_set *set, int hyphen)
{
	const char *at = ere->at;

	if (at[0] == '[' && at[1] && strchr(":.=", at[1])) {
		return symbol(ere, set);
	}
	if (at[0] == '-' && !hyphen && at[1] != ']') {
		return ere_refuse(
			ere, "the \"-\" at character %d is neither first nor last in its brackets", ere_place(ere));
	}
	return (unsigned char) *ere->at++;
}

/*! \brief One element or range. \retval 0 on success, -1 if refused. */
static int element_or_range(struct ere *ere, struct byte_set *set, int first)
{
	int low = element(ere, set, first);
	int high = low;

	if (low < 0 || low == NO_BYTE) {
		return low < 0 ? -1 : 0;
	}
	if (ere->at[0] == '-' && ere->at[1] && ere->at[1] != ']') {
		ere->at++;
		high = element(ere, set, 1);
		if (high < 0) {
			return -1;
		}
		if (high == NO_BYTE || high < low) {
			return ere_refuse(
				ere, "the range in brackets that ends before character %d is none", ere_place(ere));
		}
	}
	add_range(set, low, high);
	return 0;
}

/*! \brief Write the set as a class of PCRE2's; it is never empty. */
static int write_set(struct ere *ere, const struct byte_set *set, int negated)
{
	int result = ere_write(ere, negated ? "[^" : "[");

	for (int low = 1; low < 256 && !result; low++) {
		int high = low;

		if (!set->has[low]) {
			continue;
		}
		while (high < 255 && set->has[high + 1]) {
			high++;
		}
		result = ere_write(ere, "\\x%02x", (unsigned int) low);
		if (!result && high > low) {
			result = ere_write(ere, "-\\x%02x", (unsigned int) high);
		}
		low = high;
	}
	return result ? -1 : ere_write(ere, "]");
}

int ere_bracket(struct ere *ere)
{
	struct byte_set set = { { 0 } };
	int begin = ere_place(ere);
	int negated = ere->at[1] == '^';
	const char *first;

	ere->at += 1 + negated;
	/* Versions of the C library differ in how they read three hyphens. */
	first = ere->at;
	while (*ere->at && (*ere->at != ']' || ere->at == first)) {
		if (!strncmp(ere->at, "---", 3) || !strncmp(ere->at + 1, "---", *ere->at ? 3 : 0)) {
			return ere_refuse(ere, "three hyphens in brackets at character %d", ere_place(ere));
		}
		if (element_or_range(ere, &set, ere->at == first)) {
			return -1;
		}
	}
	if (!*ere->at) {
		return ere_refuse(ere, "\"[\" at character %d is not closed", begin);
	}
	ere->at++;
	return write_set(ere, &set, negated);
}
