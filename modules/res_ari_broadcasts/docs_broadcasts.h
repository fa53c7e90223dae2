/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief How the resource /ari/broadcasts describes itself to clients.
 */

#ifndef RES_ARI_BROADCASTS_DOCS_BROADCASTS_H
#define RES_ARI_BROADCASTS_DOCS_BROADCASTS_H

struct ast_json;

/*!
 * \brief Describe the resource.
 *
 * \param other The description of another resource: its versions and base path are ours, too. Borrowed.
 *
 * \return A JSON object that the caller unreferences; NULL if memory ran out.
 *
 * \note Any thread; takes no lock.
 */
struct ast_json *docs_broadcasts_create(struct ast_json *other);

/*!
 * \brief Add the resource to the list of descriptions, unless it is there.
 *
 * \param list The content of resources.json.
 *
 * \retval 0 on success, -1 if memory ran out.
 *
 * \note Any thread; takes no lock.
 */
int docs_broadcasts_list(struct ast_json *list);

#endif /* RES_ARI_BROADCASTS_DOCS_BROADCASTS_H */
