/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Whether the parameters of a request can be used.
 *
 * Plain C: where they come from (query, form or JSON) is request.c's business.
 */

#ifndef RES_ARI_BROADCASTS_PARAMS_H
#define RES_ARI_BROADCASTS_PARAMS_H

#include <stddef.h>

/*! \brief The longest value, in bytes: no channel has a longer ID, and no application needs a longer name. */
#define PARAM_MAX_LENGTH 256

/*! \brief Room for any message of param_check() about a parameter with a short name. */
#define PARAM_MESSAGE_SIZE 128

/*! \brief One parameter. Set the name, and the rest to 0. */
struct param {
	/*! Its name. */
	const char *name;
	/*! The value that was given first; the request's. NULL until there is one. */
	const char *value;
	/*! How many times it was given. */
	unsigned int times;
	/*! Whether it was given as something else than text, as JSON can. */
	int is_no_text;
	/*! Set it if JSON may give it as a whole number, too. */
	int is_number;
	/*! The text of such a number. */
	char digits[24];
};

/*!
 * \brief Note that a parameter was given.
 *
 * \param param The parameter.
 * \param value Its value, to outlive \a param; NULL if it is not text.
 *
 * \note Any thread; takes no lock.
 */
void param_given(struct param *param, const char *value);

/*!
 * \brief Whether a parameter can be used: given once, as text, neither empty nor too long.
 *
 * \param param The parameter.
 * \param[out] message What is wrong and what to do, if it cannot: printable, no part of the value.
 * \param size Size of \a message in bytes.
 *
 * \retval 0 if it can be used.
 * \retval -1 if not.
 *
 * \note Any thread; takes no lock.
 */
int param_check(const struct param *param, char *message, size_t size);

/*!
 * \brief Whether a parameter can be used as a whole number: given once, and nothing but digits.
 *
 * \param param The parameter.
 * \param least The least number, not negative.
 * \param most The greatest.
 * \param[out] number The number, if it can.
 * \param[out] message As in param_check().
 * \param size Size of \a message in bytes.
 *
 * \retval 0 if it can be used.
 * \retval -1 if not.
 *
 * \note Any thread; takes no lock.
 */
int param_check_number(
	const struct param *param, long least, long most, long *number, char *message, size_t size);

#endif /* RES_ARI_BROADCASTS_PARAMS_H */
