/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Reading stasis_broadcast_nats.conf: all of it is applied, or nothing.
 */

#include "asterisk.h"

#include <stdatomic.h>

#include "asterisk/astobj2.h"
#include "asterisk/config.h"
#include "asterisk/json.h"
#include "asterisk/module.h"

#include "conf_file.h"
#include "config.h"
#include "config_values.h"
#include "printable.h"

#define FILE_NAME "stasis_broadcast_nats.conf"

static AO2_GLOBAL_OBJ_STATIC(current);
static atomic_int hold_ms;

/*! \brief Read one line. \retval 0 on success, -1 if it is wrong: then the log says why. */
static int read_line(struct config *config, const char *section, const struct ast_variable *line)
{
	char reason[CONFIG_REASON_SIZE] = "is not in the section [general]";
	char shown[PRINTABLE_SIZE];
	char name[PRINTABLE_SIZE];
	const int is_secret = !strcasecmp(line->name, "password");

	if (!strcasecmp(section, "general") && !config_set_value(config, line->name, line->value, reason)) {
		return 0;
	}
	ast_log(LOG_ERROR, "%s, line %d: %s = '%s' %s\n", conf_file_of(line, FILE_NAME), line->lineno,
		printable(line->name, name, sizeof(name)),
		is_secret ? "..." : printable(line->value, shown, sizeof(shown)), reason);
	return -1;
}

static int read_lines(struct config *config, struct ast_config *file)
{
	const char *section = NULL;

	while ((section = ast_category_browse(file, section))) {
		for (const struct ast_variable *line = ast_variable_browse(file, section); line; line = line->next) {
			if (read_line(config, section, line)) {
				return -1;
			}
		}
	}
	return 0;
}

/*! \brief What no line can be blamed for alone. \retval 0 if it can be used, else -1: then the log says why. */
static int check_together(struct config *config)
{
	const char *missing = NULL;

	if (ast_strlen_zero(config->node) && ast_strlen_zero(config->ari)) {
		/* As the sample is: the fleet is off. */
		return 0;
	}
	if (ast_strlen_zero(config->node)) {
		missing = "node is not set: give this Asterisk a name that no other node has";
	} else if (!ast_json_utf8_check(config->node) || token_write(config->node, config->node_token)) {
		missing = "node is not UTF-8";
	} else if (ast_strlen_zero(config->ari) || !ast_json_utf8_check(config->ari)) {
		missing = "ari is not set: give the URL by which workers reach this Asterisk's ARI";
	} else if (!config->servers[strspn(config->servers, ", ")]) {
		missing = "servers is empty: give the URL of a NATS server";
	}
	if (missing) {
		ast_log(LOG_ERROR, "stasis_broadcast_nats.conf: %s\n", missing);
	}
	return missing ? -1 : 0;
}

struct config *config_read(void)
{
	struct ast_flags flags = { 0 };
	struct config *config = ao2_alloc_options(sizeof(*config), NULL, AO2_ALLOC_OPT_LOCK_NOLOCK);
	struct ast_config *file = ast_config_load2(FILE_NAME, AST_MODULE, flags);
	int failed = !config;

	if (config) {
		config_set_defaults(config);
	}
	if (file == CONFIG_STATUS_FILEINVALID) {
		ast_log(LOG_ERROR, "stasis_broadcast_nats.conf cannot be read: a line of it is not understood\n");
		failed = 1;
	} else if (file == CONFIG_STATUS_FILEMISSING) {
		failed |= conf_file_check_missing(FILE_NAME);
	} else if (config) {
		failed = read_lines(config, file) || check_together(config);
	}
	if (file && file != CONFIG_STATUS_FILEINVALID) {
		ast_config_destroy(file);
	}
	if (failed) {
		ao2_cleanup(config);
		return NULL;
	}
	return config;
}

void config_set(struct config *config)
{
	ao2_global_obj_replace_unref(current, config);
	atomic_store(&hold_ms, config ? config->hold_ms : 0);
}

struct config *config_get(void)
{
	return ao2_global_obj_ref(current);
}

int config_hold_ms(void)
{
	return atomic_load(&hold_ms);
}
