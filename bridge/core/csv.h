/*
 * csv.h - tables that people keep: a header line, then rows (RFC 4180, UTF-8).
 */
#ifndef BRIDGE_CSV_H
#define BRIDGE_CSV_H

#include <stdbool.h>

#include "faults.h"

struct csv_row {
    const char **cells; /* in the order asked for; blanks around taken off; "" = empty */
    int line;
};

struct csv {
    const char *path;
    struct csv_row *rows;
    size_t count;
};

/* columns: wanted count of them; the first needed ones must be in the header, the others may be
 * missing (all cells ""). A column with another name is a fault, as is a row of another width. */
void csv_read(struct arena *mem, const char *path, const char *text, size_t len,
              const char *const *columns, size_t wanted, size_t needed, struct csv *out,
              struct faults *faults);

/* csv_read() of a table that others keep: all columns are needed, and what else it has is left
 * out. Rows that are well stand in out, whatever is wrong with others. */
void csv_pick(struct arena *mem, const char *path, const char *text, size_t len,
              const char *const *columns, size_t wanted, struct csv *out, struct faults *faults);

#endif
