/*
 * output_parts.h - what a result is made of, for the forms that print it (output*.c).
 */
#ifndef BRIDGE_OUTPUT_PARTS_H
#define BRIDGE_OUTPUT_PARTS_H

#include "output.h"

enum cell_type { CELL_TEXT, CELL_INT, CELL_DECIMAL, CELL_BOOL };

struct column {
    const char *name;
    enum cell_type type;
};

struct result_table {
    struct arena *mem;
    const char *name, *title;
    struct column *columns;
    size_t column_count;
    const char **cells; /* row after row */
    size_t cell_count, cell_room;
    size_t at; /* next column of the last row */
    struct result_table *next;
};

struct result {
    struct arena *mem;
    const char *command;
    struct result_table *first, **last;
    const char **lines;
    size_t line_count, line_room;
};

void output_csv(const struct result *r, FILE *to);
void output_json(const struct result *r, FILE *to);

/* The workbook, over the file at path; rows: of a sheet, below its head (SHEET_ROWS, less in
 * tests). cut: how many texts were too long for a cell. */
MUST_CHECK enum verdict
output_sheets(const struct result *r, const char *path, size_t rows, long *cut, struct error *err);

#endif
