/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief An immutable, shared list of application names.
 *
 * Who an offer reaches is the same for most broadcasts, so that they share one list instead of
 * keeping a copy for each live call.
 */

#ifndef CORE_NAMES_H
#define CORE_NAMES_H

#include <stddef.h>

/*! \brief Reference-counted list of strings that never changes once it is made. */
struct names;

/*!
 * \brief Make a list.
 *
 * \param list The strings, which are copied. They may be NULL only if \a count is 0.
 * \param count How many.
 *
 * \return A list with one reference, to give back with names_unref().
 * \retval NULL if memory ran out.
 *
 * \note Any thread; takes no lock.
 */
struct names *names_create(const char *const *list, size_t count);

/*! \brief Take one more reference. \return \a names, which may be NULL. */
struct names *names_ref(struct names *names);

/*! \brief Give a reference back; the last one frees the list. \a names may be NULL. */
void names_unref(struct names *names);

/*! \brief How many strings the list has; 0 for NULL. */
size_t names_count(const struct names *names);

/*! \brief The string at \a index, which must be below names_count(). Lives as long as the list. */
const char *names_at(const struct names *names, size_t index);

/*! \brief The index of \a name, or -1 if it is not in the list. */
long names_find(const struct names *names, const char *name);

/*! \brief Whether the list holds just these strings in this order. */
int names_equal(const struct names *names, const char *const *list, size_t count);

#endif /* CORE_NAMES_H */
