/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Reading stasis_broadcast.conf: all of it is applied, or nothing.
 */

#include "asterisk.h"

#include "asterisk/astobj2.h"
#include "asterisk/config.h"
#include "asterisk/config_options.h"
#include "app_filter.h"
#include "conf_file.h"
#include "printable.h"
#include "settings.h"

#define FILE_NAME "stasis_broadcast.conf"

/*! \brief The settings as one reading of the file makes them. */
struct snapshot {
	/*! What Asterisk's options are stored in. */
	struct snapshot *general;
	struct settings values;
	/*! Where each setting is, by its index. */
	struct settings_origin origins[SETTINGS_MAX_COUNT];
};

static void *snapshot_alloc(void)
{
	static const struct settings defaults = SETTINGS_DEFAULTS;
	struct snapshot *snapshot = ao2_alloc_options(sizeof(*snapshot), NULL, AO2_ALLOC_OPT_LOCK_NOLOCK);

	if (snapshot) {
		snapshot->general = snapshot;
		snapshot->values = defaults;
	}
	return snapshot;
}

static AO2_GLOBAL_OBJ_STATIC(current);

static struct aco_type general_section = {
	.type = ACO_GLOBAL,
	.name = "general",
	.item_offset = offsetof(struct snapshot, general),
	.category = "general",
	.category_match = ACO_WHITELIST_EXACT,
};

static struct aco_type *const option_types[] = { &general_section, NULL };

static struct aco_file settings_file = { .filename = FILE_NAME, .types = ACO_TYPES(&general_section) };

static int check_together(void);

/*
 * Hidden: else Asterisk refuses those that it finds no documentation of, and writes into the others' what the documentation
 * of ours has already (docs/ARCHITECTURE.md).
 */
/* clang-format off */
CONFIG_INFO_STANDARD(options, current, snapshot_alloc,
	.files = ACO_FILES(&settings_file),
	.pre_apply_config = check_together,
	.hidden = 1,
);
/* clang-format on */

/*! \brief The index of a setting; of one that there is not, an index that has no name. */
static size_t index_of(const char *name)
{
	size_t i = 0;

	while (settings_name(i) && strcasecmp(settings_name(i), name)) {
		i++;
	}
	return i;
}

/*! \brief What no line can be blamed for alone. Called when all of them have been read. */
static int check_together(void)
{
	struct snapshot *fresh = aco_pending_config(&options);
	struct settings *values = &fresh->values;
	const struct settings_origin *timeout = &fresh->origins[index_of("timeout")];

	if (!timeout->line) {
		values->timeout_ms = MIN(values->timeout_ms, values->max_timeout_ms);
	}
	if (values->timeout_ms > values->max_timeout_ms) {
		ast_log(LOG_ERROR, "%s, line %d: timeout = %d is more than max_timeout, which is %d\n", timeout->file,
			timeout->line, values->timeout_ms, values->max_timeout_ms);
		return -1;
	}
	return 0;
}

/*! \brief Whether a setting that is a filter can be used as one. \retval 0 if so, -1 if not. */
static int check_filter(const char *name, const char *value, char reason[SETTINGS_REASON_SIZE])
{
	static const char cannot[] = "cannot be used: ";
	struct app_filter *filter;

	if ((strcasecmp(name, "exclude") && strcasecmp(name, "watchers")) || ast_strlen_zero(value)) {
		return 0;
	}
	ast_copy_string(reason, cannot, SETTINGS_REASON_SIZE);
	filter = app_filter_get(value, reason + strlen(cannot), SETTINGS_REASON_SIZE - strlen(cannot));
	app_filter_unref(filter);
	return filter ? 0 : -1;
}

/*! \brief One line of the file. */
static int read_option(const struct aco_option *opt attribute_unused, struct ast_variable *var, void *obj)
{
	struct snapshot *snapshot = obj;
	char reason[SETTINGS_REASON_SIZE];
	char value[PRINTABLE_SIZE];
	struct settings_origin *origin;

	if (settings_set(&snapshot->values, var->name, var->value, reason) ||
		check_filter(var->name, var->value, reason)) {
		ast_log(LOG_ERROR, "%s, line %d: %s = '%s' %s\n", conf_file_of(var, FILE_NAME), var->lineno,
			var->name, printable(var->value, value, sizeof(value)), reason);
		return -1;
	}
	origin = &snapshot->origins[index_of(var->name)];
	ast_copy_string(origin->file, conf_file_of(var, FILE_NAME), sizeof(origin->file));
	origin->line = var->lineno;
	return 0;
}

/*! \brief Tell of a section that is not ours. \param first The first line of it; NULL if it has none. */
static void tell_section(const char *section, const struct ast_variable *first)
{
	char shown[PRINTABLE_SIZE];

	printable(section, shown, sizeof(shown));
	if (first) {
		ast_log(LOG_ERROR, "%s, line %d: this is in section [%s], but all settings are in [general]\n",
			conf_file_of(first, FILE_NAME), first->lineno, shown);
	} else {
		ast_log(LOG_ERROR, FILE_NAME ", section [%s]: all settings are in [general]\n", shown);
	}
}

/*! \brief Whether there are all settings of a section: Asterisk would tell neither the file nor what to do. */
static int check_names(const struct ast_variable *line)
{
	char shown[PRINTABLE_SIZE];

	for (; line; line = line->next) {
		if (!settings_name(index_of(line->name))) {
			ast_log(LOG_ERROR,
				"%s, line %d: there is no setting '%s'. Those that there are: broadcast show settings\n",
				conf_file_of(line, FILE_NAME), line->lineno, printable(line->name, shown, sizeof(shown)));
			return -1;
		}
	}
	return 0;
}

/*! \brief Whether all sections and names are ours. \retval 0 if they are, -1 if not; the log then says which is not. */
static int check_sections(struct ast_config *file)
{
	const char *section = NULL;

	while ((section = ast_category_browse(file, section))) {
		const struct ast_variable *first = ast_variable_browse(file, section);

		if (strcasecmp(section, "general")) {
			tell_section(section, first);
			return -1;
		}
		if (check_names(first)) {
			return -1;
		}
	}
	return 0;
}

/*! \brief Apply a file that could be read. \retval 0 on success, -1 if something in it is wrong. */
static int apply(struct ast_config *file)
{
	if (check_sections(file)) {
		return -1;
	}
	return aco_process_ast_config(&options, &settings_file, file) == ACO_PROCESS_ERROR ? -1 : 0;
}

/*! \brief Without the file the defaults hold. */
static int apply_defaults(void)
{
	struct snapshot *fresh = snapshot_alloc();

	if (!fresh) {
		return -1;
	}
	ao2_global_obj_replace_unref(current, fresh);
	ao2_ref(fresh, -1);
	return 0;
}

/*! \brief Do what settings_read() does, but for the last line in the log. */
static int read_file(void)
{
	/* Not "only if it has changed": as long as it is wrong, the log says so. */
	const struct ast_flags always = { 0 };
	struct ast_config *file = ast_config_load(FILE_NAME, always);
	int result;

	if (file == CONFIG_STATUS_FILEMISSING) {
		return conf_file_check_missing(FILE_NAME) ? -1 : apply_defaults();
	}
	if (file == CONFIG_STATUS_FILEINVALID) {
		return -1;
	}
	result = apply(file);
	ast_config_destroy(file);
	return result;
}

/*! \brief Say that the file is not applied. \param instead What holds instead. */
static void tell_not_applied(const char *instead)
{
	ast_log(LOG_ERROR,
		FILE_NAME " is not applied; %s. Correct it, then: module reload res_stasis_broadcast.so\n", instead);
}

int settings_read(void)
{
	int result = read_file();

	if (result) {
		tell_not_applied("the previous settings stay");
	}
	return result;
}

void settings_stop(void)
{
	aco_info_destroy(&options);
	ao2_global_obj_release(current);
}

/*! \brief Have Asterisk know the settings. \retval 0 on success, -1 if it does not know them. */
static int register_options(void)
{
	const char *name;
	int failed = 0;

	if (aco_info_init(&options)) {
		return -1;
	}
	for (size_t i = 0; (name = settings_name(i)); i++) {
		failed |= aco_option_register_custom(
			&options, name, ACO_EXACT, (struct aco_type **) option_types, NULL, read_option, 0);
	}
	if (failed) {
		aco_info_destroy(&options);
	}
	return failed ? -1 : 0;
}

int settings_start(void)
{
	if (register_options()) {
		return -1;
	}
	if (apply_defaults()) {
		settings_stop();
		return -1;
	}
	/* With a file that is wrong, calls had better be offered by the defaults than not at all. */
	if (read_file()) {
		tell_not_applied("the defaults hold");
	}
	return 0;
}

void settings_get(struct settings *settings)
{
	struct snapshot *now = ao2_global_obj_ref(current);

	*settings = now->values;
	ao2_ref(now, -1);
}

void settings_get_origin(size_t index, struct settings_origin *origin)
{
	struct snapshot *now = ao2_global_obj_ref(current);

	*origin = now->origins[index];
	ao2_ref(now, -1);
}
