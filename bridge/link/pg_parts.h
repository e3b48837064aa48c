/*
 * pg_parts.h - what the files of pg share among themselves.
 */
#ifndef BRIDGE_PG_PARTS_H
#define BRIDGE_PG_PARTS_H

#include <libpq-fe.h>

#include "buf.h"
#include "pg.h"

#define PG_PARAMETERS 64

/* A named statement of sql/queries/. */
struct pg_statement {
    const char *name, *text;
    Oid types[PG_PARAMETERS];
    size_t count;
    const char *path;
    int line;
    bool prepared;
};

struct pg {
    PGconn *conn;
    struct arena *mem;               /* the connection's own */
    struct pg_statement *statements; /* by name */
    size_t count;
    struct buf copy;     /* rows on their way in a COPY */
    const char *copying; /* name of the COPY under way, or NULL */
    bool copy_failed;    /* a put failed; told by pg_copy_end() */
};

/* Reads every SQL file of FOLDER/queries; statements sorted by name. */
MUST_CHECK enum verdict
pg_statements_load(struct arena *mem, const char *sql_folder, struct pg_statement **out,
                   size_t *count, struct error *err);
/* A whole file of at most 4 MiB into mem, NUL-terminated. */
MUST_CHECK enum verdict pg_file_read(struct arena *mem, const char *path, const char **text,
                                     size_t *len, struct error *err);
struct pg_statement *pg_statement_find(struct pg *pg, const char *name);

/* Verdict and words for a result that is not what was hoped for. Values of rows never reach err:
 * for data errors only the constraint, table and column are named. */
enum verdict pg_fault(struct pg *pg, const PGresult *result, const char *name, struct error *err);

#endif
