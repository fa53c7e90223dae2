/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief How the resource /ari/broadcasts describes itself to clients.
 *
 * Their functions are named after the nicknames here, as in client.broadcasts.claim().
 */

#include "asterisk.h"

#include "asterisk/json.h"
#include "asterisk/utils.h"

#include "docs_broadcasts.h"
#include "swagger.h"

/*! \brief Where the description is; a client puts "json" for the format. */
static const char location[] = "/api-docs/broadcasts.{format}";

static const struct swagger_parameter list_parameters[] = {
	{ "application", "query", 0, "Only broadcasts that this application may claim now." },
	{ .name = NULL },
};

static const struct swagger_parameter get_parameters[] = {
	{ "channelId", "path", 1, "ID of the channel." },
	{ .name = NULL },
};

static const struct swagger_parameter verb_parameters[] = {
	{ "channelId", "path", 1, "ID of the channel." },
	{ "application", "query", 1, "Name of the application." },
	{ .name = NULL },
};

static const struct swagger_error list_errors[] = {
	{ 501, "The module for broadcasts is not loaded." },
	{ .status = 0 },
};

static const struct swagger_error get_errors[] = {
	{ 404, "There is no broadcast of this channel." },
	{ 501, "The module for broadcasts is not loaded." },
	{ .status = 0 },
};

static const struct swagger_error verb_errors[] = {
	{ 400, "The application is missing." },
	{ 403, "The application is not registered, or the broadcast is not for it." },
	{ 404, "No broadcast of this channel is open: it is unknown, or its time is over." },
	{ 409, "An application has claimed the channel already." },
	{ 501, "The module for broadcasts is not loaded." },
	{ .status = 0 },
};

static const struct swagger_path paths[] = {
	{ "/broadcasts", "Calls on offer to applications", "GET", "list", "List all broadcasts.",
		"List[Broadcast]", list_parameters, list_errors },
	{ "/broadcasts/{channelId}", "A call on offer", "GET", "get", "Get details of a broadcast.", "Broadcast",
		get_parameters, get_errors },
	{ "/broadcasts/{channelId}/claim", "A call on offer", "POST", "claim",
		"Claim a channel on offer. The first application that does gets it.", "void", verb_parameters,
		verb_errors },
	{ "/broadcasts/{channelId}/decline", "A call on offer", "POST", "decline",
		"Say that an application does not want a channel. The offer ends when all have said so.", "void",
		verb_parameters, verb_errors },
};

static const struct swagger_property broadcast_properties[] = {
	{ "channel_id", "string", 1, "ID of the channel." },
	{ "state", "string", 1, "open, claimed, expired, hungup, declined or withdrawn." },
	{ "timeout_ms", "int", 1, "Milliseconds for which the channel is on offer, from the first event on." },
	{ "remaining_ms", "int", 1, "Milliseconds that are left of them." },
	{ "app_filter", "string", 1, "Regular expression that finds the applications which may claim it." },
	{ "recipients", "List[string]", 1, "Applications that it was offered to." },
	{ "declined", "List[string]", 1, "Applications that have declined it." },
	{ "winner_app", "string", 0, "The application that has claimed it." },
	{ .name = NULL },
};

static const struct swagger_model broadcast_model = {
	.id = "Broadcast",
	.description = "A channel on offer to applications: the one that claims it first gets it.",
	.properties = broadcast_properties,
};

static struct ast_json *paths_create(void)
{
	struct ast_json *array = ast_json_array_create();
	size_t i;

	for (i = 0; i < ARRAY_LEN(paths); i++) {
		if (ast_json_array_append(array, swagger_path_create(&paths[i]))) {
			ast_json_unref(array);
			return NULL;
		}
	}
	return array;
}

/*! \brief Copy a field from one object to another, if it is there. \retval 0 on success. */
static int copy(struct ast_json *to, struct ast_json *from, const char *field)
{
	struct ast_json *value = ast_json_object_get(from, field);

	return value ? ast_json_object_set(to, field, ast_json_ref(value)) : 0;
}

struct ast_json *docs_broadcasts_create(struct ast_json *other)
{
	struct ast_json *docs = ast_json_pack("{s: s}", "resourcePath", location);
	struct ast_json *models =
		ast_json_pack("{s: o}", broadcast_model.id, swagger_model_create(&broadcast_model));

	if (copy(docs, other, "apiVersion") || copy(docs, other, "swaggerVersion") ||
		copy(docs, other, "basePath") || ast_json_object_set(docs, "apis", paths_create()) ||
		ast_json_object_set(docs, "models", ast_json_ref(models))) {
		ast_json_unref(docs);
		docs = NULL;
	}
	ast_json_unref(models);
	return docs;
}

int docs_broadcasts_list(struct ast_json *list)
{
	struct ast_json *entries = ast_json_object_get(list, "apis");

	if (swagger_has_path(entries, location)) {
		return 0;
	}
	return ast_json_array_append(
		entries, ast_json_pack("{s: s, s: s}", "path", location, "description", "Broadcast resources"));
}
