/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Fuzzes the check of REST parameters, and the text that log lines are made of.
 *
 * Each line is one value of the parameter; a line that is a single '!' stands for one that is no text.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "printable.h"
#include "res_ari_broadcasts/params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_printable(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char) *text < 0x20 || (unsigned char) *text >= 0x7f) {
			abort();
		}
	}
}

/*! \brief What the log would show of a value, in buffers of any size. */
static void check_log_text(const char *value)
{
	for (size_t size = 8; size <= PRINTABLE_SIZE; size *= 2) {
		char *buf = malloc(size);

		printable(value, buf, size);
		if (strlen(buf) >= size) {
			abort();
		}
		check_printable(buf);
		free(buf);
	}
}

static void check_verdict(const struct param *param)
{
	char message[PARAM_MESSAGE_SIZE] = "";

	if (param_check(param, message, sizeof(message))) {
		if (!*message) {
			abort();
		}
		check_printable(message);
	} else if (param->times != 1 || !param->value || !*param->value ||
		strlen(param->value) > PARAM_MAX_LENGTH) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct param param = { .name = "application" };
	char *text = malloc(size + 1);
	char *rest = text;
	char *value;

	memcpy(text, data, size);
	text[size] = '\0';
	while (size && (value = strsep(&rest, "\n"))) {
		param_given(&param, strcmp(value, "!") ? value : NULL);
		check_log_text(value);
	}
	check_verdict(&param);
	free(text);
	return 0;
}
