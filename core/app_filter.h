/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Which application names an offer reaches: a POSIX extended regular expression.
 *
 * A filter is compiled once and shared by all broadcasts with the same text. It is a fence: what
 * cannot be compiled or decided within the limits matches nobody (SPEC, rule 9).
 */

#ifndef CORE_APP_FILTER_H
#define CORE_APP_FILTER_H

#include <stddef.h>

#include "names.h"

/*! \brief The longest filter, in characters. */
#define APP_FILTER_MAX_LENGTH 256

/*! \brief The longest application name that a filter is matched with, in characters; longer ones do not match. */
#define APP_FILTER_MAX_NAME 256

/*! \brief A compiled filter, reference-counted. */
struct app_filter;

/*!
 * \brief Get the filter with this text, from the cache or compiled now.
 *
 * It matches what the GNU C library's regcomp(REG_EXTENDED) and regexec() match in the locale "C", by
 * bytes (ere.h); what cannot have the same meaning is refused.
 *
 * \param text POSIX extended regular expression. Borrowed.
 * \param error Where to say why the text cannot be used; may be NULL. Printable, without the text.
 * \param error_size Its size in bytes.
 *
 * \return A filter, to give back with app_filter_unref().
 * \retval NULL if the text cannot be used (bad syntax, too long, over the compile limits) or memory
 *         ran out; \a error says which.
 *
 * \note Any thread. Takes the lock of the cache to find it and never while it compiles.
 */
struct app_filter *app_filter_get(const char *text, char *error, size_t error_size);

/*! \brief Take one more reference. \return \a filter, which may be NULL. */
struct app_filter *app_filter_ref(struct app_filter *filter);

/*! \brief Give a reference back. \a filter may be NULL. */
void app_filter_unref(struct app_filter *filter);

/*! \brief The text that the filter was made from; "" for NULL. Lives as long as the filter. */
const char *app_filter_text(const struct app_filter *filter);

/*! \brief The same as a list of one that outlives the filter, to give back with names_unref(); NULL for NULL. */
struct names *app_filter_text_ref(const struct app_filter *filter);

/*!
 * \brief Whether a filter matches an application name.
 *
 * For one claim: it may take 20 ms of the thread's processor time. A name that is hard to decide and was
 * selected with the same filter last (app_filter_select()) matches without being decided again.
 *
 * \param filter The filter; NULL matches every name.
 * \param name The application's name.
 * \param[out] out_of_budget 1 if the answer is 0 because it could not be decided within the limits, else 0.
 *
 * \retval 1 if it matches, 0 if not, or not decided: a filter is a fence.
 *
 * \note Any thread. Takes no lock for ordinary filters and names; for others the filter's own for a moment.
 */
int app_filter_decide(struct app_filter *filter, const char *name, int *out_of_budget);

/*! \brief app_filter_decide() for those who need not know why a name does not match. */
int app_filter_match(struct app_filter *filter, const char *name);

/*!
 * \brief Those of \a names that the filter matches.
 *
 * For one offer: it may take 20 ms of the thread's processor time in all. Names that are not decided by
 * then are left out. The answer for the list that was asked about last is remembered in the filter, so
 * that it costs nothing while no application comes or goes.
 *
 * \param filter The filter; NULL selects all.
 * \param names The list to choose from.
 * \param[out] out_of_budget 1 if names were left out because they could not be decided within the limits,
 *             else 0. A remembered answer tells it again.
 *
 * \return A list to give back with names_unref().
 * \retval NULL if memory ran out.
 *
 * \note Any thread. Takes the filter's own lock for a moment, never while it matches.
 */
struct names *app_filter_select(struct app_filter *filter, struct names *names, int *out_of_budget);

/*!
 * \brief Whether nobody was warned of this filter yet; from now on somebody was.
 *
 * \retval 1 the first time for this filter, 0 from then on.
 *
 * \note Any thread; takes no lock.
 */
int app_filter_warn_once(struct app_filter *filter);

/*!
 * \brief Forget every filter that no broadcast uses, so that a module can be unloaded without a leak.
 *
 * \note Any thread; takes the lock of the cache.
 */
void app_filter_forget_all(void);

#endif /* CORE_APP_FILTER_H */
