/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Tests of the C API inside Asterisk: "test execute category /stasis_broadcast/".
 */

#include "cases.h"

#define CATEGORY "/stasis_broadcast/"

/*** MODULEINFO
	<depend>TEST_FRAMEWORK</depend>
	<depend>res_stasis</depend>
	<support_level>extended</support_level>
 ***/

static ast_test_cb_t *const *const lists[] = {
	argument_cases,
	claim_cases,
	deadline_cases,
	directory_cases,
	event_cases,
	filter_cases,
	lifecycle_cases,
	line_cases,
	masquerade_cases,
	media_cases,
	provider_cases,
	queue_cases,
	setting_cases,
	source_cases,
	stall_cases,
	volume_cases,
};

enum ast_test_result_state describe(struct ast_test_info *info, const char *name, const char *summary)
{
	info->name = name;
	info->category = CATEGORY;
	info->summary = summary;
	info->description = summary;
	return AST_TEST_NOT_RUN;
}

static int after_case(struct ast_test_info *info attribute_unused, struct ast_test *test)
{
	if (scene_end()) {
		ast_test_status_update(test, "Something is still referred to; the log says what\n");
		return -1;
	}
	return 0;
}

/*! \brief Asterisk runs the case first that was registered last. */
static void each_case(int (*function)(ast_test_cb_t *))
{
	for (size_t i = ARRAY_LEN(lists); i-- > 0;) {
		ast_test_cb_t *const *item = lists[i];

		while (*item) {
			item++;
		}
		while (item > lists[i]) {
			function(*--item);
		}
	}
}

static int unload_module(void)
{
	each_case(ast_test_unregister);
	calls_cleanup();
	scene_cleanup();
	return 0;
}

static int load_module(void)
{
	scene_init();
	if (calls_init()) {
		return AST_MODULE_LOAD_DECLINE;
	}
	each_case(ast_test_register);
	ast_test_register_cleanup(CATEGORY, after_case);
	return AST_MODULE_LOAD_SUCCESS;
}

/* clang-format off */
AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_DEFAULT, "Tests of stasis application broadcasts",
	.support_level = AST_MODULE_SUPPORT_EXTENDED,
	.load = load_module,
	.unload = unload_module,
	.requires = "res_stasis",
);
