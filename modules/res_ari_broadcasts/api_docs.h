/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief ARI's description of itself (/ari/api-docs), with what we add to it.
 *
 * Clients are generated from it. Those that meet an event which it does not describe may fail: one
 * broadcast would take down every application of the Node.js client.
 */

#ifndef RES_ARI_BROADCASTS_API_DOCS_H
#define RES_ARI_BROADCASTS_API_DOCS_H

/*!
 * \brief Describe /ari/broadcasts, and what Asterisk's own events.json lacks.
 *
 * \retval 0 on success, else nothing of it is described.
 *
 * \note Thread that loads the module; reads a file of Asterisk's.
 */
int api_docs_add(void);

/*! \brief Undo api_docs_add(); harmless without one. */
void api_docs_remove(void);

#endif /* RES_ARI_BROADCASTS_API_DOCS_H */
