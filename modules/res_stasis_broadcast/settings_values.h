/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The settings of stasis_broadcast.conf, and what a text in the file means (SPEC section 6).
 *
 * Plain C: settings.c reads the file and tells the log.
 */

#ifndef STASIS_BROADCAST_SETTINGS_VALUES_H
#define STASIS_BROADCAST_SETTINGS_VALUES_H

#include <stddef.h>

/*! \brief The most threads that the file may ask for. */
#define SETTINGS_MAX_THREADS 64

/*! \brief The most open broadcasts that the file can name as a limit. */
#define SETTINGS_MAX_OPEN 1000000

/*! \brief The longest \c exclude, in bytes: that of a filter. */
#define SETTINGS_MAX_EXCLUDE 256

/*! \brief The longest \c watchers, likewise. */
#define SETTINGS_MAX_WATCHERS 256
/*! \brief The longest \c service_level: a day, in seconds. */
#define SETTINGS_MAX_SERVICE_LEVEL_S (24 * 60 * 60)

/*! \brief The longest \c silent_retry: a day, in seconds. */
#define SETTINGS_MAX_SILENT_RETRY_S 86400

/*! \brief The most calls that \c silent_after can say. */
#define SETTINGS_MAX_SILENT_AFTER 1000000

/*! \brief The most applications that can be counted. */
#define SETTINGS_MAX_APPS_STATS 100000

/*! \brief The most names that a scrape can tell of. */
#define SETTINGS_MAX_PROMETHEUS_NAMES 100000

/*! \brief The longest \c max_timeout: 24 hours, in milliseconds. */
#define SETTINGS_MAX_TIMEOUT_MS (24 * 60 * 60 * 1000)

/*! \brief \c first = auto. */
#define SETTINGS_FIRST_AUTO (-1)

/*! \brief The most applications that \c first can say. */
#define SETTINGS_MAX_FIRST 1000000

/*! \brief What the administrator has chosen. */
struct settings {
	/*! For a dialplan that gives none, in milliseconds; never more than \c max_timeout_ms. */
	int timeout_ms;
	/*! The most that the dialplan may ask for, in milliseconds. */
	int max_timeout_ms;
	/*! \c claim_policy: whether anybody may claim, and not only who is registered and matched by the filter (rule 5). */
	int any_claimant;
	/*! \c invalid_filter: whether a filter that cannot be used is as good as none (rule 9). */
	int invalid_is_none;
	/*! Open broadcasts at once; 0: no limit. */
	int max_open;
	/*! Threads that send events; 0: one a core, 2 to 8. */
	int dispatch_threads;
	/*! Whether a call whose winner is lost is offered to the others. */
	int reoffer;
	/*! A claim within so many seconds of the first offer is within the service level. */
	int service_level_s;
	/*! An application is silent that did not answer so many calls in a row which nobody took; 0: none ever is. */
	int silent_after;
	/*! \c silent_apps: whether a silent application is offered calls only when nobody else is there. */
	int skip_silent;
	/*! So often such a one is offered a call all the same, in seconds. */
	int silent_retry_s;
	/*! Applications that are counted, at the most. */
	int max_apps_stats;
	/*! Whether AMI, CEL and queue_log are told of broadcasts. */
	int ami_events;
	int cel_events;
	int queue_log;
	/*! Whether a scrape tells of each application, and of each queue. */
	int prometheus_by_application;
	int prometheus_by_queue;
	/*! Of so many at the most. */
	int prometheus_max_names;
	/*!
	 * How many hear of a call at first, if the dialplan does not say; 0: all; \c SETTINGS_FIRST_AUTO: 32 where there are
	 * more than 100.
	 */
	int first;
	/*! Applications that hear of no offer and may claim none: a regular expression; "" for none. 0 up to its end, and no
	 * padding after it, so that settings can be compared as bytes.
	 */
	char exclude[SETTINGS_MAX_EXCLUDE + 4];
	/*! Applications that hear everything of every broadcast and have no say in it; as \c exclude. */
	char watchers[SETTINGS_MAX_WATCHERS + 4];
};

/* clang-format off */
/*! \brief What holds without the file. */
#define SETTINGS_DEFAULTS { .timeout_ms = 500, .max_timeout_ms = 60000, .reoffer = 1, .first = SETTINGS_FIRST_AUTO, \
	.service_level_s = 20, .silent_after = 10, .silent_retry_s = 60, .max_apps_stats = 10000, .ami_events = 1, .prometheus_max_names = 1000 }
/* clang-format on */

/*! \brief Room for a reason, in bytes. */
#define SETTINGS_REASON_SIZE 224

/*! \brief More than there are settings. */
#define SETTINGS_MAX_COUNT 32

/*! \brief Room for the text of a value, in bytes. */
#define SETTINGS_TEXT_SIZE (SETTINGS_MAX_EXCLUDE + 4)

/*!
 * \brief A value as the file would say it.
 *
 * \param index As of settings_name().
 * \param[out] text A setting that is a text as it is: to be escaped.
 *
 * \return \a text. Any thread; takes no lock.
 */
const char *settings_text(const struct settings *settings, size_t index, char text[SETTINGS_TEXT_SIZE]);

/*! \brief The name of each setting, from 0 on; NULL after the last one. Any thread; takes no lock. */
const char *settings_name(size_t index);

/*!
 * \brief Set what a line of the file says.
 *
 * \param settings Changed only on success.
 * \param name The setting's name; case does not matter.
 * \param value Its value without blanks around it.
 * \param[out] reason On failure, what can be used instead: "is not ...". Holds nothing of \a value.
 *
 * \retval 0 on success, -1 if there is no such setting or it cannot have that value.
 *
 * \note Any thread; takes no lock.
 */
int settings_set(
	struct settings *settings, const char *name, const char *value, char reason[SETTINGS_REASON_SIZE]);

#endif /* STASIS_BROADCAST_SETTINGS_VALUES_H */
