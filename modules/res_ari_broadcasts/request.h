/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What all our requests need: their parameters, and to be counted while they run.
 */

#ifndef RES_ARI_BROADCASTS_REQUEST_H
#define RES_ARI_BROADCASTS_REQUEST_H

#include "params.h"

struct ast_ari_response;
struct ast_json;
struct ast_variable;

/*!
 * \brief Count a request that has begun. Each is paired with request_end(). Any thread; no lock.
 *
 * Neither ARI nor the HTTP server keeps a module in memory while it answers, so we have to.
 */
void request_begin(void);

/*! \brief Undo request_begin(): the last thing that a request does. Any thread; no lock. */
void request_end(void);

/*! \brief How many requests run now. Any thread; no lock. */
int request_count(void);

/*! \brief Log an error, once, if a resource module is loaded that is not ours. Any thread; takes no lock. */
void request_check_provider(void);

/*! \brief The channel's ID in the path. Borrowed; "" if there is none. Any thread; no lock. */
const char *request_channel_id(struct ast_variable *path_vars);

/*!
 * \brief Find a parameter in the query or form, and in a JSON body.
 *
 * \param param Its name is set; what was given is noted. The value lives as long as \a vars and \a body.
 * \param vars Variables of a form and, after them, of the query; may be NULL.
 * \param body JSON body; may be NULL. If it is no object, it has no parameter.
 *
 * \note Any thread; takes no lock.
 */
void request_find(struct param *param, struct ast_variable *vars, struct ast_json *body);

/*!
 * \brief Find a parameter that must be there, and answer 400 if it cannot be used.
 *
 * \param param As in request_find().
 * \param vars As in request_find().
 * \param body As in request_find().
 * \param[out] response The 400 and its message, if it cannot.
 *
 * \retval 0 if \a param has a usable value.
 * \retval -1 if \a response is filled in.
 */
int request_require(
	struct param *param, struct ast_variable *vars, struct ast_json *body, struct ast_ari_response *response);

/*!
 * \brief Answer 400 if a parameter cannot be used.
 *
 * \retval 0 if it can.
 * \retval -1 if \a response is filled in.
 */
int request_check(const struct param *param, struct ast_ari_response *response);

/*!
 * \brief Answer 400 if a parameter cannot be used as a number.
 *
 * \param param The parameter.
 * \param least The least number, not negative.
 * \param most The greatest.
 * \param[out] number The number, if it can.
 * \param[out] response The 400 and its message, if it cannot.
 *
 * \retval 0 if it can.
 * \retval -1 if \a response is filled in.
 */
int request_check_number(
	const struct param *param, long least, long most, long *number, struct ast_ari_response *response);

#endif /* RES_ARI_BROADCASTS_REQUEST_H */
