/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Descriptions of ARI's paths and models in Swagger 1.1, from tables.
 */

#include "asterisk.h"

#include "asterisk/json.h"

#include "swagger.h"

static struct ast_json *parameters_create(const struct swagger_parameter *parameter)
{
	struct ast_json *array = ast_json_array_create();

	for (; parameter->name; parameter++) {
		struct ast_json *json = ast_json_pack("{s: s, s: s, s: s, s: b, s: b, s: s}", "name", parameter->name,
			"description", parameter->description, "paramType", parameter->where, "required",
			parameter->required, "allowMultiple", 0, "dataType", "string");

		if (ast_json_array_append(array, json)) {
			ast_json_unref(array);
			return NULL;
		}
	}
	return array;
}

static struct ast_json *errors_create(const struct swagger_error *error)
{
	struct ast_json *array = ast_json_array_create();

	for (; error->status; error++) {
		struct ast_json *json = ast_json_pack("{s: i, s: s}", "code", error->status, "reason", error->reason);

		if (ast_json_array_append(array, json)) {
			ast_json_unref(array);
			return NULL;
		}
	}
	return array;
}

struct ast_json *swagger_path_create(const struct swagger_path *path)
{
	struct ast_json *operation = ast_json_pack("{s: s, s: s, s: s, s: s}", "httpMethod", path->method,
		"summary", path->summary, "nickname", path->nickname, "responseClass", path->result);

	if (ast_json_object_set(operation, "parameters", parameters_create(path->parameters)) ||
		ast_json_object_set(operation, "errorResponses", errors_create(path->errors))) {
		ast_json_unref(operation);
		return NULL;
	}
	return ast_json_pack("{s: s, s: s, s: [o]}", "path", path->path, "description", path->description,
		"operations", operation);
}

struct ast_json *swagger_model_create(const struct swagger_model *model)
{
	const struct swagger_property *property = model->properties;
	struct ast_json *properties = ast_json_object_create();

	for (; property->name; property++) {
		struct ast_json *json = ast_json_pack("{s: s, s: s, s: b}", "type", property->type, "description",
			property->description, "required", property->required);

		if (ast_json_object_set(properties, property->name, json)) {
			ast_json_unref(properties);
			return NULL;
		}
	}
	return ast_json_pack(
		"{s: s, s: s, s: o}", "id", model->id, "description", model->description, "properties", properties);
}

int swagger_has_path(struct ast_json *paths, const char *path)
{
	size_t i;

	for (i = 0; i < ast_json_array_size(paths); i++) {
		const char *other = ast_json_string_get(ast_json_object_get(ast_json_array_get(paths, i), "path"));

		if (other && !strcmp(other, path)) {
			return 1;
		}
	}
	return 0;
}
