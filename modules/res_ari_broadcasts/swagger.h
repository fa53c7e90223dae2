/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Descriptions of ARI's paths and models in Swagger 1.1, from tables.
 */

#ifndef RES_ARI_BROADCASTS_SWAGGER_H
#define RES_ARI_BROADCASTS_SWAGGER_H

struct ast_json;

/*! \brief A parameter of an operation: one text. The last one of a table has no name. */
struct swagger_parameter {
	const char *name;
	/*! "path" or "query". */
	const char *where;
	int required;
	const char *description;
};

/*! \brief An HTTP status other than success. The last one of a table has 0. */
struct swagger_error {
	int status;
	const char *reason;
};

/*! \brief A path with one method. */
struct swagger_path {
	const char *path;
	const char *description;
	const char *method;
	/*! What clients call their function. */
	const char *nickname;
	const char *summary;
	/*! Type of the answer's content. */
	const char *result;
	const struct swagger_parameter *parameters;
	const struct swagger_error *errors;
};

/*! \brief A field of a model. The last one of a table has no name. */
struct swagger_property {
	const char *name;
	const char *type;
	int required;
	const char *description;
};

/*! \brief A type. */
struct swagger_model {
	const char *id;
	const char *description;
	const struct swagger_property *properties;
};

/*!
 * \brief Describe a path.
 *
 * \return A JSON object that the caller unreferences; NULL if memory ran out.
 *
 * \note Any thread; takes no lock.
 */
struct ast_json *swagger_path_create(const struct swagger_path *path);

/*! \brief Describe a model, as swagger_path_create() does a path. */
struct ast_json *swagger_model_create(const struct swagger_model *model);

/*! \brief Whether an array of paths has this one. \retval 1 if it has, 0 if not. Any thread. */
int swagger_has_path(struct ast_json *paths, const char *path);

#endif /* RES_ARI_BROADCASTS_SWAGGER_H */
