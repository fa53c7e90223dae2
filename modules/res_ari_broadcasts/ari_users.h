/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Who may log in to ARI: what ari.conf says, for the paths that ARI does not guard for us.
 *
 * ARI's own check is not open to other modules.
 */

#ifndef RES_ARI_BROADCASTS_ARI_USERS_H
#define RES_ARI_BROADCASTS_ARI_USERS_H

struct ast_variable;

/*! \brief One user of ari.conf. */
struct ari_user;

/*! \brief ari.conf as it was read: reference-counted, never changes. */
struct ari_settings;

/*!
 * \brief Get the settings of the file as it is now. Reads it if it has changed; one that cannot be read
 *        changes nothing.
 *
 * \return Settings to give back with ao2_cleanup().
 * \retval NULL if the file could never be read.
 *
 * \note Any thread. Takes a lock of this file, for as long as it reads.
 */
struct ari_settings *ari_settings_get(void);

/*! \brief Read the file now if it has changed. \retval 0 on success, -1 if it cannot be read. Any thread. */
int ari_settings_reload(void);

/*! \brief Free what is kept. Any thread. */
void ari_settings_forget(void);

/*! \brief Whether ARI is enabled at all. */
int ari_settings_enabled(const struct ari_settings *settings);

/*! \brief The realm to name to those who have not logged in. Lives as long as the settings. */
const char *ari_settings_realm(const struct ari_settings *settings);

/*! \brief Whether web pages of this origin may use ARI. */
int ari_settings_allow_origin(const struct ari_settings *settings, const char *origin);

/*!
 * \brief Find out who makes a request: HTTP Basic, or else \c api_key in the query.
 *
 * \param settings The settings.
 * \param headers Headers of the request.
 * \param get_params Variables of the query.
 *
 * \return The user; lives as long as the settings.
 * \retval NULL if the request names none, or the password is wrong.
 *
 * \note Any thread; takes no lock.
 */
const struct ari_user *ari_settings_log_in(
	const struct ari_settings *settings, struct ast_variable *headers, struct ast_variable *get_params);

/*! \brief Whether a user may only read. */
int ari_user_read_only(const struct ari_user *user);

#endif /* RES_ARI_BROADCASTS_ARI_USERS_H */
