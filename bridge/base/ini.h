/*
 * ini.h - the one reader of bridge.conf, .map and canonical.fields.
 *
 *   [section argument words]
 *   key = value            a pair; blanks around both are dropped
 *   word word word         a row, in sections that hold rows
 *       more               a line that starts with blanks goes on with the one above, joined by one
 * blank # comment              also after a value, when the # stands between blanks and outside
 * double quotes
 *
 * UTF-8, NFC is not applied. A file that is not UTF-8, or larger than 4 MiB, is a fault.
 */
#ifndef BRIDGE_INI_H
#define BRIDGE_INI_H

#include <stdbool.h>

#include "faults.h"

struct ini_line {
    const char *text;  /* the whole line, comment taken off, trimmed */
    const char *key;   /* before the first '=', trimmed; NULL when there is none */
    const char *value; /* after it, trimmed; NULL when there is none */
    int line;
};

struct ini_section {
    const char *name; /* first word between the brackets */
    const char *arg;  /* the rest, blanks folded, or "" */
    const struct ini_line *lines;
    size_t count;
    int line;
};

struct ini {
    const char *path;
    const struct ini_section *sections;
    size_t count;
};

/* Reads the whole file; what cannot be read is added to faults and left out. False only when
 * there is nothing to go on with (file missing or unreadable: one fault). */
MUST_CHECK bool
ini_load(struct arena *mem, const char *path, struct ini *out, struct faults *faults);
/* The same from memory; path is for messages. */
MUST_CHECK bool ini_read(struct arena *mem, const char *path, const char *text, size_t len,
                         struct ini *out, struct faults *faults);

#endif
