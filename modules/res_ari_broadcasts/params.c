/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Whether the parameters of a request can be used.
 */

#include <stdio.h>
#include <string.h>

#include "params.h"

void param_given(struct param *param, const char *value)
{
	param->times++;
	if (!value) {
		param->is_no_text = 1;
	} else if (!param->value) {
		param->value = value;
	}
}

int param_check(const struct param *param, char *message, size_t size)
{
	if (!param->times) {
		snprintf(message, size, "Parameter %s is missing", param->name);
	} else if (param->times > 1) {
		snprintf(message, size, "Parameter %s is given %u times, give it once", param->name, param->times);
	} else if (param->is_no_text) {
		snprintf(message, size, "Parameter %s is not a string", param->name);
	} else if (!*param->value) {
		snprintf(message, size, "Parameter %s is empty", param->name);
	} else if (strlen(param->value) > PARAM_MAX_LENGTH) {
		snprintf(message, size, "Parameter %s is longer than %d bytes", param->name, PARAM_MAX_LENGTH);
	} else {
		return 0;
	}

	return -1;
}

/*! \brief A plain decimal number up to \a most; -1 if a text is none. */
static long read_number(const char *text, long most)
{
	long value = 0;

	if (!text || !*text) {
		return -1;
	}
	for (; *text >= '0' && *text <= '9'; text++) {
		value = value * 10 + (*text - '0');
		if (value > most) {
			return -1;
		}
	}
	return *text ? -1 : value;
}

int param_check_number(
	const struct param *param, long least, long most, long *number, char *message, size_t size)
{
	long value;

	if (param->times != 1) {
		return param_check(param, message, size);
	}
	value = read_number(param->value, most);
	if (value < least) {
		snprintf(
			message, size, "Parameter %s is not a whole number from %ld to %ld", param->name, least, most);
		return -1;
	}
	*number = value;
	return 0;
}
