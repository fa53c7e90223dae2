/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Which web pages may read our answers (CORS), as ARI decides for its own.
 */

#include "asterisk.h"

#include "asterisk/ari.h"
#include "asterisk/config.h"
#include "asterisk/http.h"
#include "asterisk/strings.h"

#include "ari_origin.h"
#include "compat.h"

static const char origin_name[] = "Origin";
static const char method_name[] = "Access-Control-Request-Method";
static const char headers_name[] = "Access-Control-Request-Headers";

static int is_printable(const char *text)
{
	for (; *text; text++) {
		if (*text < 0x20 || *text > 0x7e) {
			return 0;
		}
	}
	return 1;
}

void ari_origin_clean(struct ast_variable *headers)
{
	for (; headers; headers = headers->next) {
		if ((!strcasecmp(headers->name, origin_name) || !strcasecmp(headers->name, method_name) ||
				!strcasecmp(headers->name, headers_name)) &&
			!is_printable(headers->value)) {
			headers->name = "";
		}
	}
}

/*! \brief The last header of this name, in this case: ARI reads no other. NULL if there is none. */
static const char *header(const struct ast_variable *headers, const char *name)
{
	const char *value = NULL;

	for (; headers; headers = headers->next) {
		if (!strcmp(headers->name, name)) {
			value = headers->value;
		}
	}
	return value;
}

/*! \brief Whether ARI's settings allow an origin: one of a list with commas, or all of them. */
static int is_allowed(const char *origin)
{
	char *list = compat_ari_setting("allowed_origins");
	char *rest = list;
	const char *allowed;
	int found = 0;

	while (!found && (allowed = strsep(&rest, ","))) {
		found = !strcmp(allowed, "*") || !strcmp(allowed, origin);
	}
	ast_free(list);
	return found;
}

void ari_origin_respond(const struct compat_ari_request *request, struct ast_ari_response *response)
{
	const char *origin = header(request->headers, origin_name);

	if (origin && is_allowed(origin)) {
		ast_str_append(&response->headers, 0,
			"Access-Control-Allow-Origin: %s\r\nAccess-Control-Allow-Credentials: true\r\n", origin);
	}
}
