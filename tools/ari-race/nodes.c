/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The Asterisks of a run.
 */

#include "nodes.h"
#include "http.h"
#include "memory.h"
#include "options.h"

#include <stdlib.h>
#include <string.h>

static struct node *add(struct nodes *nodes, const struct target *target, struct target *own)
{
	struct node *node = xcalloc(1, sizeof(*node));

	node->target = target;
	node->own = own;
	node->others = http_pool_create(nodes->lws, target, NODES_OTHERS_MAX);
	nodes->list = xrealloc(nodes->list, (nodes->count + 1) * sizeof(struct node *));
	nodes->list[nodes->count++] = node;
	return node;
}

void nodes_open(struct nodes *nodes, struct lws_context *lws, const struct options *options)
{
	nodes->lws = lws;
	nodes->options = options;
	for (size_t i = 0; i < options->target_count; i++) {
		add(nodes, &options->targets[i], NULL);
	}
}

/*! \brief Read the URL of an ARI: it ends in /ari. \return what is wrong with it, or NULL */
static const char *read_ari(struct target *target, const char *ari, const struct options *options)
{
	size_t len = strlen(ari);
	char *url = xstrdup(ari);
	const char *wrong;

	if (len >= 4 && !strcmp(ari + len - 4, "/ari")) {
		url[len - 4] = '\0';
	}
	wrong = target_parse(target, url, options->user, options->password);
	free(url);
	return wrong;
}

static struct node *find(const struct nodes *nodes, const struct target *target)
{
	for (size_t i = 0; i < nodes->count; i++) {
		const struct target *one = nodes->list[i]->target;

		if (!strcmp(one->host, target->host) && !strcmp(one->prefix, target->prefix)) {
			return nodes->list[i];
		}
	}
	return NULL;
}

struct node *nodes_at(struct nodes *nodes, const char *ari, const char **wrong)
{
	struct target *target = xcalloc(1, sizeof(*target));
	struct node *node = NULL;

	*wrong = read_ari(target, ari, nodes->options);
	if (!*wrong) {
		node = find(nodes, target);
	}
	if (!*wrong && !node) {
		*wrong = target_probe(target);
	}
	if (!*wrong && !node) {
		return add(nodes, target, target);
	}
	free(target);
	return node;
}

void nodes_close(struct nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++) {
		http_pool_close(nodes->list[i]->others);
	}
}

void nodes_destroy(struct nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++) {
		http_pool_destroy(nodes->list[i]->others);
		free(nodes->list[i]->own);
		free(nodes->list[i]);
	}
	free(nodes->list);
}
