/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The text that Prometheus reads.
 */

#include "exposition.h"

#include <ctype.h>
#include <inttypes.h>

#include "asterisk/json.h"
#include "asterisk/utils.h"

/*! \brief Room for a time in seconds, in bytes. */
#define SECONDS_SIZE 32

#define NS_PER_SECOND UINT64_C(1000000000)

void exposition_family(struct ast_str **output, const char *name, const char *type, const char *help)
{
	ast_str_append(output, 0, "# HELP " EXPOSITION_PREFIX "%s %s\n", name, help);
	ast_str_append(output, 0, "# TYPE " EXPOSITION_PREFIX "%s %s\n", name, type);
}

/*! \brief Write a sample. Makes room in large steps: a scrape can have 100 000 of them. */
static void sample(struct ast_str **output, const char *name, const char *labels, const char *value)
{
	const size_t needed = strlen(EXPOSITION_PREFIX) + strlen(name) + strlen(labels) + strlen(value) + 8;

	if (ast_str_size(*output) - ast_str_strlen(*output) < needed &&
		ast_str_make_space(output, 2 * ast_str_size(*output) + needed)) {
		return;
	}
	ast_str_append(output, 0, *labels ? EXPOSITION_PREFIX "%s{%s} %s\n" : EXPOSITION_PREFIX "%s%s %s\n", name,
		labels, value);
}

void exposition_number(struct ast_str **output, const char *name, const char *labels, uint64_t value)
{
	char text[SECONDS_SIZE];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	sample(output, name, labels, text);
}

/*! \brief A time in seconds without zeros at its end, and always with a point. \return \a text. */
static const char *seconds(uint64_t ns, char text[SECONDS_SIZE])
{
	size_t length =
		snprintf(text, SECONDS_SIZE, "%" PRIu64 ".%09" PRIu64, ns / NS_PER_SECOND, ns % NS_PER_SECOND);

	while (text[length - 1] == '0' && text[length - 2] != '.') {
		text[--length] = '\0';
	}
	return text;
}

void exposition_seconds(struct ast_str **output, const char *name, const char *labels, uint64_t ns)
{
	char text[SECONDS_SIZE];

	sample(output, name, labels, seconds(ns, text));
}

void exposition_histogram(struct ast_str **output, const char *name, const char *help,
	const struct stasis_broadcast_histogram *histogram)
{
	static const double limits[] = STASIS_BROADCAST_BUCKET_LIMITS;
	char of_buckets[64];
	char of_part[64];
	char text[SECONDS_SIZE];
	uint64_t count = 0;

	snprintf(of_buckets, sizeof(of_buckets), "%s_bucket", name);
	exposition_family(output, name, "histogram", help);
	for (size_t i = 0; i < STASIS_BROADCAST_BUCKETS; i++) {
		char labels[SECONDS_SIZE + sizeof("le=\"\"")];

		count += histogram->buckets[i];
		snprintf(labels, sizeof(labels), "le=\"%s\"",
			i < ARRAY_LEN(limits) ? seconds((uint64_t) (limits[i] * NS_PER_SECOND + 0.5), text) : "+Inf");
		exposition_number(output, of_buckets, labels, count);
	}
	snprintf(of_part, sizeof(of_part), "%s_sum", name);
	exposition_seconds(output, of_part, "", histogram->sum_ns);
	snprintf(of_part, sizeof(of_part), "%s_count", name);
	exposition_number(output, of_part, "", count);
}

/*! \brief How many bytes the character at the begin of a text has; 0 if it is not UTF-8. */
static size_t character(const char *text)
{
	const unsigned char first = (unsigned char) *text;
	const size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	return strnlen(text, length) == length && ast_json_utf8_check_len(text, length) ? length : 0;
}

/*! \brief Whether a text begins like a byte that is told as \c \xNN. */
static int is_escaped(const char *text)
{
	return text[0] == '\\' && text[1] == 'x' && isxdigit((unsigned char) text[2]) &&
		isxdigit((unsigned char) text[3]);
}

char *exposition_label(const char *name)
{
	/* At the most, each byte becomes two backslashes, an x, and two digits. */
	char *label = ast_malloc(5 * strlen(name) + 1);
	char *end = label;

	while (label && *name) {
		size_t length = is_escaped(name) ? 0 : character(name);

		if (!length) {
			end += sprintf(end, "\\\\x%02x", (unsigned char) *name++);
		} else if (*name == '\n') {
			end = stpcpy(end, "\\n");
			name++;
		} else {
			if (*name == '\\' || *name == '"') {
				*end++ = '\\';
			}
			end = mempcpy(end, name, length);
			name += length;
		}
	}
	if (label) {
		*end = '\0';
	}
	return label;
}
