/*
 * sheet.h - workbooks of a spreadsheet (.xlsx), written row by row by libxlsxwriter.
 *
 * A text is always a text: no formula is written, no link is made of it, none is read as a number
 * or a date. Rows go to an unlinked file in the workbook's folder, so that memory does not grow
 * with them. The library does not tell when a disk was full: sheet_close() reads all of the
 * workbook back, each part as XML to its end, and counts the cells.
 *
 * Limits of the format: a sheet has 1,048,576 rows, its head among them; a cell has 32,767
 * characters (of UTF-16). Line ends are LF in a cell: CR LF and CR become LF.
 */
#ifndef BRIDGE_SHEET_H
#define BRIDGE_SHEET_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "verdict.h"

#define SHEET_ROWS 1048575 /* below the head */
#define SHEET_TEXT 32767   /* UTF-16 units in a cell */

struct sheet;

/* Writes over the file at path. The workbook tells this time of writing (microseconds). Ended by
 * sheet_close() or sheet_drop(). */
MUST_CHECK enum verdict
sheet_open(struct arena *mem, const char *path, int64_t at, struct sheet **out, struct error *err);
/* A further sheet. The name is made legal (31 characters, none of []:*?/\) and is numbered when it
 * is taken: "held", "held (2)". */
void sheet_add(struct sheet *s, const char *name);
/* The head, then rows of cells from left to right; a row may be left before its last column. */
void sheet_head(struct sheet *s, size_t column, const char *name, size_t width);
void sheet_row(struct sheet *s);
void sheet_skip(struct sheet *s); /* nothing in this cell */
/* Controls but tab and line ends, and what is not UTF-8, are shown as U+FFFD. True when the text
 * was too long for a cell: it is cut, and ends in U+2026. */
bool sheet_text(struct sheet *s, const char *text);
/* A figure in decimal digits; one of more than 15 digits is written as text, for a spreadsheet
 * would round it. */
void sheet_figure(struct sheet *s, const char *digits);
/* Head fixed and filters set over what the sheet holds. Due after the last row of each sheet. */
void sheet_end(struct sheet *s);
/* V_FATAL "sheet.write" when not all of it is there. */
MUST_CHECK enum verdict sheet_close(struct sheet *s, struct error *err);
void sheet_drop(struct sheet *s);

/* The workbook as it stands on the disk: each part is whole, and so many cells hold something. */
MUST_CHECK enum verdict sheet_count(const char *path, long *cells, struct error *err);

#endif
