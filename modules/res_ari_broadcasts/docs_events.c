/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What Asterisk's own description of its events lacks: the two of broadcasts, and the claim.
 *
 * Where Asterisk brings them, the names here are the same, so that a program runs on both.
 */

#include "asterisk.h"

#include "asterisk/json.h"
#include "asterisk/utils.h"

#include "docs_events.h"
#include "swagger.h"

static const struct swagger_property call_broadcast_properties[] = {
	{ "channel", "Channel", 1, "The channel on offer." },
	{ "caller", "string", 0, "Number of the caller." },
	{ "called", "string", 0, "The extension that the caller dialled." },
	{ "timeout", "int", 0, "Milliseconds for which the channel is on offer." },
	{ .name = NULL },
};

static const struct swagger_property call_claimed_properties[] = {
	{ "channel", "Channel", 1, "The channel that was on offer." },
	{ "winner_app", "string", 1, "Name of the application that has claimed it." },
	{ .name = NULL },
};

static const struct swagger_model events[] = {
	{ "CallBroadcast", "A channel is on offer: the application that claims it first gets it.",
		call_broadcast_properties },
	{ "CallClaimed", "An application has claimed a channel that was on offer.", call_claimed_properties },
};

static const struct swagger_parameter claim_parameters[] = {
	{ "channelId", "query", 1, "ID of the channel on offer." },
	{ "application", "query", 1, "Name of the application that claims it." },
	{ .name = NULL },
};

static const struct swagger_error claim_errors[] = {
	{ 400, "A parameter is missing." },
	{ 404, "The channel is not on offer to this application, or its time is over." },
	{ 409, "Another application has claimed the channel." },
	{ 501, "The module for broadcasts is not loaded." },
	{ .status = 0 },
};

static const struct swagger_path claim_path = {
	.path = "/events/claim",
	.description = "A channel on offer",
	.method = "POST",
	.nickname = "claimChannel",
	.summary = "Claim a channel on offer. The first application that does gets it.",
	.result = "void",
	.parameters = claim_parameters,
	.errors = claim_errors,
};

/*! \brief Name a model as a kind of another, unless it is. \retval 0 on success, -1 if memory ran out. */
static int add_subtype(struct ast_json *models, const char *parent, const char *name)
{
	struct ast_json *model = ast_json_object_get(models, parent);
	struct ast_json *subtypes = model ? ast_json_object_get(model, "subTypes") : NULL;
	size_t i;

	if (!subtypes) {
		return 0;
	}

	for (i = 0; i < ast_json_array_size(subtypes); i++) {
		const char *subtype = ast_json_string_get(ast_json_array_get(subtypes, i));

		if (subtype && !strcmp(subtype, name)) {
			return 0;
		}
	}
	return ast_json_array_append(subtypes, ast_json_string_create(name));
}

/*! \brief Add an event unless it is described. \retval 1 if it was added, 0 if not, -1 if memory ran out. */
static int add_event(struct ast_json *models, const struct swagger_model *event)
{
	if (ast_json_object_get(models, event->id)) {
		return 0;
	}
	if (ast_json_object_set(models, event->id, swagger_model_create(event)) ||
		add_subtype(models, "Event", event->id)) {
		return -1;
	}
	return 1;
}

/*! \brief Add the claim unless it is described. \retval 1 if it was added, 0 if not, -1 if memory ran out. */
static int add_claim(struct ast_json *paths)
{
	if (swagger_has_path(paths, claim_path.path)) {
		return 0;
	}
	return ast_json_array_append(paths, swagger_path_create(&claim_path)) ? -1 : 1;
}

int docs_events_extend(struct ast_json *docs)
{
	struct ast_json *models = ast_json_object_get(docs, "models");
	int added = add_claim(ast_json_object_get(docs, "apis"));
	size_t i;

	for (i = 0; added >= 0 && i < ARRAY_LEN(events); i++) {
		const int res = add_event(models, &events[i]);

		added = res < 0 ? -1 : added + res;
	}
	return added;
}
