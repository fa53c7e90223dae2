/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The lines that calls wait in, by their names: who is at which place.
 */

#include "asterisk.h"

#include "asterisk/lock.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "queue_line.h"

#define BUCKETS 64

/*! \brief A line. It is there while somebody is in it. */
struct queue_line {
	struct queue_line *next;
	struct queue_place *first;
	struct queue_place *last;
	int count;
	char name[];
};

/*! Protects all lines, and the places in them. */
AST_MUTEX_DEFINE_STATIC(lines_lock);
static struct queue_line *lines[BUCKETS];

static struct queue_line **bucket_of(const char *name)
{
	return &lines[(unsigned int) ast_str_hash(name) % BUCKETS];
}

/*! \brief The line of a name, made if there is none; NULL without memory. With the lock. */
static struct queue_line *get_or_create(const char *name)
{
	struct queue_line **bucket = bucket_of(name);
	struct queue_line *line = *bucket;

	while (line && strcmp(line->name, name)) {
		line = line->next;
	}
	if (!line) {
		line = ast_calloc(1, sizeof(*line) + strlen(name) + 1);
		if (line) {
			memcpy(line->name, name, strlen(name) + 1);
			line->next = *bucket;
			*bucket = line;
		}
	}
	return line;
}

/*! \brief Forget a line that nobody is in. With the lock. */
static void drop(struct queue_line *line)
{
	struct queue_line **at = bucket_of(line->name);

	while (*at != line) {
		at = &(*at)->next;
	}
	*at = line->next;
	ast_free(line);
}

static int is_before(const struct queue_place *place, const struct queue_place *other)
{
	return place->priority != other->priority ? place->priority > other->priority
											  : place->since_ns < other->since_ns;
}

/*! \brief Put a place where it belongs. \return Its number. With the lock. */
static int insert(struct queue_line *line, struct queue_place *place)
{
	int number = ++line->count;

	place->line = line;
	place->ahead = line->last;
	place->behind = NULL;
	while (place->ahead && is_before(place, place->ahead)) {
		place->behind = place->ahead;
		place->ahead = place->ahead->ahead;
		number--;
	}
	*(place->ahead ? &place->ahead->behind : &line->first) = place;
	*(place->behind ? &place->behind->ahead : &line->last) = place;
	return number;
}

int queue_line_enter(struct queue_place *place, const char *name, int priority, int64_t since_ns)
{
	struct queue_line *line;
	int number = 0;

	place->priority = priority;
	place->since_ns = since_ns;
	ast_mutex_lock(&lines_lock);
	line = get_or_create(name);
	if (line) {
		number = insert(line, place);
	}
	ast_mutex_unlock(&lines_lock);
	return number;
}

int queue_line_leave(struct queue_place *place)
{
	struct queue_line *line = place->line;
	int number = 0;

	/* Only who enters and leaves changes it: most are in no line, and need no lock for that. */
	if (line) {
		ast_mutex_lock(&lines_lock);
		for (struct queue_place *at = place; at; at = at->ahead) {
			number++;
		}
		*(place->ahead ? &place->ahead->behind : &line->first) = place->behind;
		*(place->behind ? &place->behind->ahead : &line->last) = place->ahead;
		place->line = NULL;
		if (!--line->count) {
			drop(line);
		}
		ast_mutex_unlock(&lines_lock);
	}
	return number;
}
