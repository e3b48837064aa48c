/*
 * csv_put.h - one cell of a table that goes to people (RFC 4180).
 *
 * A text that starts with = + - @ (or their wide forms, or blanks before one), TAB, CR or LF gets a
 * leading ', so that a spreadsheet never runs what a citizen wrote; what is not UTF-8, and controls
 * but tab and line ends, are U+FFFD.
 */
#ifndef BRIDGE_CSV_PUT_H
#define BRIDGE_CSV_PUT_H

#include <stdbool.h>
#include <stdio.h>

/* guard: the text is nobody's figure, and may be a formula. */
void csv_put(const char *text, bool guard, FILE *to);

#endif
