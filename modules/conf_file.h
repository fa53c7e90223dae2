/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What all readers of a configuration file ask that Asterisk's own does not tell.
 */

#ifndef STASIS_BROADCAST_CONF_FILE_H
#define STASIS_BROADCAST_CONF_FILE_H

#include "asterisk.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "asterisk/config.h"
#include "asterisk/logger.h"
#include "asterisk/paths.h"
#include "asterisk/strings.h"

/*!
 * \brief The name of the file that a line is in.
 *
 * \param line A line of the file or of one that it includes.
 * \param name The name of the file itself.
 *
 * \return The name without its folder: \a name, or what belongs to \a line.
 *
 * \note Any thread; takes no lock.
 */
static inline const char *conf_file_of(const struct ast_variable *line, const char *name)
{
	const char *slash = strrchr(line->file, '/');

	return S_OR(slash ? slash + 1 : line->file, name);
}

/*!
 * \brief Whether a file that Asterisk has not found is there, all the same: then it cannot be read, and is not as good as none.
 *
 * \param name Its name in Asterisk's folder of such files.
 *
 * \retval 0 There is none.
 * \retval -1 There is one; the log then says why it cannot be read.
 *
 * \note Any thread; takes no lock.
 */
static inline int conf_file_check_missing(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", ast_config_AST_CONFIG_DIR, name);
	if (!access(path, R_OK)) {
		ast_log(LOG_ERROR, "%s cannot be read: is it a file?\n", name);
		return -1;
	}
	if (errno != ENOENT) {
		ast_log(LOG_ERROR, "%s cannot be read: %s\n", name, strerror(errno));
		return -1;
	}
	return 0;
}

#endif /* STASIS_BROADCAST_CONF_FILE_H */
