/*
 * output.h - one result model for every command: named tables of columns and rows.
 *
 * The same result is printed as an aligned table for people, as CSV or as JSON. stdout is data:
 * nothing else is written there.
 *
 *   JSON: {"version": 1, "command": "status", "tables": {"runs": [{"run": 12, "job": "sync"}]}}
 *         and "lines": [...] when the result has lines. "version" rises when a name goes or changes
 *         its meaning; new names may come at any time.
 *   CSV:  RFC 4180, LF; a text that starts with = + - @ TAB or CR gets a leading ', so that a
 *         spreadsheet never runs what a citizen wrote. Tables are parted by an empty line.
 *   table: widths in terminal cells (Devanagari marks take none); control characters are shown as
 *         blanks; figures to the right.
 */
#ifndef BRIDGE_OUTPUT_H
#define BRIDGE_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../link/pg.h"
#include "arena.h"

enum output_form { OUTPUT_TABLE, OUTPUT_CSV, OUTPUT_JSON };

struct result;
struct result_table;

/* "table", "csv", "json"; false for another word. */
bool output_form_find(const char *word, enum output_form *out);

struct result *result_new(struct arena *mem, const char *command);

/*
 * columns: names parted by blanks, each with its type behind a colon when it is not text: "run:int
 * job ok:bool". title is for people, may be NULL; with CSV and JSON the name stands alone.
 */
struct result_table *
result_table(struct result *r, const char *name, const char *title, const char *columns);
/* Adds a row of NULLs; then its cells from left to right. */
void result_row(struct result_table *t);
void result_text(struct result_table *t, const char *text); /* NULL = nothing there */
void result_int(struct result_table *t, int64_t value);
void result_bool(struct result_table *t, bool value); /* not told: "-" for people, else nothing */
/* All rows of an answer, columns found by their names; an absent column gives NULLs. */
void result_rows(struct result_table *t, const struct pg_rows *rows);
size_t result_count(const struct result_table *t);

/* A line for people below the tables; "lines" in JSON; left out of CSV. */
void result_line(struct result *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* False when the stream did not take it (a full disk, a closed pipe). */
MUST_CHECK bool result_print(const struct result *r, enum output_form form, FILE *to);

/* Terminal cells that a UTF-8 text takes. */
size_t output_width(const char *text);

#endif
