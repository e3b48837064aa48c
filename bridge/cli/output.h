/*
 * output.h - one result model for every command: named tables of columns and rows.
 *
 * The same result is printed as an aligned table for people, as CSV, as JSON or as a workbook, with
 * the same figures. stdout is data: nothing else is written there.
 *
 *   JSON: {"version": 1, "command": "status", "tables": {"runs": [{"run": 12, "job": "sync"}]}}
 *         and "lines": [...] when the result has lines. "version" rises when a name goes or changes
 *         its meaning; new names may come at any time.
 *         A decimal figure is a text there, for a double would round it.
 *   CSV:  RFC 4180, LF; a text that starts with = + - @ (or their wide forms, or blanks before
 * one), TAB, CR or LF gets a leading ', so that a spreadsheet never runs what a citizen wrote;
 *         controls are U+FFFD. Tables are parted by an empty line; lines for people are left out.
 *   xlsx: a sheet for each table by its name, heads fixed and filtered, and the sheet "lines".
 *         Figures are figures, all else is text: no formula, no link, no date is made of it; times
 *         stay as they are written. Controls are U+FFFD, line ends LF. A sheet holds 1,048,576
 * rows: a longer table goes on in "NAME (2)"; a cell holds 32,767 characters: a longer text is cut,
 * ends in U+2026, and is counted in "lines" and in the log. Only into a file. table: widths in
 * terminal cells (Devanagari marks take none); control characters are shown as blanks; figures to
 * the right.
 */
#ifndef BRIDGE_OUTPUT_H
#define BRIDGE_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../link/pg.h"
#include "arena.h"

enum output_form { OUTPUT_TABLE, OUTPUT_CSV, OUTPUT_JSON, OUTPUT_XLSX };

struct result;
struct result_table;

/* "table", "csv", "json", "xlsx"; false for another word. */
bool output_form_find(const char *word, enum output_form *out);

struct result *result_new(struct arena *mem, const char *command);

/*
 * columns: names parted by blanks, each with its type behind a colon when it is not text: "run:int
 * job share:decimal ok:bool". title is for people, may be NULL; with CSV and JSON the name stands
 * alone.
 */
struct result_table *
result_table(struct result *r, const char *name, const char *title, const char *columns);
/* Adds a row of NULLs; then its cells from left to right. */
void result_row(struct result_table *t);
void result_text(struct result_table *t, const char *text); /* NULL = nothing there */
/* A row of a name and a value; none when there is no value. */
void result_pair(struct result_table *t, const char *name, const char *value);
void result_int(struct result_table *t, int64_t value);
void result_bool(struct result_table *t, bool value); /* not told: "-" for people, else nothing */
/* All rows of an answer, columns found by their names; an absent column gives NULLs. */
void result_rows(struct result_table *t, const struct pg_rows *rows);
size_t result_count(const struct result_table *t);

/* A line for people below the tables; "lines" in JSON; left out of CSV. */
void result_line(struct result *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* False when the stream did not take it (a full disk, a closed pipe); OUTPUT_XLSX is for files. */
MUST_CHECK bool result_print(const struct result *r, enum output_form form, FILE *to);
/* Into a file of that name, whole or not at all (part.h). */
MUST_CHECK enum verdict
result_write(const struct result *r, enum output_form form, const char *path, struct error *err);

/* Terminal cells that a UTF-8 text takes. */
size_t output_width(const char *text);

#endif
