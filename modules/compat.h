/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The only file that knows what differs between Asterisk versions.
 *
 * Asterisk's headers carry no version number to compile by, so that everything here either works
 * unchanged on all of them or asks the running Asterisk.
 */

#ifndef STASIS_BROADCAST_COMPAT_H
#define STASIS_BROADCAST_COMPAT_H

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "asterisk/app.h"
#include "asterisk/ari.h"
#include "asterisk/astobj2.h"
#include "asterisk/channel.h"
#include "asterisk/config.h"
#include "asterisk/http.h"
#include "asterisk/json.h"
#include "asterisk/paths.h"
#include "asterisk/sorcery.h"
#include "asterisk/stasis_app.h"
#include "asterisk/stasis_channels.h"

/*!
 * \brief Whether a Stasis application is registered now.
 *
 * stasis_app_is_registered() says it in one call, but Asterisk 16 lacks it.
 *
 * \param name The application's name. Borrowed; NULL is not registered.
 *
 * \return 1 if it is, 0 if not.
 *
 * \note Any thread. Needs \c res_stasis loaded.
 */
static inline int compat_app_is_registered(const char *name)
{
	struct stasis_app *app = stasis_app_get_by_name(name);

	ao2_cleanup(app);
	return app != NULL;
}

/*!
 * \brief Whether ARI leaves quotes and backslashes out of the names that applications connect with.
 *
 * It does until its WebSockets were written again, with those that it opens itself (20.15, 21.10, 22.5).
 */
#if __has_include("asterisk/websocket_client.h")
#define COMPAT_ARI_STRIPS_NAMES 0
#else
#define COMPAT_ARI_STRIPS_NAMES 1
#endif

/*!
 * \brief A full snapshot of a channel as it is now, with the channel variables that ari.conf asks for.
 *
 * The snapshot that Asterisk keeps would be cheaper, but on Asterisk 16 it comes from a cache that
 * another thread fills, and a channel of a moment ago may not be in it yet. Asterisk 17 and later
 * borrow the unchanged parts from the kept one, so that the difference is small.
 *
 * \param chan The channel; must not be locked by the caller.
 *
 * \return A snapshot to give back with ao2_cleanup(); NULL if memory ran out.
 *
 * \note Any thread that has a reference to the channel. Locks the channel for a moment.
 */
static inline struct ast_channel_snapshot *compat_channel_snapshot(struct ast_channel *chan)
{
	struct ast_channel_snapshot *snapshot;

	ast_channel_lock(chan);
	snapshot = ast_channel_snapshot_create(chan);
	ast_channel_unlock(chan);

	return snapshot;
}

/*!
 * \brief The texts of a snapshot that ARI shows.
 *
 * Borrowed from the snapshot. One that this Asterisk does not have is NULL.
 */
struct compat_snapshot_texts {
	const char *id;
	const char *linkedid;
	const char *name;
	const char *protocol_id;
	const char *accountcode;
	const char *language;
	const char *tenantid;
	const char *context;
	const char *exten;
	const char *app_name;
	const char *app_data;
	const char *caller_name;
	const char *caller_number;
	const char *caller_rdnis;
	const char *connected_name;
	const char *connected_number;
};

/*!
 * \brief Find the texts of a snapshot, which Asterisk 17 and later keep in parts.
 *
 * \param snapshot The snapshot. Borrowed.
 *
 * \return The texts, for as long as the snapshot is there.
 *
 * \note Any thread; takes no lock: a snapshot does not change.
 */
#if __has_include("asterisk/stasis_state.h") /* It came with 17, as the parts did. */
static inline struct compat_snapshot_texts compat_snapshot_texts(const struct ast_channel_snapshot *snapshot)
{
	return (struct compat_snapshot_texts){
		.id = snapshot->base->uniqueid,
		.linkedid = snapshot->peer->linkedid,
		.name = snapshot->base->name,
		.protocol_id = snapshot->base->protocol_id,
		.accountcode = snapshot->base->accountcode,
		.language = snapshot->base->language,
#ifdef AST_MAX_TENANT_ID
		.tenantid = snapshot->base->tenantid,
#endif
		.context = snapshot->dialplan->context,
		.exten = snapshot->dialplan->exten,
		.app_name = snapshot->dialplan->appl,
		.app_data = snapshot->dialplan->data,
		.caller_name = snapshot->caller->name,
		.caller_number = snapshot->caller->number,
		.caller_rdnis = snapshot->caller->rdnis,
		.connected_name = snapshot->connected->name,
		.connected_number = snapshot->connected->number,
	};
}
#else
static inline struct compat_snapshot_texts compat_snapshot_texts(const struct ast_channel_snapshot *snapshot)
{
	return (struct compat_snapshot_texts){
		.id = snapshot->uniqueid,
		.linkedid = snapshot->linkedid,
		.name = snapshot->name,
		.protocol_id = snapshot->protocol_id,
		.accountcode = snapshot->accountcode,
		.language = snapshot->language,
		.context = snapshot->context,
		.exten = snapshot->exten,
		.app_name = snapshot->appl,
		.app_data = snapshot->data,
		.caller_name = snapshot->caller_name,
		.caller_number = snapshot->caller_number,
		.connected_name = snapshot->connected_name,
		.connected_number = snapshot->connected_number,
	};
}
#endif

/*!
 * \brief How ast_ari_invoke() is called before Asterisk 20.14, 21.9 and 22.4, and from there on.
 *
 * The headers of both declare it. Enumerations are written as the integers that they are, so that the
 * newer one can be named where its enumerations do not exist.
 */
typedef void (*compat_ari_invoke_old)(struct ast_tcptls_session_instance *ser, const char *uri,
	enum ast_http_method method, struct ast_variable *get_params, struct ast_variable *headers,
	struct ast_json *body, struct ast_ari_response *response);
typedef int (*compat_ari_invoke_new)(struct ast_tcptls_session_instance *ser, unsigned int source,
	const struct ast_http_uri *urih, const char *uri, enum ast_http_method method,
	struct ast_variable *get_params, struct ast_variable *headers, struct ast_json *body,
	struct ast_ari_response *response);

/*! \brief A request for ast_ari_invoke(). Everything is borrowed. */
struct compat_ari_request {
	/*! The connection. */
	struct ast_tcptls_session_instance *ser;
	/*! The path that the HTTP server found, which says what precedes /ari. */
	const struct ast_http_uri *urih;
	enum ast_http_method method;
	/*! Variables of the form and, after them, of the query. */
	struct ast_variable *get_params;
	struct ast_variable *headers;
	/*! JSON body; JSON's null if there is none. */
	struct ast_json *body;
};

static inline int compat_ari_call_old(compat_ari_invoke_old invoke, const struct compat_ari_request *request,
	const char *uri, struct ast_ari_response *response)
{
	invoke(
		request->ser, uri, request->method, request->get_params, request->headers, request->body, response);
	return 0;
}

static inline int compat_ari_call_new(compat_ari_invoke_new invoke, const struct compat_ari_request *request,
	const char *uri, struct ast_ari_response *response)
{
	/* ARI_INVOKE_SOURCE_REST */
	return invoke(request->ser, 0, request->urih, uri, request->method, request->get_params, request->headers,
		request->body, response);
}

/* clang-format off */
#define COMPAT_ARI_CALL _Generic(&ast_ari_invoke, \
	compat_ari_invoke_old: compat_ari_call_old, \
	default: compat_ari_call_new)
#define COMPAT_ARI_IS_OLD _Generic(&ast_ari_invoke, compat_ari_invoke_old: 1, default: 0)
/* clang-format on */

/*!
 * \brief Call ast_ari_invoke(), whichever of the two this Asterisk has, for a request over HTTP.
 *
 * \param request The request.
 * \param uri Path below ARI's root, without a slash before it.
 * \param[out] response ARI's answer.
 *
 * \note Thread of the connection. Runs the handler of the resource. Does the log-in if
 *       compat_ari_leaves_log_in_to_caller() is 0.
 */
static inline void compat_ari_invoke(
	const struct compat_ari_request *request, const char *uri, struct ast_ari_response *response)
{
	/* ARI_INVOKE_RESULT_ERROR_CLOSE */
	if (COMPAT_ARI_CALL(ast_ari_invoke, request, uri, response) == -2) {
		ast_http_request_close_on_completion(request->ser);
	}
}

/*!
 * \brief What ARI keeps of its configuration before Asterisk 20.15, 21.10, 22.5 and 23.0.
 *
 * res_ari exports these functions, but their header is private. All versions that have them have these
 * declarations, and no version that is still to come does; the linker tells at run time.
 */
struct ast_ari_conf_general {
	int enabled;
	int write_timeout;
	enum ast_json_encoding_format format;
	char auth_realm[80];
	/* The head of what AST_DECLARE_STRING_FIELDS() declares. */
	struct ast_string_field_pool *pool;
	const char *allowed_origins;
};

struct ast_ari_conf {
	struct ast_ari_conf_general *general;
	struct ao2_container *users;
};

struct ast_ari_conf_user {
	char *username;
	char password[256];
	int password_format;
	int read_only;
};

__attribute__((weak)) struct ast_ari_conf *ast_ari_config_get(void);
__attribute__((weak)) struct ast_ari_conf_user *ast_ari_config_validate_user(
	const char *username, const char *password);

/*!
 * \brief Whether ast_ari_invoke() does no log-in, so that its caller has to.
 *
 * The functions that the log-in needs and ast_ari_invoke() are in the same module: where the latter is
 * found, the former are missing only if ARI has given them up and does the log-in itself.
 *
 * \return 1 if its caller has to, 0 if it does the log-in.
 */
static inline int compat_ari_leaves_log_in_to_caller(void)
{
	return ast_ari_config_get && ast_ari_config_validate_user;
}

/*!
 * \brief Whether the running ARI can be the one whose headers this was built with.
 *
 * Asterisk loads a module that was built for an older one. There, nobody would do the log-in.
 *
 * \return 1 if it can, 0 if not: neither compat_ari_invoke() nor what follows from it may be used.
 */
static inline int compat_ari_is_as_built(void)
{
	return !COMPAT_ARI_IS_OLD || compat_ari_leaves_log_in_to_caller();
}

/*! \brief A setting as ARI keeps it itself, for compat_ari_setting(). Borrowed from \a general; NULL if unknown. */
static inline const char *compat_ari_kept_setting(
	const struct ast_ari_conf_general *general, const char *name)
{
	if (!strcmp(name, "enabled")) {
		return general->enabled ? "yes" : "no";
	}
	if (!strcmp(name, "auth_realm")) {
		return general->auth_realm;
	}
	return strcmp(name, "allowed_origins") ? NULL : general->allowed_origins;
}

/*!
 * \brief One of ARI's general settings as ARI has it now.
 *
 * From Asterisk 20.15, 21.10, 22.5 and 23.0 on they are an object of sorcery, wherever its configuration
 * keeps that.
 *
 * \param name "enabled", "auth_realm" or "allowed_origins".
 *
 * \return Its value, to give back with ast_free(); NULL if there is none.
 *
 * \note Any thread; no lock is held. ARI asks sorcery in the same way, for each request.
 */
static inline char *compat_ari_setting(const char *name)
{
	struct ast_variable *settings = NULL;
	struct ast_sorcery *sorcery;
	void *general;
	char *value;

	if (compat_ari_leaves_log_in_to_caller()) {
		struct ast_ari_conf *conf = ast_ari_config_get();

		value = conf && conf->general ? ast_strdup(compat_ari_kept_setting(conf->general, name)) : NULL;
		ao2_cleanup(conf);
		return value;
	}

	sorcery = ast_sorcery_retrieve_by_module_name("res_ari");
	general = sorcery ? ast_sorcery_retrieve_by_id(sorcery, "general", "general") : NULL;
	if (general) {
		settings = ast_sorcery_objectset_create(sorcery, general);
	}
	value = ast_strdup(ast_variable_find_in_list(settings, name));
	ast_variables_destroy(settings);
	ao2_cleanup(general);
	ao2_cleanup(sorcery);
	return value;
}

/*!
 * \brief Whether a description of ARI has a path: "path", a colon and the path, with blanks around the colon or none.
 *
 * Searched for as text: to read all of events.json as JSON takes as long as to load all of our modules. Inside of a JSON
 * text each quotation mark has a backslash before it, so that nothing else reads like that.
 *
 * \param description The description, as in the file.
 * \param path Such as "/events/claim".
 *
 * \return 1 if it has, 0 if not.
 */
static inline int compat_description_has(const char *description, const char *path)
{
	static const char name[] = "\"path\"";
	static const char blanks[] = " \t\r\n";
	const size_t length = strlen(path);

	for (const char *at = description; (at = strstr(at, name));) {
		at += strlen(name);
		at += strspn(at, blanks);
		if (*at != ':') {
			continue;
		}
		at += 1 + strspn(at + 1, blanks);
		if (*at == '"' && !strncmp(at + 1, path, length) && at[1 + length] == '"') {
			return 1;
		}
	}
	return 0;
}

/*!
 * \brief Whether ARI's description of its events, as the running Asterisk brings it, has a path.
 *
 * Versions do not tell: a build from git has none, and distributions bring changes to older ones.
 *
 * \param path Such as "/events/claim".
 *
 * \return 1 if it has, 0 if not or if there is no description.
 *
 * \note Any thread; reads a file.
 */
static inline int compat_ari_describes(const char *path)
{
	char file[PATH_MAX];
	char *description;
	int found;

	snprintf(file, sizeof(file), "%s/rest-api/events.json", ast_config_AST_DATA_DIR);
	/* Of a file that is not there, Asterisk would log a warning. */
	description = access(file, R_OK) ? NULL : ast_read_textfile(file);
	found = description && compat_description_has(description, path);
	ast_free(description);
	return found;
}

/*!
 * \brief Whether the running Asterisk brings <tt>POST /ari/events/claim</tt> itself.
 *
 * \return 1 if it does. 0 if not, or if its description of ARI is not installed: ours in its place
 *         answers the same and lets in the same clients.
 *
 * \note Thread that loads the module; reads a file.
 */
static inline int compat_ari_has_claim_path(void)
{
	return compat_ari_describes("/events/claim");
}

#endif /* STASIS_BROADCAST_COMPAT_H */
