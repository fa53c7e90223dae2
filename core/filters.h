/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Who may claim a broadcast: an immutable, shared list of filters, one a circle.
 *
 * A broadcast keeps it until it closes, and who asks whether an application may claim only takes a reference.
 */

#ifndef CORE_FILTERS_H
#define CORE_FILTERS_H

#include <stddef.h>

struct app_filter;

/*! \brief Reference-counted list of filters that never changes once it is made. */
struct filters;

/*!
 * \brief Make a list of those in another one and one more.
 *
 * \param first The other list, which stays the caller's; NULL: an empty one.
 * \param filter The one more, of which a reference is taken; NULL matches every application.
 *
 * \return A list with one reference, to give back with filters_unref().
 * \retval NULL if memory ran out.
 *
 * \note Any thread; takes no lock.
 */
struct filters *filters_create(const struct filters *first, struct app_filter *filter);

/*! \brief Take one more reference. \return \a filters, which may be NULL. */
struct filters *filters_ref(struct filters *filters);

/*! \brief Give a reference back; the last one frees the list. \a filters may be NULL. Any thread, without a lock. */
void filters_unref(struct filters *filters);

/*! \brief How many there are; 0 for NULL. */
size_t filters_count(const struct filters *filters);

/*! \brief Whether one of them matches an application. Any thread; may take a filter's lock for a moment. */
int filters_match(const struct filters *filters, const char *app);

#endif /* CORE_FILTERS_H */
