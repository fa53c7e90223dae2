/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief ARI's descriptions as JSON: put one into another.
 */

#ifndef RES_ARI_BROADCASTS_DOCS_H
#define RES_ARI_BROADCASTS_DOCS_H

struct ast_json;

/*!
 * \brief Add to a description what another one has and it lacks: paths, models, kinds of a model.
 *        What it has stays as it is.
 *
 * \param docs The description.
 * \param more The other one. Borrowed, and afterwards shared in parts: to be unreferenced only.
 *
 * \retval 0 on success.
 * \retval -1 if memory ran out; \a docs has a part of it.
 *
 * \note Any thread that no other shares the two with; takes no lock.
 */
int docs_extend(struct ast_json *docs, struct ast_json *more);

/*!
 * \brief Make a description one of the same ARI as another: its versions, and the base path for the client.
 *
 * \param docs The description.
 * \param other The other one. Borrowed.
 *
 * \retval 0 on success, -1 if memory ran out.
 *
 * \note As docs_extend().
 */
int docs_same_head(struct ast_json *docs, struct ast_json *other);

#endif /* RES_ARI_BROADCASTS_DOCS_H */
