/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief A channel as JSON for an event, whatever bytes its texts are made of.
 */

#ifndef RES_STASIS_BROADCAST_CHANNEL_JSON_H
#define RES_STASIS_BROADCAST_CHANNEL_JSON_H

struct ast_channel_snapshot;
struct ast_json;

/*!
 * \brief Describe a channel as ARI shows it, with the channel variables of ari.conf.
 *
 * A text that is not UTF-8, and that Asterisk leaves out or empty, is told as \c \\xNN (SPEC section 4).
 *
 * \param snapshot The channel's snapshot, for which channel_json_find_bad() has found nothing. Borrowed.
 *
 * \return A JSON object; NULL if the channel is an internal one, or memory ran out.
 *
 * \note Any thread; takes no lock.
 */
struct ast_json *channel_json(struct ast_channel_snapshot *snapshot);

/*!
 * \brief Find a text that keeps Asterisk from describing the channel: it is not UTF-8.
 *
 * Asterisk could not send \c StasisStart for such a channel either. It would log an error with a backtrace.
 *
 * \param snapshot The channel's snapshot. Borrowed.
 * \param[out] value The text, borrowed from the snapshot, if there is one.
 *
 * \return The number of the field, from 0 to \ref CHANNEL_JSON_FIELDS - 1; -1 if there is none.
 *
 * \note Any thread; takes no lock.
 */
int channel_json_find_bad(const struct ast_channel_snapshot *snapshot, const char **value);

/*! \brief How many fields can keep a channel from being described. */
#define CHANNEL_JSON_FIELDS 9

/*! \brief The name of a field in the event, such as "dialplan.exten". \param field From 0 on. Any thread; no lock. */
const char *channel_json_field_name(int field);

/*! \brief Whether Asterisk keeps the channel from all applications: it is one of its own. Any thread; no lock. */
int channel_json_is_internal(const struct ast_channel_snapshot *snapshot);

/*!
 * \brief The channel variables of ari.conf alone, as channel_json() has them.
 *
 * \param snapshot A snapshot, borrowed; NULL: there are none.
 *
 * \return A JSON object; NULL without memory.
 *
 * \note Any thread; takes no lock.
 */
struct ast_json *channel_json_variables(const struct ast_channel_snapshot *snapshot);

#endif /* RES_STASIS_BROADCAST_CHANNEL_JSON_H */
