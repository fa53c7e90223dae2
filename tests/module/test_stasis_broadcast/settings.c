/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief stasis_broadcast.conf, mutated: the settings stay within their limits, or as they were.
 *
 * Asterisk's own reader of such files is between us and the file, so that only a real one tells.
 */

#include "cases.h"

#include "asterisk/paths.h"
#include "res_stasis_broadcast/internal_api.h"

#define MODULE "res_stasis_broadcast.so"

/*! \brief What is mutated: every setting, comments, and what Asterisk's files may have besides. */
static const char seed_file[] = "; comment\n"
								";-- long\n comment --;\n"
								"[general]\n"
								"timeout = 700 ; ms\n"
								"[general](+)\n"
								"max_timeout=60000\n"
								"claim_policy => any\n"
								"invalid_filter = broadcast\n"
								"max_open = 1000\n"
								"dispatch_threads = 3\n"
								"reoffer = no\n";

/*! \brief Bits that files are broken with. */
static const char *const bits[] = { "[", "]", "=", "=>", ";", ";--", "--;", "\n", "\r", "\t", "\\", "\"",
	"(!)", "(+)", "-1", "0", "99999999999999999999", "[general]", "[other]", "timeout", "\x1b[2J", "\xff",
	"%s%n", "," };

static unsigned int next_random(unsigned int *random)
{
	*random = *random * 1664525u + 1013904223u;
	return *random >> 8;
}

/*! \brief Change a few places of a text. Room for 2048 bytes. */
static void mutate(char *text, unsigned int *random)
{
	for (unsigned int changes = 1 + next_random(random) % 4; changes; changes--) {
		const size_t length = strlen(text);
		const size_t at = length ? next_random(random) % length : 0;
		const char *bit = bits[next_random(random) % ARRAY_LEN(bits)];
		const size_t more = strlen(bit);

		switch (next_random(random) % 4) {
		case 0:
			/* Not '#': what it includes is for the administrator to choose. */
			text[at] = 1 + next_random(random) % 255;
			text[at] = text[at] == '#' ? ' ' : text[at];
			break;
		case 1:
			memmove(text + at, text + at + (length > at), length - at);
			break;
		case 2:
			text[at] = '\0';
			break;
		default:
			if (length + more < 2048) {
				memmove(text + at + more, text + at, length - at + 1);
				memcpy(text + at, bit, more);
			}
			break;
		}
	}
}

static void file_path(char *path, size_t size)
{
	snprintf(path, size, "%s/stasis_broadcast.conf", ast_config_AST_CONFIG_DIR);
}

int reload_with(const char *text)
{
	char path[PATH_MAX];
	FILE *file;
	int written;

	file_path(path, sizeof(path));
	file = fopen(path, "w");
	if (!file) {
		return -1;
	}
	written = fputs(text, file) >= 0;
	written = !fclose(file) && written;
	return written ? (int) ast_module_reload(MODULE) : -1;
}

int reload_without(void)
{
	char path[PATH_MAX];

	file_path(path, sizeof(path));
	unlink(path);
	return (int) ast_module_reload(MODULE);
}

static int is_within(int value, int least, int most)
{
	return value >= least && value <= most;
}

static int are_within_limits(const struct settings *settings)
{
	return is_within(settings->timeout_ms, 0, settings->max_timeout_ms) &&
		is_within(settings->max_timeout_ms, 1, SETTINGS_MAX_TIMEOUT_MS) &&
		is_within(settings->any_claimant, 0, 1) && is_within(settings->invalid_is_none, 0, 1) &&
		is_within(settings->max_open, 0, SETTINGS_MAX_OPEN) &&
		is_within(settings->dispatch_threads, 0, SETTINGS_MAX_THREADS) && is_within(settings->reoffer, 0, 1);
}

/*! \brief Read one mutated file. \return Whether it was applied; -1 if something is wrong then. */
static int try_file(unsigned int *random)
{
	char text[2048 + sizeof(seed_file)];
	struct settings before;
	struct settings after;
	int result;

	ast_copy_string(text, seed_file, sizeof(text));
	mutate(text, random);
	if (stasis_broadcast_settings(&before)) {
		return -1;
	}
	result = reload_with(text);
	if (stasis_broadcast_settings(&after) || !are_within_limits(&after)) {
		return -1;
	}
	if (result == AST_MODULE_RELOAD_SUCCESS) {
		return 1;
	}
	return result == AST_MODULE_RELOAD_ERROR && !memcmp(&before, &after, sizeof(before)) ? 0 : -1;
}

AST_TEST_DEFINE(settings_of_mutated_files)
{
	enum {
		FILES = 400
	};
	unsigned int random = 1;
	int applied = 0;
	int wrong = 0;

	if (cmd == TEST_INIT) {
		return describe(info, "settings_of_mutated_files",
			"400 mutated files: each is applied within the limits, or refused and changes nothing");
	}
	for (int i = 0; i < FILES; i++) {
		int result = try_file(&random);

		applied += result > 0;
		wrong += result < 0;
	}
	ast_test_validate(test, reload_without() == AST_MODULE_RELOAD_SUCCESS);
	ast_test_status_update(test, "%d of %d files were applied\n", applied, FILES);
	ast_test_validate(test, !wrong);
	/* If it were all or none, nothing would have been tested. */
	ast_test_validate(test, applied > FILES / 10 && applied < FILES - FILES / 10);
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(settings_of_a_good_file)
{
	static const struct settings defaults = SETTINGS_DEFAULTS;
	struct settings settings;
	int result;

	if (cmd == TEST_INIT) {
		return describe(info, "settings_of_a_good_file",
			"Every setting is applied, and without the file the defaults hold again");
	}
	result = reload_with("[general]\ntimeout=7\nmax_timeout=8\nclaim_policy=any\ninvalid_filter=broadcast\n"
						 "max_open=9\ndispatch_threads=3\nreoffer=no\nexclude=^old-\n");
	ast_test_validate(test, !stasis_broadcast_settings(&settings));
	ast_test_validate(
		test, reload_without() == AST_MODULE_RELOAD_SUCCESS && result == AST_MODULE_RELOAD_SUCCESS);
	ast_test_validate(test, settings.timeout_ms == 7 && settings.max_timeout_ms == 8);
	ast_test_validate(test, settings.any_claimant && settings.invalid_is_none && !settings.reoffer);
	ast_test_validate(test, settings.max_open == 9 && settings.dispatch_threads == 3);
	ast_test_validate(test, !strcmp(settings.exclude, "^old-"));
	ast_test_validate(test, !stasis_broadcast_settings(&settings));
	ast_test_validate(test, !memcmp(&settings, &defaults, sizeof(settings)));
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(settings_limit_what_is_open)
{
	struct call *first;
	struct call *second;
	int offered[6];

	if (cmd == TEST_INIT) {
		return describe(info, "settings_limit_what_is_open",
			"max_open: one too many is refused; a channel's second broadcast, and one after a claim, are not");
	}
	ast_test_validate(test, app_new("app") && (first = call_new()) && (second = call_new()));
	offered[0] = reload_with("[general]\nmax_open = 1\n") == AST_MODULE_RELOAD_SUCCESS;
	offered[1] = !call_offer(first, DAY_MS, NULL);
	offered[2] = call_offer(second, DAY_MS, NULL) == -1 && call_claim(second, "app") == -1;
	offered[3] = !call_offer(first, DAY_MS, NULL);
	offered[4] = call_claim(first, "app") == 0 && !call_offer(second, DAY_MS, NULL);
	offered[5] = call_offer(first, DAY_MS, NULL) == -1;
	ast_test_validate(test, reload_without() == AST_MODULE_RELOAD_SUCCESS);
	for (size_t i = 0; i < ARRAY_LEN(offered); i++) {
		ast_test_validate(test, offered[i]);
	}
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(settings_exclude_applications)
{
	struct app *left_out;
	struct app *other;
	struct call *first;
	struct call *second;
	int as_told[9];

	if (cmd == TEST_INIT) {
		return describe(info, "settings_exclude_applications",
			"exclude: who it matches hears of no offer and may claim none, whatever claim_policy says, until it goes");
	}
	ast_test_validate(test, (left_out = app_new("old-one")) && (other = app_new("one")));
	ast_test_validate(test, (first = call_new()) && (second = call_new()));
	as_told[0] = reload_with("[general]\nexclude = ^old-\n") == AST_MODULE_RELOAD_SUCCESS;
	as_told[1] = !call_offer(first, DAY_MS, NULL) && app_hears(other, "CallBroadcast", first->id, 1);
	as_told[2] = call_claim(first, "old-one") == -1 && call_won_by(first, NULL);
	as_told[3] = call_offer(second, DAY_MS, "^old-") == 0 && wait_on(second, DAY_MS) == -1;
	as_told[4] = reload_with("[general]\nexclude = ^old-\nclaim_policy = any\n") == AST_MODULE_RELOAD_SUCCESS;
	as_told[5] = !call_offer(second, DAY_MS, NULL) && call_claim(second, "old-one") == -1;
	as_told[6] = reload_with("[general]\nexclude = ^(old\n") == AST_MODULE_RELOAD_ERROR &&
		call_claim(second, "old-one") == -1;
	as_told[7] = apps_settle_but(left_out) && !app_count(left_out, "CallBroadcast", NULL);
	as_told[8] = reload_without() == AST_MODULE_RELOAD_SUCCESS && call_claim(first, "old-one") == 0;
	for (size_t i = 0; i < ARRAY_LEN(as_told); i++) {
		ast_test_status_update(test, "step %zu: %s\n", i, as_told[i] ? "as told" : "not as told");
		ast_test_validate(test, as_told[i]);
	}
	return AST_TEST_PASS;
}

AST_TEST_DEFINE(settings_refused_leave_nothing)
{
	enum {
		REFUSED = 3000,
		/* The filters of all of them would be more than half a megabyte. */
		MOST_BYTES = 128 * 1024,
	};
	int64_t end_ms;
	struct call *first;
	struct call *second;
	char filter[64];
	size_t before = 0;
	size_t after;
	int wrong = 0;

	if (cmd == TEST_INIT) {
		return describe(info, "settings_refused_leave_nothing",
			"max_open: calls that are refused, each with a filter of its own, leave no memory in use");
	}
	ast_test_validate(test, app_new("app") && (first = call_new()) && (second = call_new()));
	wrong += reload_with("[general]\nmax_open = 1\n") != AST_MODULE_RELOAD_SUCCESS;
	wrong += call_offer(first, DAY_MS, NULL) != 0;
	for (int i = 0; i < REFUSED; i++) {
		if (i == REFUSED / 3) {
			before = memory_used();
		}
		snprintf(filter, sizeof(filter), "^(app|other|refused%d)$", i);
		wrong += call_offer(second, DAY_MS, filter) != -1;
	}
	/* Each refusal sets a variable, of which Asterisk tells its own subscribers in their own time. */
	end_ms = now_ms() + PATIENCE_MS;
	while ((ssize_t) ((after = memory_used()) - before) >= MOST_BYTES && now_ms() < end_ms) {
		sleep_until(now_ms() + 20);
	}
	ast_test_validate(test, reload_without() == AST_MODULE_RELOAD_SUCCESS);
	ast_test_status_update(test, "memory: %zd bytes more\n", (ssize_t) (after - before));
	ast_test_validate(test, !wrong && (ssize_t) (after - before) < MOST_BYTES);
	return AST_TEST_PASS;
}

ast_test_cb_t *const setting_cases[] = { settings_of_a_good_file, settings_limit_what_is_open,
	settings_exclude_applications, settings_refused_leave_nothing, settings_of_mutated_files, NULL };
