/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Faults on purpose, so that "the sanitizer found nothing" cannot mean that it did not search.
 *
 * Loaded by "make asan-modules" only: reads a byte behind a block of memory, and loses blocks.
 */

/*** MODULEINFO
	<support_level>extended</support_level>
 ***/

#include "asterisk.h"

#include "asterisk/module.h"
#include "asterisk/utils.h"

/*! Blocks that are lost: of one alone, the address might be left in a register or on a stack. */
#define LOST 16

/*! Hidden from the compiler, which would warn of what is done here, or leave it out. */
static volatile char seen;

static void read_behind(void)
{
	volatile char *block = ast_calloc(1, 32);
	volatile size_t behind = 32;

	if (block) {
		seen = block[behind];
		ast_free((void *) block);
	}
}

static void lose(void)
{
	for (int i = 0; i < LOST; i++) {
		volatile char *volatile block = ast_calloc(1, 4711);

		if (block) {
			block[0] = seen;
		}
		block = NULL;
	}
}

static int unload_module(void)
{
	return 0;
}

static int load_module(void)
{
	read_behind();
	lose();
	return AST_MODULE_LOAD_SUCCESS;
}

/* clang-format off */
AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_DEFAULT, "Faults that a sanitizer has to find",
	.support_level = AST_MODULE_SUPPORT_EXTENDED,
	.load = load_module,
	.unload = unload_module,
);
