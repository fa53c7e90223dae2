/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Channels that do nothing, for tests and measurements inside Asterisk.
 */

#ifndef TESTS_STILL_CHANNEL_H
#define TESTS_STILL_CHANNEL_H

#include "asterisk.h"

#include "asterisk/astobj2.h"
#include "asterisk/channel.h"
#include "asterisk/format_cache.h"
#include "asterisk/format_cap.h"

static inline struct ast_frame *still_read(struct ast_channel *chan attribute_unused)
{
	return &ast_null_frame;
}

static inline int still_write(
	struct ast_channel *chan attribute_unused, struct ast_frame *frame attribute_unused)
{
	return 0;
}

/*! \brief Answer or hang up. */
static inline int still_do(struct ast_channel *chan attribute_unused)
{
	return 0;
}

static inline int still_fix_up(
	struct ast_channel *old_chan attribute_unused, struct ast_channel *new_chan attribute_unused)
{
	return 0;
}

/*! \brief The initialiser of a struct ast_channel_tech, whose name is constant. */
#define STILL_TECHNOLOGY(name, text) \
	{ \
		.type = (name), .description = (text), .read = still_read, .write = still_write, .hangup = still_do, \
		.answer = still_do, .fixup = still_fix_up, \
	}

/*! \brief Give a technology its formats. \retval 0 on success, -1 without memory. */
static inline int still_technology_init(struct ast_channel_tech *technology)
{
	technology->capabilities = ast_format_cap_alloc(AST_FORMAT_CAP_FLAG_DEFAULT);
	return technology->capabilities ? ast_format_cap_append(technology->capabilities, ast_format_slin, 0)
									: -1;
}

/*! \brief Undo still_technology_init(), also if it failed. */
static inline void still_technology_cleanup(struct ast_channel_tech *technology)
{
	ao2_cleanup(technology->capabilities);
	technology->capabilities = NULL;
}

/*! \brief Make a channel, which is locked, one of the technology's. */
static inline void still_channel_set(struct ast_channel *chan, const struct ast_channel_tech *technology)
{
	ast_channel_tech_set(chan, technology);
	ast_channel_nativeformats_set(chan, technology->capabilities);
	ast_channel_set_readformat(chan, ast_format_slin);
	ast_channel_set_rawreadformat(chan, ast_format_slin);
	ast_channel_set_writeformat(chan, ast_format_slin);
	ast_channel_set_rawwriteformat(chan, ast_format_slin);
}

#endif /* TESTS_STILL_CHANNEL_H */
