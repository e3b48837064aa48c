/*
 * file_table.h - the rows of a CSV file (file_table.c), for what file_csv.c makes of them.
 */
#ifndef BRIDGE_ADAPTERS_FILE_TABLE_H
#define BRIDGE_ADAPTERS_FILE_TABLE_H

#include <csv.h>

#include "file.h"

#define TABLE_COLUMNS_MAX 1000
#define TABLE_HEADER_MAX  ((size_t)64 * 1024)

struct cell {
    size_t from, len; /* in table.cells */
};

struct table {
    struct file_reader *reader;
    const struct map_stream *stream;
    struct file_text *text;
    struct csv_parser parser;
    const char *at; /* what is left of the piece */
    size_t left;
    long line, row_line; /* of the next byte; on which the row began */
    bool after_return, ended;
    struct buf raw, cells; /* of the row that is being read */
    struct cell *cell;     /* COLUMNS_MAX + 1 */
    size_t cell_count;
    bool whole;
    const char **columns; /* of the header */
    size_t column_count;
    size_t **slots; /* by stream of the map, by line: the column */
};

/* Makes the parser, and the room for a row. */
MUST_CHECK enum verdict table_open(struct table *t, struct error *err);
/* The next row that is not empty; *got false at the end. */
MUST_CHECK enum verdict table_next(struct table *t, bool *got, struct error *err);
/* Fewer than len bytes of the piece: its first line, with its end. */
size_t table_line(const struct table *t);
bool table_is_blank(const struct table *t, size_t column);
/* For csv_set_space_func(). */
int table_no_blank(unsigned char c);

#endif
