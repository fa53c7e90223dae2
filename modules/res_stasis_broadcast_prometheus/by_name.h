/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Families with one sample for each application or queue.
 */

#ifndef RES_STASIS_BROADCAST_PROMETHEUS_BY_NAME_H
#define RES_STASIS_BROADCAST_PROMETHEUS_BY_NAME_H

#include "exposition.h"

/*! \brief One number of an application or queue. Fields of one family follow each other. */
struct by_name_field {
	const char *family;
	/*! counter or gauge. */
	const char *type;
	const char *help;
	/*! One more label, with a comma before it; "" for none. */
	const char *label;
	/*! Where the number is in the stats. */
	size_t offset;
	/*! An int or an int64_t counts as 0 if it is less. */
	enum {
		BY_NAME_UINT64,
		BY_NAME_SIZE,
		BY_NAME_INT,
		/*! An int64_t, told in seconds. */
		BY_NAME_MS,
	} kind;
};

/*! \brief Copies of the stats of some names. */
struct by_name {
	/*! Of one copy, in bytes. */
	size_t size;
	/*! Copies at the most. */
	size_t most;
	/*! The name of the label, and of what counts those that are left out. */
	const char *label;
	const char *left_out_family;
	const char *left_out_help;
	/*! In the order in which they came; one after the other. */
	char *copies;
	/*! The label of each, with its name: \c application="sales-1". */
	char **labels;
	size_t count;
	size_t room;
	size_t left_out;
	int failed;
};

/*!
 * \brief Keep a copy of the stats of one name, or count that it is left out.
 *
 * \param all All copies. \c failed is set without memory.
 * \param name Its name, anybody's text.
 * \param stats \c size bytes; what they point to is not kept.
 *
 * \note As all of this file: the thread of the scrape, without a lock.
 */
void by_name_add(struct by_name *all, const char *name, const void *stats);

/*!
 * \brief Write all families.
 *
 * \param output What is sent.
 * \param all All copies.
 * \param fields What each has.
 * \param count How many fields.
 *
 * \retval 0 on success, -1 if memory ran out, before or now.
 */
int by_name_write(
	struct ast_str **output, const struct by_name *all, const struct by_name_field *fields, size_t count);

/*! \brief Free the copies. */
void by_name_free(struct by_name *all);

#endif /* RES_STASIS_BROADCAST_PROMETHEUS_BY_NAME_H */
