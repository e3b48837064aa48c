/*
 * units.h - the unit tree and every scheme's codes for it (mappings/units/<name>.csv).
 *
 * Columns: unit,parent,level,name_en,name_hi,valid_from,valid_to,aliases, with
 * aliases as "scheme:code" parted by blanks (a code that holds a blank writes it
 * as '_'; one that held for a time is "scheme:code@FROM..TO", either day may be left
 * out). Days are YYYY-MM-DD, the first and the last day that it held. Police district is not
 * revenue district: several units may share an LGD code, and then that scheme cannot be used to
 * read (a fault at the line that asks for it).
 */
#ifndef BRIDGE_UNITS_H
#define BRIDGE_UNITS_H

#include <stdbool.h>

#include "faults.h"

struct unit_alias {
    const char *scheme, *code;
    const char *valid_from, *valid_to; /* YYYY-MM-DD or NULL */
};

struct unit {
    const char *code, *parent, *level, *name_en, *name_hi; /* parent NULL at the root */
    const char *valid_from, *valid_to;                     /* YYYY-MM-DD or NULL */
    const struct unit_alias *aliases;
    size_t alias_count;
    const char *path;
    int line;
};

struct units {
    const struct unit *items;
    size_t count;
    void *index; /* sorted views, the module's own */
};

/* Reads all CSV files of a folder. */
void units_load(struct arena *mem, const char *folder, struct units *out, struct faults *faults);
/* By the code of a scheme ("bridge" = our own code) as it held on that day (YYYY-MM-DD); NULL when
 * unknown then, or not unique. day NULL: the unit that has it without an end, else the one that
 * had it last. Compared after NFC, blanks folded, without regard to ASCII case. */
const struct unit *
units_find(const struct units *units, const char *scheme, const char *code, const char *day);
/* The same without a day. */
const struct unit *units_by_code(const struct units *units, const char *scheme, const char *code);
/* Code of a unit in a scheme on that day, the first in the order of its aliases; without a day the
 * first that has no end, else the one that ended last; or NULL. */
const char *
units_code(const struct units *units, const char *scheme, const char *unit, const char *day);
/* A code that two units of the scheme have on one day, or NULL when the scheme can be read. */
const char *units_clash(const struct units *units, const char *scheme);
bool units_has_scheme(const struct units *units, const char *scheme);

#endif
