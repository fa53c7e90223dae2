/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Tables on the command line: as narrow as what is in them, whatever the names are.
 */

#include "cli_private.h"

#include "app_filter.h"
#include "asterisk/utils.h"

/*! Room for a cell: 60 characters and what shows that there were more. */
#define CELL_SIZE 64

/*! Room for a cell that is never cut: the longest name, each byte of it escaped. */
#define WHOLE_CELL_SIZE (4 * APP_FILTER_MAX_NAME + 8)

/*! \brief Note where the next cell begins. \retval 0 on success, -1 without memory. */
static int begin_cell(struct cli_table *table)
{
	if (!table->text && !(table->text = ast_str_create(1024))) {
		table->is_out_of_memory = 1;
	}
	if (table->cell_count == table->cell_room) {
		const size_t room = table->cell_room ? table->cell_room * 2 : 64;
		size_t *cells = ast_realloc(table->cells, room * sizeof(*cells));

		if (!cells) {
			table->is_out_of_memory = 1;
		} else {
			table->cells = cells;
			table->cell_room = room;
		}
	}
	if (table->is_out_of_memory) {
		return -1;
	}
	table->cells[table->cell_count++] = ast_str_strlen(table->text);
	return 0;
}

void cli_table_add(struct cli_table *table, const char *text)
{
	const unsigned int kind = table->columns[table->cell_count % table->column_count].kind;
	char shown[WHOLE_CELL_SIZE];

	if (!begin_cell(table)) {
		/* Cells are separated by what is in none of them. */
		ast_str_append(
			&table->text, 0, "%s\n", printable(text, shown, kind & CLI_WHOLE ? sizeof(shown) : CELL_SIZE));
	}
}

void cli_table_format(struct cli_table *table, const char *format, ...)
{
	char text[WHOLE_CELL_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	cli_table_add(table, text);
}

/*! \brief A cell's text, which is not terminated. \param[out] length Its length. */
static const char *cell(const struct cli_table *table, size_t index, size_t *length)
{
	const char *text = ast_str_buffer(table->text) + table->cells[index];

	*length = strchr(text, '\n') - text;
	return text;
}

/*! \brief How wide a column is; 0 if it is left out. */
static size_t width_of(const struct cli_table *table, size_t column)
{
	size_t width = 0;
	size_t length;

	for (size_t i = column; i < table->cell_count; i += table->column_count) {
		cell(table, i, &length);
		width = MAX(width, length);
	}
	if (!width && table->columns[column].kind & CLI_OPTIONAL) {
		return 0;
	}
	return MAX(width, strlen(table->columns[column].title));
}

/*! \brief Append a text to a line. */
static void append(struct ast_str **line, const char *text, size_t length, size_t width, unsigned int kind)
{
	const int padding = (int) (width - length);

	if (ast_str_strlen(*line)) {
		ast_str_append(line, 0, "  ");
	}
	ast_str_append(line, 0, "%*s%.*s%*s", kind & CLI_NUMBER ? padding : 0, "", (int) length, text,
		kind & CLI_NUMBER ? 0 : padding, "");
}

/*! \brief Write the titles (row -1) or a row. */
static void write_row(
	const struct cli_table *table, int fd, long row, const size_t *widths, struct ast_str **line)
{
	ast_str_reset(*line);
	for (size_t i = 0; i < table->column_count; i++) {
		const char *text = table->columns[i].title;
		size_t length = strlen(text);

		if (!widths[i]) {
			continue;
		}
		if (row >= 0) {
			text = cell(table, row * table->column_count + i, &length);
		}
		append(line, text, length, widths[i], table->columns[i].kind);
	}
	/* The last cell may be empty, or its column left out. */
	ast_cli(fd, "%s\n", ast_trim_blanks(ast_str_buffer(*line)));
}

static void write_all(const struct cli_table *table, int fd, struct ast_str **line)
{
	const long rows = (long) (table->cell_count / table->column_count);
	size_t widths[table->column_count];

	for (size_t i = 0; i < table->column_count; i++) {
		widths[i] = width_of(table, i);
	}
	for (long row = -1; row < rows; row++) {
		write_row(table, fd, row, widths, line);
	}
}

void cli_table_write(struct cli_table *table, int fd)
{
	struct ast_str *line = ast_str_create(256);

	if (table->is_out_of_memory || !line) {
		ast_cli(fd, "Out of memory: the table cannot be shown\n");
	} else if (table->cell_count) {
		write_all(table, fd, &line);
	}
	ast_free(line);
	ast_free(table->text);
	ast_free(table->cells);
	table->text = NULL;
	table->cells = NULL;
	table->cell_count = table->cell_room = 0;
}
