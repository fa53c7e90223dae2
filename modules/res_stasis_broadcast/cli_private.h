/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the files of the command line share.
 */

#ifndef RES_STASIS_BROADCAST_CLI_PRIVATE_H
#define RES_STASIS_BROADCAST_CLI_PRIVATE_H

#include "asterisk.h"

#include "asterisk/cli.h"
#include "asterisk/strings.h"
#include "printable.h"

/*! \brief Rows of a table at the most, unless a command says less: more scroll away. */
#define CLI_MOST_ROWS 1000

/*! \brief Room for a duration in words. */
#define CLI_DURATION_SIZE 24

/*!
 * \brief What each command does, for who is inside the gate.
 *
 * \param fd Where to write with ast_cli().
 * \param argc How many words the line has, \a argv[0] to the command's own last one included.
 *
 * \return \c CLI_SHOWUSAGE, or \c CLI_SUCCESS, also after a line that says why not: Asterisk would add one of its own.
 *         A thread of the console, AMI or a remote console.
 */
typedef char *(*cli_command)(int fd, int argc, const char *const *argv);

/*! \brief See cli_calls.c, cli_apps.c and cli_stats.c. */
char *cli_show(int fd, int argc, const char *const *argv);
/*! \copydoc cli_show */
char *cli_show_channel(int fd, int argc, const char *const *argv);
/*! \copydoc cli_show */
char *cli_withdraw(int fd, int argc, const char *const *argv);
/*! \copydoc cli_show */
char *cli_show_apps(int fd, int argc, const char *const *argv);
/*! \copydoc cli_show */
char *cli_match(int fd, int argc, const char *const *argv);
/*! \copydoc cli_show */
char *cli_show_stats(int fd, int argc, const char *const *argv);
/*! \copydoc cli_show */
char *cli_reset_stats(int fd, int argc, const char *const *argv);
/*! \copydoc cli_show */
char *cli_show_settings(int fd, int argc, const char *const *argv);
/*! \copydoc cli_show */
char *cli_show_version(int fd, int argc, const char *const *argv);

/*! \brief Complete the ID of a broadcast that is open. Inside the gate. */
void cli_complete_open(const char *word);
/*! \brief Complete the ID of any broadcast. Inside the gate. */
void cli_complete_any(const char *word);

/*! \brief A duration for people: "0.25s", "12.3s", "5m03s", "2h05m". \return \a buf. */
const char *cli_duration(int64_t ms, char buf[CLI_DURATION_SIZE]);

/*
 * cli_table.c
 */

/*! \brief What kind of column it is. */
enum cli_column_kind {
	/*! It is left out if all of its cells are empty. */
	CLI_OPTIONAL = 1 << 0,
	/*! It is aligned to the right. */
	CLI_NUMBER = 1 << 1,
	/*! Its texts are never cut: what other commands are given, and what differs only at its end. */
	CLI_WHOLE = 1 << 2,
};

/*! \brief A column. */
struct cli_column {
	const char *title;
	/*! Of enum cli_column_kind. */
	unsigned int kind;
};

/*! \brief A table that is written when it is complete, each column as wide as it needs. All zero but for the columns. */
struct cli_table {
	const struct cli_column *columns;
	size_t column_count;
	/*! Where in \a text each cell begins, row by row. */
	size_t *cells;
	size_t cell_count;
	size_t cell_room;
	struct ast_str *text;
	int is_out_of_memory;
};

/*!
 * \brief Add the next cell.
 *
 * \param text Anybody's: it is escaped, and cut if it is longer than 60 characters and its column is not one of whole texts.
 */
void cli_table_add(struct cli_table *table, const char *text);

/*! \brief Add the next cell as printf() does. */
void cli_table_format(struct cli_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*! \brief Write the table, if it has rows, and free what it holds. */
void cli_table_write(struct cli_table *table, int fd);

#endif /* RES_STASIS_BROADCAST_CLI_PRIVATE_H */
