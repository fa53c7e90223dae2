/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Optional API functions that all files of a module reach by one pointer.
 *
 * Asterisk's macro makes a pointer for each file that includes the header, and registers each with Asterisk when the module is
 * loaded, used or not: 127 in two of our modules, with a search each. From here on the linker puts those of a name into
 * one, which is registered once. That is for users of a function; for its provider nothing changes.
 */

#ifndef STASIS_BROADCAST_SHARED_API_H
#define STASIS_BROADCAST_SHARED_API_H

#include "asterisk/optional_api.h"

#if defined(OPTIONAL_API)

/*
 * Asterisk sets the pointer, to the provider's function or to the stand-in of the file that was first: it is not NULL from there
 * on. Modules are loaded and unloaded by one thread at a time.
 */
/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): it is a name that is declared. */
#undef AST_OPTIONAL_API_USER
#define AST_OPTIONAL_API_USER(result, name, proto, stub) \
	static result __stub__##name proto stub \
	__attribute__((weak, visibility("hidden"))) typeof(__stub__##name) *name; \
	static void __attribute__((constructor)) __init__##name(void) \
	{ \
		if (!name) { \
			ast_optional_api_use(#name, (ast_optional_fn *) &name, (ast_optional_fn) __stub__##name, AST_MODULE); \
		} \
	} \
	static void __attribute__((destructor)) __dtor__##name(void) \
	{ \
		if (name) { \
			ast_optional_api_unuse(#name, (ast_optional_fn *) &name, AST_MODULE); \
			name = NULL; \
		} \
	}
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

#endif

#endif /* STASIS_BROADCAST_SHARED_API_H */
