/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What all our requests need: their parameters, and to be counted while they run.
 */

#include "asterisk.h"

#include "asterisk/ari.h"
#include "asterisk/config.h"
#include "asterisk/json.h"
#include "asterisk/lock.h"

#include "provider.h"
#include "request.h"

static int running;

void request_begin(void)
{
	ast_atomic_fetchadd_int(&running, +1);
}

void request_end(void)
{
	ast_atomic_fetchadd_int(&running, -1);
}

int request_count(void)
{
	return ast_atomic_fetchadd_int(&running, 0);
}

void request_check_provider(void)
{
	static int said;

	provider_check(&said, "/ari/broadcasts answers 501");
}

const char *request_channel_id(struct ast_variable *path_vars)
{
	for (; path_vars; path_vars = path_vars->next) {
		if (!strcmp(path_vars->name, "channelId")) {
			return path_vars->value;
		}
	}
	return "";
}

void request_find(struct param *param, struct ast_variable *vars, struct ast_json *body)
{
	struct ast_json *field = NULL;

	for (; vars; vars = vars->next) {
		if (!strcmp(vars->name, param->name)) {
			param_given(param, vars->value);
		}
	}

	if (body && ast_json_typeof(body) == AST_JSON_OBJECT) {
		field = ast_json_object_get(body, param->name);
	}
	if (field && param->is_number && ast_json_typeof(field) == AST_JSON_INTEGER) {
		snprintf(param->digits, sizeof(param->digits), "%jd", ast_json_integer_get(field));
		param_given(param, param->digits);
	} else if (field) {
		param_given(param, ast_json_typeof(field) == AST_JSON_STRING ? ast_json_string_get(field) : NULL);
	}
}

int request_check(const struct param *param, struct ast_ari_response *response)
{
	char message[PARAM_MESSAGE_SIZE];

	if (!param_check(param, message, sizeof(message))) {
		return 0;
	}

	ast_ari_response_error(response, 400, "Bad Request", "%s", message);
	return -1;
}

int request_check_number(
	const struct param *param, long least, long most, long *number, struct ast_ari_response *response)
{
	char message[PARAM_MESSAGE_SIZE];

	if (!param_check_number(param, least, most, number, message, sizeof(message))) {
		return 0;
	}

	ast_ari_response_error(response, 400, "Bad Request", "%s", message);
	return -1;
}

int request_require(
	struct param *param, struct ast_variable *vars, struct ast_json *body, struct ast_ari_response *response)
{
	request_find(param, vars, body);
	return request_check(param, response);
}
