/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief /ari/broadcasts//claim and the like: a channel without an ID is no request for any call.
 *
 * ARI reads a path up to the first part that is empty: a claim, a bid or a decline of a client that has lost the channel's ID
 * would be POST /ari/broadcasts, which takes the next call in line.
 */

#include "asterisk.h"

#include "asterisk/ari.h"
#include "asterisk/http.h"
#include "asterisk/module.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "ari_path.h"
#include "compat.h"
#include "no_channel.h"

/*! An ID of no bytes, in a part of a path that is not empty. */
#define NO_ID "%00"

/*! \brief Ask ARI for the same path with an ID that is empty, and not left out. */
static void answer_to(
	const struct compat_ari_request *request, const char *uri, struct ast_ari_response *response)
{
	const char *gap = strstr(uri, "//");
	char *path = NULL;

	if (!gap) {
		/* A slash at the end, which ARI does not mind. */
		ari_path_ask(request, uri, response);
	} else if (ast_asprintf(&path, "%.*s%s%s", (int) (gap + 1 - uri), uri, NO_ID, gap + 1) < 0) {
		ast_ari_response_alloc_failed(response);
	} else {
		ari_path_ask(request, path, response);
		ast_free(path);
	}
}

static struct ari_path no_channel = {
	.uri = {
		.description = "Asterisk RESTful API: broadcasts without a channel's ID",
		.uri = "ari/broadcasts/",
		.has_subtree = 1,
		.key = AST_MODULE,
	},
	.answer_to = answer_to,
};

int no_channel_add(void)
{
	return ari_path_add(&no_channel);
}

void no_channel_remove(void)
{
	ari_path_remove(&no_channel);
}
