/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Which applications are there: asked in one place, whichever source they come from (SPEC rule 5).
 *
 * A source is ARI (ari_applications.c), or another module's. Who an offer goes to and who may claim is asked here only.
 */

#ifndef RES_STASIS_BROADCAST_DIRECTORY_H
#define RES_STASIS_BROADCAST_DIRECTORY_H

#include "names.h"

struct stasis_broadcast_event;
struct stasis_broadcast_fleet_stats;

/*! \brief The most sources at a time. */
#define DIRECTORY_MAX_SOURCES 4

/*!
 * \brief Where applications come from.
 *
 * Its functions are called from any thread, without a lock of ours, and by several threads at a time.
 */
struct directory_source {
	/*! For the log. */
	const char *name;
	/*!
	 * The names of its applications, none of them twice: a list that is shared as long as none comes or goes, for what
	 * is found out about the names is kept for as long as it is the same list. A reference; NULL without memory.
	 */
	struct names *(*names)(void);
	/*! Whether an application is one of them now. */
	int (*has)(const char *app);
	/*! Hand an event to an application; may block as long as its connection does. \retval 0 on success, -1 if it was not sent. */
	int (*send)(const char *app, const struct stasis_broadcast_event *event);
	/*!
	 * How long to wait for an application that has won to be registered with Asterisk, in milliseconds; 0: it is none
	 * of this source's, or is not coming. NULL: its applications are registered.
	 */
	int (*hold_ms)(const char *app);
	/*! Fill in what is counted of a fleet. NULL: it is none. */
	void (*get_stats)(struct stasis_broadcast_fleet_stats *stats);
};

/*!
 * \brief Have the applications of one more source. Of two with the same name, that of the earlier source is meant.
 *
 * \param source Lives until directory_remove() has returned.
 *
 * \retval 0 on success, -1 if there are \c DIRECTORY_MAX_SOURCES.
 *
 * \note Any thread; takes the directory's lock.
 */
int directory_add(const struct directory_source *source);

/*!
 * \brief Have a source's applications no longer, and wait until no thread is inside its functions.
 *
 * \param source A source that was added; anything else is ignored.
 *
 * \note Any thread but one that is inside a function of \a source. Waits without holding a lock.
 */
void directory_remove(const struct directory_source *source);

/*!
 * \brief The names that an offer may go to now: of all sources, without those that directory_excludes().
 *
 * \return A list that is shared as long as no application comes or goes and the setting stays, to give back with
 *         names_unref(); NULL if memory ran out.
 *
 * \note Any thread. Takes the directory's lock for a moment, and without it the locks of the sources.
 */
struct names *directory_names(void);

/*!
 * \brief The names of the watchers that are there now (the setting \c watchers): they hear of every offer, and have no
 *        say in it. Never one that is excluded.
 *
 * \return A list that is shared as that of directory_names() is; NULL without memory, or if the setting names none.
 *
 * \note Any thread; locks as directory_names(). Nothing but a load if the setting names none.
 */
struct names *directory_watchers(void);

/*! \brief Whether an application is there now, offered calls or not. Any thread; locks as directory_names(). */
int directory_is_there(const char *app);

/*!
 * \brief Whether an application is there now and may be offered calls (rule 5): never one that directory_excludes().
 *
 * \note Any thread; locks as directory_names().
 */
int directory_has(const char *app);

/*!
 * \brief How many sources an application is there in now: more than one if it is connected to this Asterisk and to
 *        another one as well. One that directory_excludes() counts, too.
 *
 * \note Any thread; locks as directory_names().
 */
int directory_count_sources(const char *app);

/*!
 * \brief Whether an application of this name is offered no calls and may claim none, whichever it is, and whatever
 *        \c claim_policy says: the settings \c exclude and \c watchers; a name that no event or claim can carry (not
 *        UTF-8, over 256 bytes); a name that is made for one call.
 *
 * \note Any thread. Takes the directory's lock for a moment.
 */
int directory_excludes(const char *app);

/*! \brief Room for directory_spell(), in bytes. */
#define DIRECTORY_NAME_SIZE 512

/*!
 * \brief The name by which an application is there that calls itself \a app.
 *
 * Asterisk 16 leaves quotes and backslashes out of names without telling the application, which claims by the name
 * that it has given.
 *
 * \param app A name, as a request has it. Borrowed.
 * \param buf Room for another one.
 *
 * \return \a app, or \a buf with the name that Asterisk has made of it, if such an application is there and none by
 *         the name of \a app.
 *
 * \note Any thread; locks as directory_has().
 */
const char *directory_spell(const char *app, char buf[DIRECTORY_NAME_SIZE]);

/*!
 * \brief Set the applications to leave out, of the setting \c exclude.
 *
 * \param pattern A POSIX extended regular expression, searched for in names; "": none is left out.
 *
 * \retval 0 on success, -1 if it cannot be used or memory ran out: then nothing has changed.
 *
 * \note The thread that loads or reloads the module. Takes the directory's lock for a moment.
 */
int directory_set_exclude(const char *pattern);

/*! \brief Set who only watches, of the setting \c watchers. As directory_set_exclude(). */
int directory_set_watchers(const char *pattern);

/*!
 * \brief Hand an event to the application of that name, by the source that it belongs to.
 *
 * \param app The application's name.
 * \param event The event. Borrowed.
 *
 * \retval 0 on success, -1 if it was not sent or there is no such application.
 *
 * \note Any thread without a lock: may block as long as the application's connection does.
 */
int directory_send(const char *app, const struct stasis_broadcast_event *event);

/*!
 * \brief How long a call waits for an application that has won it, and is not registered with Asterisk yet.
 *
 * \return Milliseconds; 0: no source expects it.
 *
 * \note Any thread; locks as directory_names().
 */
int directory_hold_ms(const char *app);

/*!
 * \brief What is counted of the fleet.
 *
 * \retval 1 if there is one, 0 if not.
 *
 * \note Any thread; locks as directory_names().
 */
int directory_get_fleet_stats(struct stasis_broadcast_fleet_stats *stats);

/*! \brief Forget what is kept. Called by the thread that unloads the module, when nobody asks any more. */
void directory_forget(void);

/*
 * ari_applications.c
 */

/*! \brief The applications of ARI, and all others that are registered with res_stasis. */
extern const struct directory_source ari_applications;

/*!
 * \brief Whether a name is one that Asterisk (22.5 and later) registers for one call: its outbound WebSocket is opened
 *        for that call and closed with it.
 *
 * \note Any thread. Takes locks of Asterisk's for a moment, if the name has a colon and a slash.
 */
int ari_applications_is_for_one_call(const char *app);

/*!
 * \brief Write a name as ARI does when an application connects by it. \param[in,out] name The name.
 *
 * \retval 1 if that may be another one, 0 if not.
 */
int ari_applications_spell(char *name);

/*! \brief Forget the shared list. As directory_forget(). */
void ari_applications_forget(void);

#endif /* RES_STASIS_BROADCAST_DIRECTORY_H */
