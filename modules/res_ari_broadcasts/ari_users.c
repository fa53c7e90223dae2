/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Who may log in to ARI: what ari.conf says, for the paths that ARI does not guard for us.
 */

#include "asterisk.h"

#include "asterisk/astobj2.h"
#include "asterisk/config.h"
#include "asterisk/http.h"
#include "asterisk/linkedlists.h"
#include "asterisk/lock.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "ari_users.h"

static const char conf_file[] = "ari.conf";

/*! \brief How long a file that cannot be read is left alone, so that requests do not fill the log. */
#define RETRY_SECONDS 10

struct ari_user {
	AST_LIST_ENTRY(ari_user) entry;
	char *password;
	int is_user;
	int is_crypt;
	int has_bad_format;
	int read_only;
	char name[];
};

struct ari_settings {
	int enabled;
	char *realm;
	char *allowed_origins;
	AST_LIST_HEAD_NOLOCK(, ari_user) users;
};

AST_MUTEX_DEFINE_STATIC(settings_lock);

/*! \brief The file as it was read last. Guarded by settings_lock. */
static struct ari_settings *current;

/*! \brief When it could not be read, on the monotonic clock; 0 if it could. Guarded by settings_lock. */
static time_t failed_at;

static time_t clock_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void user_free(struct ari_user *user)
{
	ast_free(user->password);
	ast_free(user);
}

static void settings_destroy(void *obj)
{
	struct ari_settings *settings = obj;
	struct ari_user *user;

	while ((user = AST_LIST_REMOVE_HEAD(&settings->users, entry))) {
		user_free(user);
	}
	ast_free(settings->realm);
	ast_free(settings->allowed_origins);
}

static void replace(char **field, const char *value)
{
	ast_free(*field);
	*field = ast_strdup(value);
}

static void read_general(struct ari_settings *settings, const struct ast_variable *var)
{
	for (; var; var = var->next) {
		if (!strcasecmp(var->name, "enabled")) {
			settings->enabled = ast_true(var->value);
		} else if (!strcasecmp(var->name, "auth_realm")) {
			replace(&settings->realm, var->value);
		} else if (!strcasecmp(var->name, "allowed_origins")) {
			replace(&settings->allowed_origins, var->value);
		}
	}
}

/*! \brief Read a section. In one made from a template the own lines come last, and count. */
static void read_user_fields(struct ari_user *user, const struct ast_variable *var)
{
	for (; var; var = var->next) {
		if (!strcasecmp(var->name, "type")) {
			user->is_user = !strcasecmp(var->value, "user");
		} else if (!strcasecmp(var->name, "password")) {
			replace(&user->password, var->value);
		} else if (!strcasecmp(var->name, "read_only")) {
			user->read_only = ast_true(var->value);
		} else if (!strcasecmp(var->name, "password_format")) {
			user->is_crypt = !strcasecmp(var->value, "crypt");
			user->has_bad_format = !user->is_crypt && strcasecmp(var->value, "plain");
		}
	}
}

/*! \brief Add the user that a section describes. One without a usable password cannot log in, as in ARI. */
static int read_user(struct ari_settings *settings, const char *name, const struct ast_variable *var)
{
	struct ari_user *user = ast_calloc(1, sizeof(*user) + strlen(name) + 1);

	if (!user) {
		return -1;
	}

	/* NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.strcpy): there is room for it, see above */
	strcpy(user->name, name);
	read_user_fields(user, var);
	if (!user->is_user || user->has_bad_format || ast_strlen_zero(user->password)) {
		user_free(user);
		return 0;
	}

	AST_LIST_INSERT_HEAD(&settings->users, user, entry);
	return 0;
}

static struct ari_settings *settings_create(struct ast_config *cfg)
{
	struct ari_settings *settings =
		ao2_alloc_options(sizeof(*settings), settings_destroy, AO2_ALLOC_OPT_LOCK_NOLOCK);
	struct ast_category *category = NULL;

	if (!settings) {
		return NULL;
	}

	settings->enabled = 1;
	replace(&settings->realm, "Asterisk REST Interface");
	while ((category = ast_category_browse_filtered(cfg, NULL, category, NULL))) {
		const char *name = ast_category_get_name(category);

		if (!strcasecmp(name, "general")) {
			read_general(settings, ast_category_first(category));
		} else if (read_user(settings, name, ast_category_first(category))) {
			ao2_ref(settings, -1);
			return NULL;
		}
	}

	return settings;
}

/*! \brief Read the file if it has changed. settings_lock is held. */
static void refresh(void)
{
	struct ast_flags flags = { current ? CONFIG_FLAG_FILEUNCHANGED : 0 };
	struct ari_settings *fresh = NULL;
	struct ast_config *cfg;

	if (failed_at && clock_seconds() - failed_at < RETRY_SECONDS) {
		return;
	}

	cfg = ast_config_load(conf_file, flags);
	if (cfg == CONFIG_STATUS_FILEUNCHANGED) {
		failed_at = 0;
		return;
	}
	if (cfg != CONFIG_STATUS_FILEMISSING && cfg != CONFIG_STATUS_FILEINVALID) {
		fresh = settings_create(cfg);
		ast_config_destroy(cfg);
	}
	if (!fresh) {
		ast_log(LOG_ERROR, "%s cannot be read, %s; mend it to change who may log in\n", conf_file,
			current ? "its former content goes on" : "nobody may log in to ari/api-docs or ari/events/claim");
		failed_at = clock_seconds();
		return;
	}

	failed_at = 0;
	ao2_cleanup(current);
	current = fresh;
}

struct ari_settings *ari_settings_get(void)
{
	struct ari_settings *settings;

	ast_mutex_lock(&settings_lock);
	refresh();
	settings = ao2_bump(current);
	ast_mutex_unlock(&settings_lock);

	return settings;
}

int ari_settings_reload(void)
{
	int res;

	ast_mutex_lock(&settings_lock);
	failed_at = 0;
	refresh();
	res = failed_at ? -1 : 0;
	ast_mutex_unlock(&settings_lock);

	return res;
}

void ari_settings_forget(void)
{
	ast_mutex_lock(&settings_lock);
	ao2_cleanup(current);
	current = NULL;
	failed_at = 0;
	ast_mutex_unlock(&settings_lock);
}

int ari_settings_enabled(const struct ari_settings *settings)
{
	return settings->enabled;
}

const char *ari_settings_realm(const struct ari_settings *settings)
{
	return S_OR(settings->realm, "");
}

int ari_settings_allow_origin(const struct ari_settings *settings, const char *origin)
{
	char *rest = ast_strdupa(S_OR(settings->allowed_origins, ""));
	char *allowed;

	while ((allowed = strsep(&rest, ","))) {
		if (!strcmp(allowed, "*") || !strcmp(allowed, origin)) {
			return 1;
		}
	}
	return 0;
}

/*! \brief Compare in a time that does not tell how much of the password was right. */
static int same_secret(const char *given, const char *secret)
{
	const size_t length = strlen(given);
	const size_t secret_length = strlen(secret);
	unsigned char different = length != secret_length;

	for (size_t i = 0; i < length; i++) {
		different |= (unsigned char) given[i] ^ (unsigned char) secret[secret_length ? i % secret_length : 0];
	}
	return !different;
}

static const struct ari_user *check_password(
	const struct ari_settings *settings, const char *name, const char *password)
{
	const struct ari_user *user;

	AST_LIST_TRAVERSE(&settings->users, user, entry)
	{
		if (!strcasecmp(user->name, name)) {
			break;
		}
	}
	if (!user) {
		return NULL;
	}

	if (user->is_crypt) {
		return ast_crypt_validate(password, user->password) ? user : NULL;
	}
	return same_secret(password, user->password) ? user : NULL;
}

/*! \brief The first \c api_key of the query: a name, a colon and the password. */
static const struct ari_user *check_api_key(
	const struct ari_settings *settings, const struct ast_variable *get_params)
{
	for (; get_params; get_params = get_params->next) {
		if (!strcasecmp(get_params->name, "api_key")) {
			char *password = ast_strdupa(get_params->value);
			char *name = strsep(&password, ":");

			return password ? check_password(settings, name, password) : NULL;
		}
	}
	return NULL;
}

const struct ari_user *ari_settings_log_in(
	const struct ari_settings *settings, struct ast_variable *headers, struct ast_variable *get_params)
{
	struct ast_http_auth *auth = ast_http_get_auth(headers);
	const struct ari_user *user;

	if (auth) {
		user = check_password(settings, auth->userid, auth->password);
		ao2_ref(auth, -1);
		return user;
	}
	return check_api_key(settings, get_params);
}

int ari_user_read_only(const struct ari_user *user)
{
	return user->read_only;
}
