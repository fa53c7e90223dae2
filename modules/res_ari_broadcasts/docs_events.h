/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What Asterisk's own description of its events lacks: the two of broadcasts, and the claim.
 */

#ifndef RES_ARI_BROADCASTS_DOCS_EVENTS_H
#define RES_ARI_BROADCASTS_DOCS_EVENTS_H

struct ast_json;

/*!
 * \brief Add to ARI's events.json the models CallBroadcast and CallClaimed and <tt>POST /events/claim</tt>.
 *        What it describes already stays as it is.
 *
 * \param docs The content of events.json.
 *
 * \return How many of the three were added.
 * \retval -1 if memory ran out.
 *
 * \note Any thread; takes no lock.
 */
int docs_events_extend(struct ast_json *docs);

#endif /* RES_ARI_BROADCASTS_DOCS_EVENTS_H */
