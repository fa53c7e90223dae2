/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A channel as JSON for an event, whatever bytes its texts are made of.
 */

#include "asterisk.h"

#include "asterisk/chanvars.h"
#include "asterisk/linkedlists.h"
#include "asterisk/stasis_app.h"
#include "asterisk/stasis_channels.h"
#include "asterisk/strings.h"
#include "channel_json.h"
#include "compat.h"
#include "describe_text.h"

/*! \brief A text that Asterisk puts into the JSON as it is, so that all of it fails if the text is not UTF-8. */
struct field {
	const char *name;
	/*! Where it is in struct compat_snapshot_texts. */
	size_t offset;
};

#define AT(member) offsetof(struct compat_snapshot_texts, member)

static const struct field fields[] = {
	{ "id", AT(id) },
	{ "name", AT(name) },
	{ "protocol_id", AT(protocol_id) },
	{ "accountcode", AT(accountcode) },
	{ "language", AT(language) },
	{ "dialplan.context", AT(context) },
	{ "dialplan.exten", AT(exten) },
	{ "dialplan.app_name", AT(app_name) },
	{ "dialplan.app_data", AT(app_data) },
};

_Static_assert(ARRAY_LEN(fields) == CHANNEL_JSON_FIELDS, "each field has its number");

const char *channel_json_field_name(int field)
{
	return fields[field].name;
}

static int is_bad(const char *text)
{
	return !ast_strlen_zero(text) && !ast_json_utf8_check(text);
}

int channel_json_find_bad(const struct ast_channel_snapshot *snapshot, const char **value)
{
	const struct compat_snapshot_texts texts = compat_snapshot_texts(snapshot);

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		memcpy(value, (const char *) &texts + fields[i].offset, sizeof(*value));
		if (is_bad(*value)) {
			return (int) i;
		}
	}
	return -1;
}

int channel_json_is_internal(const struct ast_channel_snapshot *snapshot)
{
	const struct stasis_message_sanitizer *sanitizer = stasis_app_get_sanitizer();

	return sanitizer && sanitizer->channel_snapshot && sanitizer->channel_snapshot(snapshot);
}

/*! \brief Tell a text that Asterisk has left out, or left empty. */
static void complete(struct ast_json *object, const char *key, const char *text)
{
	if (object && is_bad(text)) {
		ast_json_object_set(object, key, describe_text(text));
	}
}

/*! \brief Tell the channel variables of ari.conf that Asterisk has left out. */
static void complete_variables(struct ast_json *object, const struct ast_channel_snapshot *snapshot)
{
	struct ast_var_t *variable;

	if (!object || !snapshot->ari_vars) {
		return;
	}
	AST_LIST_TRAVERSE(snapshot->ari_vars, variable, entries)
	{
		complete(object, variable->name, variable->value);
	}
}

struct ast_json *channel_json(struct ast_channel_snapshot *snapshot)
{
	const struct compat_snapshot_texts texts = compat_snapshot_texts(snapshot);
	struct ast_json *json = ast_channel_snapshot_to_json(snapshot, stasis_app_get_sanitizer());

	if (json) {
		complete(ast_json_object_get(json, "caller"), "name", texts.caller_name);
		complete(ast_json_object_get(json, "caller"), "number", texts.caller_number);
		complete(ast_json_object_get(json, "connected"), "name", texts.connected_name);
		complete(ast_json_object_get(json, "connected"), "number", texts.connected_number);
		complete(json, "caller_rdnis", texts.caller_rdnis);
		complete(json, "tenantid", texts.tenantid);
		complete_variables(ast_json_object_get(json, "channelvars"), snapshot);
	}
	return json;
}

struct ast_json *channel_json_variables(const struct ast_channel_snapshot *snapshot)
{
	struct ast_json *object = ast_json_object_create();
	struct ast_var_t *variable;

	if (!object || !snapshot || !snapshot->ari_vars) {
		return object;
	}
	AST_LIST_TRAVERSE(snapshot->ari_vars, variable, entries)
	{
		ast_json_object_set(object, variable->name, describe_text(S_OR(variable->value, "")));
	}
	return object;
}
