/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief How many frames wait to be read in the channels: "stasis frame-queues" prints one line of JSON.
 */

#include "asterisk.h"

#include "asterisk/channel.h"
#include "asterisk/cli.h"
#include "asterisk/json.h"
#include "asterisk/linkedlists.h"
#include "asterisk/module.h"

/*** MODULEINFO
	<support_level>extended</support_level>
 ***/

/*! \brief What was found in all channels together. */
struct queues {
	int channels;
	int frames;
	int longest;
};

/*! \brief Frames of voice in the read queue of a channel. Locks it for a moment. */
static int voice_frames(struct ast_channel *chan)
{
	struct ast_frame *frame;
	int count = 0;

	ast_channel_lock(chan);
	AST_LIST_TRAVERSE(ast_channel_readq(chan), frame, frame_list)
	{
		count += frame->frametype == AST_FRAME_VOICE;
	}
	ast_channel_unlock(chan);
	return count;
}

static int measure(struct queues *queues)
{
	struct ast_channel_iterator *iterator = ast_channel_iterator_all_new();
	struct ast_channel *chan;

	if (!iterator) {
		return -1;
	}
	while ((chan = ast_channel_iterator_next(iterator))) {
		int count = voice_frames(chan);

		queues->channels++;
		queues->frames += count;
		queues->longest = MAX(queues->longest, count);
		ast_channel_unref(chan);
	}
	ast_channel_iterator_destroy(iterator);
	return 0;
}

static char *cli_frame_queues(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	struct queues queues = { 0 };

	switch (cmd) {
	case CLI_INIT:
		e->command = "stasis frame-queues";
		e->usage = "Usage: stasis frame-queues\n"
				   "       Frames of voice that wait to be read: in all channels, and in the worst one.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (measure(&queues)) {
		ast_cli(a->fd, "{\"error\": \"out of memory\"}\n");
		return CLI_FAILURE;
	}
	ast_cli(a->fd, "{\"channels\": %d, \"frames\": %d, \"longest\": %d}\n", queues.channels, queues.frames,
		queues.longest);
	return CLI_SUCCESS;
}

static struct ast_cli_entry commands[] = {
	AST_CLI_DEFINE(cli_frame_queues, "Count the frames that wait in channels"),
};

static int unload_module(void)
{
	return ast_cli_unregister_multiple(commands, ARRAY_LEN(commands));
}

static int load_module(void)
{
	return ast_cli_register_multiple(commands, ARRAY_LEN(commands)) ? AST_MODULE_LOAD_DECLINE
																	: AST_MODULE_LOAD_SUCCESS;
}

AST_MODULE_INFO_STANDARD(ASTERISK_GPL_KEY, "Frames that wait in channels");
