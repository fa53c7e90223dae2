/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief POSIX extended regular expressions, token by token as the GNU C library reads them.
 *
 * Each function writes what it has read and returns about how many bytes that takes when compiled, or
 * -1 if the text is refused. So what explodes is known before PCRE2 sees it.
 */

#include "ere.h"
#include "ere_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*! What a repetition of "*" and its like has for no upper bound. */
#define UNBOUNDED (-1)

/*! The C library's RE_DUP_MAX. */
#define MAX_REPEAT 32767

/* Bytes in compiled patterns, about. */
#define ANCHOR_COST 2
#define CHARACTER_COST 2
#define CLASS_COST 33
#define WORD_EDGE_COST 16
#define GROUP_COST 7
#define REPEAT_COST 8

/*! \brief An operator that repeats. */
struct repeat {
	int least;
	/*! UNBOUNDED if there is no upper bound. */
	int most;
};

static long alternatives(struct ere *ere, int depth);

int ere_refuse(struct ere *ere, const char *format, ...)
{
	va_list args;

	if (ere->error && ere->error_size) {
		va_start(args, format);
		vsnprintf(ere->error, ere->error_size, format, args);
		va_end(args);
	}
	return -1;
}

int ere_place(const struct ere *ere)
{
	return (int) (ere->at - ere->text) + 1;
}

int ere_write(struct ere *ere, const char *format, ...)
{
	size_t room = ERE_PATTERN_SIZE - ere->length;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(ere->pattern + ere->length, room, format, args);
	va_end(args);
	if (length < 0 || (size_t) length >= room) {
		return ere_refuse(ere, "it is too long when written for PCRE2");
	}
	ere->length += (size_t) length;
	return 0;
}

/*! \brief \a cost, unless it is too much. */
static long bounded(struct ere *ere, long cost)
{
	return cost <= ERE_MAX_COMPILED ? cost : ere_refuse(ere, "it grows too large when compiled; repeat less");
}

/*! \brief Write a fixed piece of a pattern. */
static long piece(struct ere *ere, const char *written, long cost)
{
	return ere_write(ere, "%s", written) ? -1 : cost;
}

/*! \brief A character that stands for itself. */
static long character(struct ere *ere, unsigned char c)
{
	ere->at++;
	return ere_write(ere, "\\x%02x", c) ? -1 : CHARACTER_COST;
}

/*! \brief "(", what it encloses, and ")". */
static long group(struct ere *ere, int depth)
{
	int begin = ere_place(ere);
	long cost;

	ere->at++;
	if (ere_write(ere, "(?:")) {
		return -1;
	}
	cost = alternatives(ere, depth + 1);
	if (cost < 0) {
		return -1;
	}
	if (*ere->at != ')') {
		return ere_refuse(ere, "\"(\" at character %d is not closed", begin);
	}
	ere->at++;
	return piece(ere, ")", cost + GROUP_COST);
}

/*! \brief Write an anchor: what stands for a place and not for a character. */
static long anchor(struct ere *ere, const char *written, long cost)
{
	ere->at++;
	ere->anchors++;
	return piece(ere, written, cost);
}

/*! \brief A backslash and what follows. */
static long escape(struct ere *ere)
{
	char c = *++ere->at;

	if (!c) {
		return ere_refuse(ere, "a backslash at the end");
	}
	if (c >= '1' && c <= '9') {
		return ere_refuse(ere, "\"\\%c\" is a back-reference: these are not supported", c);
	}
	if (strchr("wWsS", c)) {
		ere->at++;
		return ere_write(ere, "\\%c", c) ? -1 : CHARACTER_COST;
	}
	switch (c) {
	case '<':
		return anchor(ere, "\\b(?=\\w)", WORD_EDGE_COST);
	case '>':
		return anchor(ere, "\\b(?<=\\w)", WORD_EDGE_COST);
	case '`':
		return anchor(ere, "\\A", ANCHOR_COST);
	case '\'':
		return anchor(ere, "\\z", ANCHOR_COST);
	case 'b':
		return anchor(ere, "\\b", ANCHOR_COST);
	case 'B':
		return anchor(ere, "\\B", ANCHOR_COST);
	default:
		return character(ere, (unsigned char) c);
	}
}

/*!
 * \brief What a repetition can follow, or an anchor, which none can follow.
 *
 * \param depth How many parentheses are open; outside of all of them ")" is a character.
 */
static long atom(struct ere *ere, int depth)
{
	char c = *ere->at;

	switch (c) {
	case '(':
		return group(ere, depth);
	case '[':
		return ere_bracket(ere) ? -1 : CLASS_COST;
	case '\\':
		return escape(ere);
	case '.':
		ere->at++;
		return piece(ere, ".", CHARACTER_COST);
	case '^':
		return anchor(ere, "\\A", ANCHOR_COST);
	case '$':
		return anchor(ere, "\\z", ANCHOR_COST);
	case '*':
	case '+':
	case '?':
	case '{':
		return ere_refuse(ere, "nothing that \"%c\" at character %d could repeat", c, ere_place(ere));
	default:
		return character(ere, (unsigned char) c);
	}
}

/*! \brief A digit in braces, -1 if there is none. "\\0" is one, too, "\\1" a back-reference, as in the C library. */
static int digit(struct ere *ere)
{
	const char *at = ere->at + (strncmp(ere->at, "\\0", 2) ? 0 : 1);

	if (*at < '0' || *at > '9') {
		return -1;
	}
	ere->at = at + 1;
	return *at - '0';
}

/*! \brief A number in braces, or UNBOUNDED if there is none. */
static int number(struct ere *ere)
{
	int value = UNBOUNDED;

	for (int next = digit(ere); next >= 0; next = digit(ere)) {
		value = value == UNBOUNDED ? next : value > MAX_REPEAT ? value : value * 10 + next;
	}
	return value;
}

/*! \brief Say what is wrong with braces; the dialplan may have cut them in two at a comma. */
static int refuse_braces(struct ere *ere, int begin)
{
	if (*ere->at) {
		return ere_refuse(ere, "the braces at character %d are not {n}, {n,}, {,m} or {n,m}", begin);
	}
	return ere_refuse(ere,
		"\"{\" at character %d is not closed. If a comma follows in the dialplan, it needs a backslash, "
		"as in {1\\,3}: without it the argument ends there",
		begin);
}

/*! \brief "{n}", "{n,}", "{,m}" or "{n,m}"; the comma may have a backslash, as in the C library. */
static int braces(struct ere *ere, struct repeat *repeat)
{
	int begin = ere_place(ere);
	int comma;

	ere->at++;
	repeat->least = number(ere);
	comma = *ere->at == ',' ? 1 : !strncmp(ere->at, "\\,", 2) ? 2 : 0;
	ere->at += comma;
	repeat->most = comma ? number(ere) : repeat->least;
	if (*ere->at != '}' || (!comma && repeat->least == UNBOUNDED)) {
		return refuse_braces(ere, begin);
	}
	ere->at++;
	repeat->least = repeat->least == UNBOUNDED ? 0 : repeat->least;
	if (repeat->most != UNBOUNDED && repeat->most < repeat->least) {
		return ere_refuse(ere, "the second number in the braces at character %d is the smaller one", begin);
	}
	if (repeat->least > MAX_REPEAT || repeat->most > MAX_REPEAT) {
		return ere_refuse(ere, "a number in the braces at character %d is over %d", begin, MAX_REPEAT);
	}
	return 0;
}

/*! \brief Read the operator at the next character, or several of "*", "+" and "?", which are as good as one. */
static int read_repeat(struct ere *ere, struct repeat *repeat)
{
	if (*ere->at == '{') {
		return braces(ere, repeat);
	}
	*repeat = (struct repeat){ 1, 1 };
	for (; *ere->at && strchr("*+?", *ere->at); ere->at++) {
		repeat->least = *ere->at == '+' ? repeat->least : 0;
		repeat->most = *ere->at == '?' ? repeat->most : UNBOUNDED;
	}
	return 0;
}

/*! \brief Put what was written from \a begin on into a group of its own. */
static int enclose(struct ere *ere, size_t begin)
{
	static const char open[] = "(?:";
	size_t length = ere->length - begin;

	/* Written first, so that there is room to move. */
	if (ere_write(ere, ")%s", open)) {
		return -1;
	}
	memmove(ere->pattern + begin + strlen(open), ere->pattern + begin, length + 1);
	memcpy(ere->pattern + begin, open, strlen(open));
	return 0;
}

/*!
 * \brief One operator after what was written last.
 *
 * \param cost What one repetition costs.
 * \param copied Whether PCRE2 copies it for each repetition.
 * \param anchored Whether there are anchors in it.
 */
static long repetition(struct ere *ere, long cost, int copied, int anchored)
{
	struct repeat repeat;
	int copies;

	if (read_repeat(ere, &repeat)) {
		return -1;
	}
	/* The C library itself answers these wrongly: its "(^a)+$" matches "aa". */
	if (anchored && repeat.most != 0 && repeat.most != 1) {
		return ere_refuse(ere,
			"an anchor (^, $, \\b ...) in parentheses that are repeated, before character %d, is not supported: "
			"put it outside of them",
			ere_place(ere));
	}
	copies = repeat.most == UNBOUNDED ? repeat.least : repeat.most;
	if (copied) {
		cost = (cost + GROUP_COST) * (copies ? copies : repeat.most == UNBOUNDED);
	}
	cost = bounded(ere, cost + REPEAT_COST);
	if (cost < 0) {
		return -1;
	}
	if (repeat.most == UNBOUNDED) {
		return ere_write(ere, "{%d,}", repeat.least) ? -1 : cost;
	}
	return ere_write(ere, "{%d,%d}", repeat.least, repeat.most) ? -1 : cost;
}

/*! \brief An atom and the operators after it. */
static long repeated_atom(struct ere *ere, int depth)
{
	size_t begin = ere->length;
	size_t anchors = ere->anchors;
	int copied = *ere->at == '(';
	long cost = atom(ere, depth);
	int anchored = ere->anchors != anchors;

	if (anchored && !copied) {
		return cost;
	}
	while (cost >= 0 && *ere->at && strchr("*+?{", *ere->at)) {
		cost = repetition(ere, cost, copied, anchored);
		/* Without parentheses another operator would make it possessive or lazy, as in Perl. */
		if (cost >= 0 && *ere->at && strchr("*+?{", *ere->at)) {
			copied = 1;
			cost = enclose(ere, begin) ? -1 : cost;
		}
	}
	return cost;
}

/*! \brief A sequence, up to "|", the end, or the ")" of an open "(". */
static long sequence(struct ere *ere, int depth)
{
	long cost = 0;

	while (cost >= 0 && *ere->at && *ere->at != '|' && (*ere->at != ')' || !depth)) {
		long added = repeated_atom(ere, depth);

		cost = added < 0 ? -1 : bounded(ere, cost + added);
	}
	return cost;
}

/*! \brief Sequences with "|" between them; each may be empty. */
static long alternatives(struct ere *ere, int depth)
{
	long cost = sequence(ere, depth);

	while (cost >= 0 && *ere->at == '|') {
		long added;

		ere->at++;
		added = ere_write(ere, "|") ? -1 : sequence(ere, depth);
		cost = added < 0 ? -1 : bounded(ere, cost + added + GROUP_COST);
	}
	return cost;
}

int ere_translate(const char *text, char *pattern, char *error, size_t error_size)
{
	struct ere ere = {
		.text = text, .at = text, .pattern = pattern, .error = error, .error_size = error_size
	};

	*pattern = '\0';
	return alternatives(&ere, 0) < 0 ? -1 : 0;
}
