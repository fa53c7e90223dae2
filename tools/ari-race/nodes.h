/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_NODES_H
#define ARI_RACE_NODES_H

/*! \file
 * \brief The Asterisks of a run: that of --url, or those; and with --nats, where else calls were won.
 */

#include "target.h"

#include <stddef.h>

struct http_pool;
struct lws_context;
struct options;

#define NODES_OTHERS_MAX 32 /* connections for originates and hang-ups, to each */

/*! \brief One Asterisk; its place in memory stays. */
struct node {
	const struct target *target;
	struct target *own;       /*!< the same, if it is ours to free */
	struct http_pool *others; /*!< for originates and hang-ups there */
};

struct nodes {
	struct node **list; /*!< those of --url first */
	size_t count;
	size_t next; /*!< where the next call is made */
	struct lws_context *lws;
	const struct options *options;
};

/*! \brief Take those of the options, and make their pools; both parameters are borrowed. */
void nodes_open(struct nodes *nodes, struct lws_context *lws, const struct options *options);

/*!
 * \brief The node whose ARI is at a URL, as a node tells of itself over NATS.
 * \param[out] wrong What is wrong with it, if there is none.
 * \return NULL if the URL cannot be used, or nobody listens there.
 */
struct node *nodes_at(struct nodes *nodes, const char *ari, const char **wrong);

/*! \brief Close their pools, before the loop is closed. */
void nodes_close(struct nodes *nodes);

/*! \brief Free them, after the loop has been closed. */
void nodes_destroy(struct nodes *nodes);

#endif /* ARI_RACE_NODES_H */
